import { type CanonicalStatus, isSettled, isStatusChangeAllowed } from '../../domain/payment-status.ts';
import type { AdoptedFact } from '../ledger/post-adopted.ts';
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
  readonly chargedBackCents: number;
  readonly refundedAtMs: number | null;
  readonly customerKey: string | null;
  readonly sessionKey: string | null;
  readonly providerCustomerId: string | null;
  readonly card: unknown;
}

export interface Change {
  readonly next: AdoptedTransaction;
  /** What the row says and must not change. */
  readonly refused: readonly string[];
}

/**
 * What another row of the same transaction may change: its status upwards, what went back growing, and what was not
 * known. Money that is in the ledger keeps its amount, currency and provider.
 */
export function changeTransaction(known: AdoptedTransaction, facts: TransactionFacts): Change {
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
  };
  const isPosted = known.paidAtMs !== null;
  if (isPosted && known.amountCents !== facts.amountCents) refused.push('amount_may_not_change');
  if (isPosted && known.currency !== facts.currency) refused.push('currency_may_not_change');
  if (isPosted && known.provider !== facts.provider) refused.push('provider_may_not_change');
  const isUpwards = facts.status === known.status || isStatusChangeAllowed(known.status, facts.status);
  if (!isUpwards) refused.push('status_may_not_change');
  const refundedCents = Math.max(known.refundedCents, facts.refundedCents);
  if (facts.status === known.status && facts.refundedCents < known.refundedCents)
    refused.push('refund_may_not_shrink');
  // Of money, all of what a row says or nothing.
  if (refused.length > 0) return { next: filled, refused };
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

/** What the ledger has to be told of a change. @param before null: the transaction is new */
export function factsOf(before: AdoptedTransaction | null, after: AdoptedTransaction): AdoptedFact[] {
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
  const back = (kind: AdoptedFact['kind'], total: number, earlier: number): void => {
    if (total <= earlier) return;
    const occurredAtMs = after.refundedAtMs ?? paidAtMs;
    facts.push({ ...base, kind, amountCents: total - earlier, totalCents: total, occurredAtMs });
  };
  back('adopted_refund', after.refundedCents, before?.refundedCents ?? 0);
  back('adopted_chargeback', after.chargedBackCents, before?.chargedBackCents ?? 0);
  return facts;
}
