import type { Transaction } from '../db/database.ts';
import { DISPUTED, RECURRING_RETURNS, receivableAccount } from '../ledger/accounts.ts';
import { type LedgerDeps, post } from '../ledger/ledger.ts';

interface ReturnFact {
  readonly merchantId: string;
  readonly provider: string;
  readonly receiptId: string;
  readonly returnId: string;
  /** Positive, of `currency`'s smallest unit. */
  readonly amountCents: number;
  readonly currency: string;
  readonly occurredAtMs: number;
}

/** Of what a recurring charge brought, a refund reached its payer. */
export function postRecurringRefund(
  deps: LedgerDeps,
  transaction: Transaction,
  fact: ReturnFact,
): Promise<void> {
  return post(deps, transaction, ofNoTransaction(fact), {
    kind: 'recurring_refund',
    idempotencyKey: `recurring_refund:${nameOf(fact)}`,
    debit: RECURRING_RETURNS,
    credit: receivableAccount(fact.provider),
  });
}

/** It had reached its payer, and came back to the provider. */
export function postRecurringRefundBounced(
  deps: LedgerDeps,
  transaction: Transaction,
  fact: ReturnFact,
): Promise<void> {
  return post(deps, transaction, ofNoTransaction(fact), {
    kind: 'recurring_refund_bounced',
    idempotencyKey: `recurring_refund_bounced:${nameOf(fact)}`,
    debit: receivableAccount(fact.provider),
    credit: RECURRING_RETURNS,
  });
}

/** A payer's bank holds it back until it is decided whose it is. */
export function postRecurringDispute(
  deps: LedgerDeps,
  transaction: Transaction,
  fact: ReturnFact,
): Promise<void> {
  return post(deps, transaction, ofNoTransaction(fact), {
    kind: 'recurring_dispute',
    idempotencyKey: `recurring_dispute:${nameOf(fact)}`,
    debit: DISPUTED,
    credit: receivableAccount(fact.provider),
  });
}

/** The money is ours again, or gone. */
export function postRecurringDisputeEnd(
  deps: LedgerDeps,
  transaction: Transaction,
  fact: ReturnFact & { readonly outcome: 'won' | 'lost' },
): Promise<void> {
  return post(deps, transaction, ofNoTransaction(fact), {
    kind: `recurring_dispute_${fact.outcome}`,
    idempotencyKey: `recurring_dispute_end:${nameOf(fact)}`,
    debit: fact.outcome === 'won' ? receivableAccount(fact.provider) : RECURRING_RETURNS,
    credit: DISPUTED,
  });
}

function nameOf({ receiptId, returnId }: ReturnFact): string {
  return `${receiptId}:${returnId}`;
}

function ofNoTransaction(fact: ReturnFact): ReturnFact & { readonly transactionId: null } {
  return { ...fact, transactionId: null };
}
