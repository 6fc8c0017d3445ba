import type { Clock, RandomBytes } from '../../domain/clock.ts';
import { newId } from '../../domain/ids.ts';
import type { SuspenseResolution } from '../../domain/protocol/reconciliation.ts';
import type { Transaction } from '../db/database.ts';
import {
  type Account,
  DISPUTED,
  ensureAccounts,
  OTHER_INCOME,
  RECURRING_INCOME,
  REFUNDS_PAYABLE,
  receivableAccount,
  SALES,
  SALES_RETURNS,
  SUSPENSE,
} from './accounts.ts';

export interface LedgerDeps {
  readonly clock: Clock;
  readonly randomBytes: RandomBytes;
}

/** Money that moved for one transaction. */
export interface MoneyFact {
  readonly merchantId: string;
  readonly transactionId: string;
  readonly provider: string;
  /** Positive integer cents of `currency`. */
  readonly amountCents: number;
  readonly currency: string;
  readonly occurredAtMs: number;
}

/** A Pix settled a sale: the provider owes us the money, and it is income. */
export function postSale(
  deps: LedgerDeps,
  transaction: Transaction,
  fact: MoneyFact & { readonly receiptId: string },
): Promise<void> {
  return post(deps, transaction, fact, {
    kind: 'sale',
    idempotencyKey: `sale:${fact.receiptId}`,
    debit: receivableAccount(fact.provider),
    credit: SALES,
  });
}

/** A Pix came that buys nothing: the provider owes us the money, and we owe it to the payer. */
export function postUnexpectedMoney(
  deps: LedgerDeps,
  transaction: Transaction,
  fact: MoneyFact & { readonly receiptId: string },
): Promise<void> {
  return post(deps, transaction, fact, {
    kind: 'unexpected_money',
    idempotencyKey: `unexpected_money:${fact.receiptId}`,
    debit: receivableAccount(fact.provider),
    credit: REFUNDS_PAYABLE,
  });
}

/** A refund reached its payer. */
export function postRefund(
  deps: LedgerDeps,
  transaction: Transaction,
  fact: MoneyFact & {
    readonly refundId: string;
    /** Of money that bought a ticket; else it was never ours. */
    readonly ofSale: boolean;
  },
): Promise<void> {
  return post(deps, transaction, fact, {
    kind: 'refund',
    idempotencyKey: `refund:${fact.refundId}`,
    debit: fact.ofSale ? SALES_RETURNS : REFUNDS_PAYABLE,
    credit: receivableAccount(fact.provider),
  });
}

/** A refund had reached its payer, and came back to the provider: it is undone, line by line. */
export function postRefundBounced(
  deps: LedgerDeps,
  transaction: Transaction,
  fact: MoneyFact & { readonly refundId: string; readonly ofSale: boolean },
): Promise<void> {
  return post(deps, transaction, fact, {
    kind: 'refund_bounced',
    idempotencyKey: `refund_bounced:${fact.refundId}`,
    debit: receivableAccount(fact.provider),
    credit: fact.ofSale ? SALES_RETURNS : REFUNDS_PAYABLE,
  });
}

/** A payer's bank holds the money back until it is decided whose it is. */
export function postDispute(
  deps: LedgerDeps,
  transaction: Transaction,
  fact: MoneyFact & { readonly disputeId: string },
): Promise<void> {
  return post(deps, transaction, fact, {
    kind: 'dispute',
    idempotencyKey: `dispute:${fact.disputeId}`,
    debit: DISPUTED,
    credit: receivableAccount(fact.provider),
  });
}

/** The dispute has ended: the money is ours again, or gone. */
export function postDisputeEnd(
  deps: LedgerDeps,
  transaction: Transaction,
  fact: MoneyFact & {
    readonly disputeId: string;
    readonly outcome: 'won' | 'lost';
    /** Of money that bought a ticket; else it was never ours. */
    readonly ofSale: boolean;
  },
): Promise<void> {
  const lostFrom = fact.ofSale ? SALES_RETURNS : REFUNDS_PAYABLE;
  return post(deps, transaction, fact, {
    kind: `dispute_${fact.outcome}`,
    idempotencyKey: `dispute_end:${fact.disputeId}`,
    debit: fact.outcome === 'won' ? receivableAccount(fact.provider) : lostFrom,
    credit: DISPUTED,
  });
}

/** Money came of which nobody knows what it is for. */
export function postSuspense(
  deps: LedgerDeps,
  transaction: Transaction,
  fact: SuspenseFact & { readonly provider: string },
): Promise<void> {
  return post(deps, transaction, fact, {
    kind: 'suspense',
    idempotencyKey: `suspense:${fact.receiptId}`,
    debit: receivableAccount(fact.provider),
    credit: SUSPENSE,
  });
}

/** A recurring charge was paid. */
export function postRecurringIncome(
  deps: LedgerDeps,
  transaction: Transaction,
  fact: SuspenseFact & { readonly provider: string },
): Promise<void> {
  return post(deps, transaction, fact, {
    kind: 'recurring_income',
    idempotencyKey: `recurring:${fact.receiptId}`,
    debit: receivableAccount(fact.provider),
    credit: RECURRING_INCOME,
  });
}

