import type {
  SuspenseAssignment,
  SuspenseDecisionRequest,
  SuspenseFigures,
  SuspenseItem,
  SuspenseList,
} from '../../domain/protocol/reconciliation.ts';
import type { ServerContext } from '../context.ts';
import type { Queryable, Transaction } from '../db/database.ts';
import { postSuspenseResolved } from '../ledger/ledger.ts';
import { refundIdOf } from '../payments/record-receipts.ts';
import { refundIdOfRound } from '../payments/retry-refund.ts';
import { type SuspenseRow, suspenseOf } from './suspense.ts';

export type SuspenseRefusal = 'unknown_item' | 'already_resolved' | 'unknown_transaction';
export type SuspenseResult =
  | { readonly ok: true; readonly item: SuspenseItem }
  | { readonly ok: false; readonly code: SuspenseRefusal };

/** Oldest first: what has lain longest is what to look at. */
export async function listSuspense(
  database: Queryable,
  merchantId: string,
  { status, limit }: { readonly status: 'open' | 'resolved'; readonly limit: number },
  nowMs: number,
): Promise<SuspenseList> {
  const rows = await database.query<ItemRow>(
    `${SELECT} WHERE merchant_id = $1 AND status = $2 ORDER BY paid_at, receipt_id LIMIT $3`,
    [merchantId, status, limit],
  );
  return {
    figures: await readSuspenseFigures(database, merchantId, nowMs),
    items: rows.map((row) => toItem(row, nowMs)),
  };
}

export async function readSuspenseFigures(
  database: Queryable,
  merchantId: string,
  nowMs: number,
): Promise<SuspenseFigures> {
  const [row] = await database.query<{ open: number; openCents: number; oldest: Date | null }>(
    `SELECT count(*)::int AS open, coalesce(sum(amount_cents), 0)::float8 AS "openCents", min(found_at) AS oldest
     FROM suspense_items WHERE merchant_id = $1 AND status = 'open'`,
    [merchantId],
  );
  if (row === undefined) throw new Error('an aggregate without groups always gives a row');
  const { open, openCents, oldest } = row;
  return { open, openCents, oldestAgeSeconds: oldest === null ? null : secondsBetween(oldest, nowMs) };
}

/** Says who looks after it; nobody, for null. */
export async function assignSuspense(
  context: ServerContext,
  merchantId: string,
  { receiptId, owner }: SuspenseAssignment,
): Promise<SuspenseResult> {
  await context.db.query('UPDATE suspense_items SET owner = $3 WHERE merchant_id = $1 AND receipt_id = $2', [
    merchantId,
    receiptId,
    owner,
  ]);
  const item = await readItem(context.db, merchantId, receiptId, context.clock.nowMs());
  return item === null ? { ok: false, code: 'unknown_item' } : { ok: true, item };
}

/**
 * Says what the money is, and posts it out of suspense. The same decision again is answered the same; another one is
 * refused. No decision makes anything paid: for that a charge has to tell of the money.
 */
export function resolveSuspense(
  context: ServerContext,
  merchantId: string,
  decision: SuspenseDecisionRequest,
): Promise<SuspenseResult> {
  const atMs = context.clock.nowMs();
  return context.db.transaction(async (transaction): Promise<SuspenseResult> => {
    const [row] = await suspenseOf(transaction, merchantId, [decision.receiptId]);
    if (row === undefined) return { ok: false, code: 'unknown_item' };
    const current = await readItem(transaction, merchantId, decision.receiptId, atMs);
    if (current === null) throw new Error('a row that is locked is there');
    if (row.status === 'resolved') {
      const isSame =
        row.resolution === decision.resolution && current.transactionId === (decision.transactionId ?? null);
      return isSame ? { ok: true, item: current } : { ok: false, code: 'already_resolved' };
    }
    if (!(await isOfMerchant(transaction, merchantId, decision.transactionId)))
      return { ok: false, code: 'unknown_transaction' };
    await write(context, transaction, merchantId, row, decision, atMs);
    const item = await readItem(transaction, merchantId, decision.receiptId, atMs);
    if (item === null) throw new Error('a row that was written is there');
    return { ok: true, item };
  });
}

