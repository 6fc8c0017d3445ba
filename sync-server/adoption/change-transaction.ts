import { type CanonicalStatus, isSettled, isStatusChangeAllowed } from '../../domain/payment-status.ts';
import type { AdoptedFact } from '../ledger/post-adopted.ts';
import { fold } from './fold.ts';
import type { TransactionFacts } from './read-row.ts';

/** An adopted transaction as it stands, in the names of its columns' record. */
export interface AdoptedTransaction {
  readonly merchantId: string;
  readonly adoptedId: string;
  readonly provider: string;
  readonly routedProvider: string | null;
  readonly status: CanonicalStatus;
  readonly amountCents: number;
  readonly currency: string;
  readonly method: string | null;
  readonly installments: number | null;
  readonly orderId: string | null;
  readonly chargeId: string | null;
  readonly createdAtMs: number;
  readonly paidAtMs: number | null;
  readonly refundedCents: number;
  /** Without what came again. */
  readonly chargedBackCents: number;
  /** Of chargebacks: what came again, because the dispute was won. */
  readonly wonCents: number;
  readonly refundedAtMs: number | null;
  readonly customerKey: string | null;
  readonly sessionKey: string | null;
  readonly providerCustomerId: string | null;
  readonly card: unknown;
  readonly subscriptionKey: string | null;
  readonly periodStartsOn: string | null;
  readonly periodEndsOn: string | null;
}

export interface Change {
  readonly next: AdoptedTransaction;
  /** What the row says and must not change. */
  readonly refused: readonly string[];
}

/**
 * What another row of the same transaction may change: its status upwards, what went back growing, and what was not
 * known. Money that is in the ledger keeps its amount, currency and provider. A dispute that was won brings back what was
 * charged back, once.
 * @param isDisputeWon whether the row's own word says so: a bare "paid" after a chargeback may be an older row
 */
export function changeTransaction(
  known: AdoptedTransaction,
  facts: TransactionFacts,
  isDisputeWon: boolean,
): Change {
  const refused: string[] = [];
  const filled: AdoptedTransaction = {
    ...known,
    routedProvider: known.routedProvider ?? facts.routedProvider,
    method: known.method ?? facts.method,
    installments: known.installments ?? facts.installments,
    orderId: known.orderId ?? facts.orderId,
    chargeId: known.chargeId ?? facts.chargeId,
    customerKey: known.customerKey ?? facts.customerKey,
    sessionKey: known.sessionKey ?? facts.sessionKey,
    providerCustomerId: known.providerCustomerId ?? facts.providerCustomerId,
    card: known.card ?? facts.card,
    subscriptionKey: known.subscriptionKey ?? facts.subscriptionKey,
    ...(known.periodStartsOn === null && known.periodEndsOn === null
      ? { periodStartsOn: facts.periodStartsOn, periodEndsOn: facts.periodEndsOn }
      : {}),
  };
  const isPosted = known.paidAtMs !== null;
  if (isPosted && known.amountCents !== facts.amountCents) refused.push('amount_may_not_change');
  if (isPosted && known.currency !== facts.currency) refused.push('currency_may_not_change');
  if (isPosted && known.provider !== facts.provider) refused.push('provider_may_not_change');
  const isWon =
    isDisputeWon &&
    known.status === 'CHARGEBACK' &&
    (facts.status === 'SUCCEEDED' || facts.status === 'PARTIALLY_REFUNDED');
  // Lost after it was won, or an older row that tells of the dispute again: a person has to look.
  const isLostAgain = facts.status === 'CHARGEBACK' && known.wonCents > 0;
  const isUpwards = facts.status === known.status || isStatusChangeAllowed(known.status, facts.status);
  if (isLostAgain || (!isUpwards && !isWon)) refused.push('status_may_not_change');
  const refundedCents = Math.max(known.refundedCents, facts.refundedCents);
  if (facts.status === known.status && facts.refundedCents < known.refundedCents)
    refused.push('refund_may_not_shrink');
  // Of money, all of what a row says or nothing.
  if (refused.length > 0) return { next: filled, refused };
  if (isWon)
    return {
      next: {
        ...filled,
        status: known.refundedCents > 0 ? 'PARTIALLY_REFUNDED' : 'SUCCEEDED',
        chargedBackCents: 0,
        wonCents: known.wonCents + known.chargedBackCents,
      },
      refused,
    };
  const chargedBackCents = Math.max(
    known.chargedBackCents,
    Math.min(facts.chargedBackCents, facts.amountCents - refundedCents),
  );
  const grew = refundedCents > known.refundedCents || chargedBackCents > known.chargedBackCents;
  return {
    next: {
      ...filled,
      provider: facts.provider,
      status: facts.status,
      amountCents: facts.amountCents,
      currency: facts.currency,
      paidAtMs: isSettled(facts.status) ? (known.paidAtMs ?? facts.paidAtMs ?? facts.createdAtMs) : null,
      refundedCents,
      chargedBackCents,
      refundedAtMs: grew ? facts.refundedAtMs : known.refundedAtMs,
    },
    refused,
  };
}

/**
 * What the ledger has to be told of a change.
 * @param before null: the transaction is new
 * @param nowMs no row says when a dispute was won: it counts from when it is told
 */
export function factsOf(
  before: AdoptedTransaction | null,
  after: AdoptedTransaction,
  nowMs: number,
): AdoptedFact[] {
  const { merchantId, adoptedId, provider, currency, amountCents, paidAtMs } = after;
  if (paidAtMs === null || amountCents === 0) return [];
  const base = { merchantId, adoptedId, provider, currency };
  const facts: AdoptedFact[] = [];
  if (before === null || before.paidAtMs === null)
    facts.push({
      ...base,
      kind: 'adopted_sale',
      amountCents,
      totalCents: amountCents,
      occurredAtMs: paidAtMs,
    });
  const grown = (
    kind: AdoptedFact['kind'],
    total: number,
    earlier: number,
    occurredAtMs = after.refundedAtMs ?? paidAtMs,
  ): void => {
    if (total <= earlier) return;
    facts.push({ ...base, kind, amountCents: total - earlier, totalCents: total, occurredAtMs });
  };
  grown('adopted_refund', after.refundedCents, before?.refundedCents ?? 0);
  grown('adopted_chargeback', chargedBack(after), before === null ? 0 : chargedBack(before));
  grown('adopted_chargeback_won', after.wonCents, before?.wonCents ?? 0, nowMs);
  return facts;
}

/** All that was ever charged back. */
function chargedBack({ chargedBackCents, wonCents }: AdoptedTransaction): number {
  return chargedBackCents + wonCents;
}

/** Words for a dispute that the seller won; Appmax's `chargeback_vencido`: it ran out, and the money stayed. */
const WON = new Set(
  ['dispute_won', 'chargeback_won', 'chargeback_vencido', 'chargeback_reversed', 'chargeback_revertido'].map(
    fold,
  ),
);

/** @param words the old status words of a row */
export function saysDisputeWon(words: readonly (string | null)[]): boolean {
  return words.some((word) => word !== null && WON.has(fold(word)));
}