/** It is known what the money is: it leaves suspense for where it belongs. */
export function postSuspenseResolved(
  deps: LedgerDeps,
  transaction: Transaction,
  fact: SuspenseFact & {
    readonly provider: string;
    readonly resolution: SuspenseResolution;
    /** How often it was resolved, this time included. */
    readonly round: number;
  },
): Promise<void> {
  return post(deps, transaction, fact, {
    kind: `suspense_${fact.resolution}`,
    idempotencyKey: `suspense_resolved:${fact.receiptId}:${fact.round}`,
    debit: SUSPENSE,
    credit: suspenseLeavesTo(fact.resolution, fact.provider),
  });
}

function suspenseLeavesTo(resolution: SuspenseResolution, provider: string): Account {
  switch (resolution) {
    case 'refund':
      return REFUNDS_PAYABLE;
    case 'sale':
      return SALES;
    case 'other_income':
      return OTHER_INCOME;
    // Not with the provider any more, or counted there by its own receipt.
    case 'returned':
    case 'duplicate':
    case 'released':
      return receivableAccount(provider);
  }
}

/** A refund out of suspense has ended: the payer has the money, or the provider refused and it is in suspense again. */
export function postSuspenseRefundEnd(
  deps: LedgerDeps,
  transaction: Transaction,
  fact: SuspenseFact & {
    readonly provider: string;
    readonly outcome: 'settled' | 'failed';
    readonly round: number;
  },
): Promise<void> {
  return post(deps, transaction, fact, {
    kind: `suspense_refund_${fact.outcome}`,
    idempotencyKey: `suspense_refund:${fact.receiptId}:${fact.round}`,
    debit: REFUNDS_PAYABLE,
    credit: fact.outcome === 'settled' ? receivableAccount(fact.provider) : SUSPENSE,
  });
}

type SuspenseFact = Omit<MoneyFact, 'provider' | 'transactionId'> & {
  readonly transactionId: string | null;
  readonly receiptId: string;
};

interface Entry {
  readonly kind: string;
  /** The fact, named: it is posted once, however often it is told. */
  readonly idempotencyKey: string;
  readonly debit: Account;
  readonly credit: Account;
}

/**
 * Posts the entry, once: the same fact again changes nothing. The chain that seals it is the database's own work, at the
 * commit (migration 0210).
 * @throws LedgerConflict when the fact was posted before and said something else
 */
export async function post(
  deps: LedgerDeps,
  transaction: Transaction,
  fact: Omit<MoneyFact, 'provider' | 'transactionId'> & { readonly transactionId: string | null },
  entry: Entry,
): Promise<void> {
  if (!Number.isSafeInteger(fact.amountCents) || fact.amountCents <= 0)
    throw new RangeError(`a posting of ${fact.amountCents} cents`);
  await ensureAccounts(transaction, fact.merchantId, [entry.debit, entry.credit]);
  const [posted] = await transaction.query<{ entry_id: string }>(
    `INSERT INTO ledger_entries
       (merchant_id, entry_id, kind, transaction_id, idempotency_key, occurred_at, recorded_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7)
     ON CONFLICT (merchant_id, idempotency_key) DO NOTHING RETURNING entry_id`,
    [
      fact.merchantId,
      newId(deps.clock, deps.randomBytes),
      entry.kind,
      fact.transactionId,
      entry.idempotencyKey,
      new Date(fact.occurredAtMs),
      new Date(deps.clock.nowMs()),
    ],
  );
  if (posted === undefined) return expectSame(transaction, fact, entry);
  // Debit positive, credit negative: the database refuses the commit if an entry does not sum to zero.
  await transaction.query(
    `INSERT INTO ledger_postings (merchant_id, entry_id, line, account_code, amount_cents, currency)
     VALUES ($1, $2, 1, $3, $5, $6), ($1, $2, 2, $4, -$5::bigint, $6)`,
    [fact.merchantId, posted.entry_id, entry.debit.code, entry.credit.code, fact.amountCents, fact.currency],
  );
}

/** One idempotency key was used for two different things: the second is not posted, and nobody may think that it was. */
export class LedgerConflict extends Error {
  constructor(idempotencyKey: string, posted: string, asked: string) {
    super(`the ledger has ${idempotencyKey} as ${posted}; it cannot be posted as ${asked}`);
    this.name = 'LedgerConflict';
  }
}

/** The key stands for the whole of what it posts. Its time may differ: who tells it later may know it better. */
async function expectSame(
  transaction: Transaction,
  { merchantId, transactionId, amountCents, currency }: Parameters<typeof post>[2],
  { kind, idempotencyKey, debit, credit }: Entry,
): Promise<void> {
  const [posted] = await transaction.query<{ content: string }>(
    `SELECT concat_ws(' ', kind, coalesce(transaction_id::text, '-'),
              string_agg(concat_ws(' ', account_code, amount_cents, currency), ', ' ORDER BY line)) AS content
     FROM ledger_entries JOIN ledger_postings USING (merchant_id, entry_id)
     WHERE merchant_id = $1 AND idempotency_key = $2 GROUP BY kind, transaction_id`,
    [merchantId, idempotencyKey],
  );
  const asked = `${kind} ${transactionId ?? '-'} ${debit.code} ${amountCents} ${currency}, ${credit.code} ${-amountCents} ${currency}`;
  if (posted?.content !== asked)
    throw new LedgerConflict(idempotencyKey, posted?.content ?? 'nothing', asked);
}