async function write(
  context: ServerContext,
  transaction: Transaction,
  merchantId: string,
  row: SuspenseRow,
  decision: SuspenseDecisionRequest,
  atMs: number,
): Promise<void> {
  const { resolution, transactionId = null, by, note = null } = decision;
  const round = row.round + 1;
  const isRefund = resolution === 'refund';
  await transaction.query(
    `UPDATE suspense_items SET status = 'resolved', resolution = $3, round = $4, transaction_id = $5, note = $6,
       resolved_by = $7, resolved_at = $8, refund_id = $9, refund_status = $10, refund_attempts = 0,
       refund_next_at = $11, refund_error = NULL
     WHERE merchant_id = $1 AND receipt_id = $2`,
    [
      merchantId,
      row.receiptId,
      resolution,
      round,
      transactionId,
      note,
      by,
      new Date(atMs),
      isRefund ? suspenseRefundId(row.receiptId, round) : null,
      isRefund ? 'requested' : null,
      isRefund ? new Date(atMs) : null,
    ],
  );
  await postSuspenseResolved(context, transaction, {
    ...row,
    merchantId,
    transactionId,
    occurredAtMs: atMs,
    resolution,
    round,
  });
  if (isRefund) transaction.afterCommit(() => context.workDue.announce('refund', atMs));
}

/** One that was refused is asked for under another name: the first would be answered with the same refusal. */
function suspenseRefundId(receiptId: string, round: number): string {
  return refundIdOfRound(refundIdOf(receiptId), round);
}

async function isOfMerchant(
  database: Queryable,
  merchantId: string,
  transactionId: string | undefined,
): Promise<boolean> {
  if (transactionId === undefined) return true;
  const rows = await database.query(
    'SELECT 1 FROM payment_transactions WHERE merchant_id = $1 AND transaction_id = $2',
    [merchantId, transactionId],
  );
  return rows.length > 0;
}

type ItemRow = Omit<SuspenseItem, 'paidAt' | 'foundAt' | 'resolvedAt' | 'ageSeconds'> & {
  readonly paidAt: Date;
  readonly foundAt: Date;
  readonly resolvedAt: Date | null;
} & Record<string, unknown>;

const SELECT = `
  SELECT receipt_id AS "receiptId", provider, end_to_end_id AS "endToEndId", txid, amount_cents AS "amountCents", currency,
    paid_at AS "paidAt", found_at AS "foundAt", found_by AS "foundBy", reason,
    suggested_receipt_id AS "suggestedReceiptId", owner, status, resolution, transaction_id AS "transactionId", note,
    resolved_by AS "resolvedBy", resolved_at AS "resolvedAt", refund_status AS "refundStatus",
    refund_error AS "refundError"
  FROM suspense_items`;

async function readItem(
  database: Queryable,
  merchantId: string,
  receiptId: string,
  nowMs: number,
): Promise<SuspenseItem | null> {
  const [row] = await database.query<ItemRow>(`${SELECT} WHERE merchant_id = $1 AND receipt_id = $2`, [
    merchantId,
    receiptId,
  ]);
  return row === undefined ? null : toItem(row, nowMs);
}

function toItem(row: ItemRow, nowMs: number): SuspenseItem {
  return {
    ...row,
    paidAt: row.paidAt.getTime(),
    foundAt: row.foundAt.getTime(),
    resolvedAt: row.resolvedAt?.getTime() ?? null,
    ageSeconds: secondsBetween(row.foundAt, row.resolvedAt?.getTime() ?? nowMs),
  };
}

function secondsBetween(from: Date, toMs: number): number {
  return Math.max(0, Math.round((toMs - from.getTime()) / 1000));
}
