import type { ReturnClosed } from '../../domain/protocol/recurring.ts';
import type { RefundReturned } from '../../domain/protocol/refunds.ts';
import type { ServerContext } from '../context.ts';
import type { Transaction } from '../db/database.ts';
import { successorOf } from '../payments/retry-refund.ts';
import type { ReturnOutcome, ReturnRefusal } from '../payments/returned-by-hand.ts';
import { type KnownRefund, lockRecurrenceOf, lockRefund } from './recurring-refund-store.ts';
import { recordRecurringReturns } from './recurring-returns.ts';
import { LEFT_OF_RECEIPT } from './request-recurring-refund.ts';

/**
 * Takes up refunds again that were given up, as those of sales are: one that the provider never had is asked for once
 * more by its id, one that it still had under way is asked about, one that it refused goes on under another id. Passed
 * over is what did not fail, and what went back otherwise.
 * @returns the ids under which they go on
 */
export async function retryRecurringRefunds(
  context: ServerContext,
  merchantId: string,
  refundIds: readonly string[],
): Promise<string[]> {
  const going: string[] = [];
  for (const refundId of [...new Set(refundIds)].sort()) {
    const next = await context.db.transaction((transaction) =>
      retry(context, transaction, merchantId, refundId),
    );
    if (next !== null) going.push(next);
  }
  return going;
}

async function retry(
  context: ServerContext,
  transaction: Transaction,
  merchantId: string,
  refundId: string,
): Promise<string | null> {
  const refund = await lockRefund(transaction, merchantId, refundId);
  if (refund === undefined || refund.status !== 'failed' || refund.replacedBy !== null) return null;
  if (refund.isReturned || (await leftOf(transaction, merchantId, refund)) < refund.amountCents) return null;
  const atMs = context.clock.nowMs();
  transaction.afterCommit(() => context.workDue.announce('refund', atMs));
  if (!refund.refused) {
    // Counted as an attempt, the taking up ends the claim of a worker that is looking at the refund just now.
    await transaction.query(
      `UPDATE recurring_refunds SET status = $3, attempts = attempts + 1, attempts_before = attempts + 1,
         next_attempt_at = $4 WHERE merchant_id = $1 AND refund_id = $2`,
      [merchantId, refundId, refund.providerStatus === null ? 'requested' : 'processing', new Date(atMs)],
    );
    return refundId;
  }
  const next = successorOf(refundId);
  await transaction.query(
    `WITH replaced AS (
       UPDATE recurring_refunds SET replaced_by = $3, attempts = attempts + 1, next_attempt_at = NULL
       WHERE merchant_id = $1 AND refund_id = $2 RETURNING *)
     INSERT INTO recurring_refunds (merchant_id, refund_id, receipt_id, provider, amount_cents, currency, note,
       requested_by, status, next_attempt_at, created_at)
     SELECT merchant_id, $3, receipt_id, provider, amount_cents, currency, note, requested_by, 'requested', $4, $4
     FROM replaced`,
    [merchantId, refundId, next, new Date(atMs)],
  );
  return next;
}

/**
 * Ends a refund that failed because somebody sent the money back by hand: a person says so, and answers for it. It is
 * posted as gone back, but for what the provider has told of by itself. The same again changes nothing.
 */
export function closeRecurringReturned(
  context: ServerContext,
  merchantId: string,
  { refundId, by, note }: Pick<RefundReturned, 'refundId' | 'by' | 'note'>,
): Promise<ReturnOutcome> {
  return context.db.transaction(async (transaction): Promise<ReturnOutcome> => {
    const refund = await lockRefund(transaction, merchantId, refundId);
    if (refund === undefined) return refuse('unknown_refund', 'the merchant has no such refund');
    if (refund.isReturned) return { ok: true, refundId };
    if (refund.status !== 'failed' || refund.replacedBy !== null)
      return refuse('not_failed', 'it is no refund of ours that was given up');
    if (!refund.refused && refund.providerStatus !== null)
      return refuse('under_way', 'the provider may still carry it out: take it up again first');
    const closed = await writeReturned(context, transaction, merchantId, refund, { by, note });
    context.log.warn({ refundId }, 'a refund of recurring money was closed as returned by hand');
    return { ok: true, refundId: closed };
  });
}

/** @returns the name under which the money is written down as gone back */
async function writeReturned(
  context: ServerContext,
  transaction: Transaction,
  merchantId: string,
  refund: KnownRefund,
  { by, note }: Pick<RefundReturned, 'by' | 'note'>,
): Promise<string> {
  const { refundId } = refund;
  const atMs = context.clock.nowMs();
  const amountCents = Math.max(
    0,
    Math.min(refund.amountCents, await leftOf(transaction, merchantId, refund)),
  );
  // An id is posted once, and that of a refund that came back was.
  const isWhole = amountCents === refund.amountCents && !refund.hasBounced;
  const stands = isWhole
    ? refundId
    : amountCents > 0
      ? successorOf(refundId)
      : await toldByProvider(transaction, merchantId, refund);
  await transaction.query(
    `UPDATE recurring_refunds SET returned_by = $3, returned_note = $4, returned_at = $5::timestamptz,
       attempts = attempts + 1, next_attempt_at = NULL, status = CASE WHEN $6 THEN 'settled' ELSE status END,
       settled_at = CASE WHEN $6 THEN $5::timestamptz END, replaced_by = CASE WHEN $6 THEN NULL ELSE $7 END
     WHERE merchant_id = $1 AND refund_id = $2`,
    [merchantId, refundId, by, note, new Date(atMs), isWhole, stands],
  );
  if (amountCents === 0) return stands;
  if (!isWhole)
    await transaction.query(
      `INSERT INTO recurring_refunds (merchant_id, refund_id, receipt_id, provider, amount_cents, currency, note,
         requested_by, status, created_at, settled_at, returned_by, returned_note, returned_at)
       SELECT merchant_id, $3, receipt_id, provider, $4, currency, note, requested_by, 'settled', created_at, $5,
         returned_by, returned_note, returned_at
       FROM recurring_refunds WHERE merchant_id = $1 AND refund_id = $2`,
      [merchantId, refundId, stands, amountCents, new Date(atMs)],
    );
  await postReturned(
    context,
    transaction,
    merchantId,
    { receiptId: refund.receiptId, refundId: stands, amountCents },
    atMs,
  );
  return stands;
}

/** Nothing is left of the receipt, so there is one by which it went back. */
async function toldByProvider(
  transaction: Transaction,
  merchantId: string,
  { receiptId, refundId }: KnownRefund,
): Promise<string> {
  const [told] = await transaction.query<{ returnId: string }>(
    `SELECT return_id AS "returnId" FROM recurring_returns
     WHERE merchant_id = $1 AND receipt_id = $2 AND kind = 'refund' AND status <> 'failed'
     ORDER BY opened_at DESC, return_id LIMIT 1`,
    [merchantId, receiptId],
  );
  if (told === undefined)
    throw new Error(`nothing is left of the receipt of ${refundId}, and nothing went back`);
  return told.returnId;
}

async function postReturned(
  context: ServerContext,
  transaction: Transaction,
  merchantId: string,
  { refundId, receiptId, amountCents }: Pick<KnownRefund, 'refundId' | 'receiptId' | 'amountCents'>,
  atMs: number,
): Promise<void> {
  const [of] = await transaction.query<{ provider: string; kind: 'request' | 'charge'; id: string }>(
    `SELECT provider, kind, recurrence_id AS id FROM recurring_receipts WHERE merchant_id = $1 AND receipt_id = $2`,
    [merchantId, receiptId],
  );
  if (of === undefined) throw new Error(`receipt ${receiptId} vanished while its recurrence was locked`);
  const told = { refundId, receiptId, amountCents, status: 'settled', reason: null } as const;
  await recordRecurringReturns(
    context,
    transaction,
    { merchantId, ...of },
    { refunds: [{ ...told, providerStatus: 'returned by hand', initiatedBy: 'us' }], disputes: [] },
    atMs,
  );
}

/**
 * A refund of the provider's that did not arrive, or came back, was looked at. The first word stands. What a person says
 * to have sent back by hand is posted, but for what is back already.
 * @returns false where the merchant has no such return
 */
export function closeReturn(
  context: ServerContext,
  merchantId: string,
  { receiptId, returnId, by, note, sentBack }: ReturnClosed,
): Promise<boolean> {
  return context.db.transaction(async (transaction) => {
    const atMs = context.clock.nowMs();
    await lockRecurrenceOf(transaction, merchantId, receiptId);
    const [lost] = await transaction.query<{ amountCents: number; isClosed: boolean }>(
      `SELECT amount_cents AS "amountCents", closed_at IS NOT NULL AS "isClosed" FROM recurring_returns b
       WHERE merchant_id = $1 AND receipt_id = $2 AND return_id = $3 AND kind = 'refund' AND status = 'failed'
         AND NOT EXISTS (SELECT FROM recurring_refunds f WHERE f.merchant_id = $1 AND f.refund_id = b.return_id)`,
      [merchantId, receiptId, returnId],
    );
    if (lost === undefined || lost.isClosed) return lost !== undefined;
    await transaction.query(
      `UPDATE recurring_returns SET closed_by = $4, closed_note = $5, closed_at = $6
       WHERE merchant_id = $1 AND receipt_id = $2 AND return_id = $3`,
      [merchantId, receiptId, returnId, by, note, new Date(atMs)],
    );
    const refundId = `${returnId}:by_hand`;
    const leftCents = await leftOf(transaction, merchantId, { receiptId, refundId });
    const amountCents = sentBack ? Math.min(lost.amountCents, leftCents) : 0;
    if (amountCents > 0)
      await postReturned(context, transaction, merchantId, { receiptId, refundId, amountCents }, atMs);
    context.log.warn({ receiptId, returnId, sentBack }, 'a refund by the provider was closed by a person');
    return true;
  });
}

async function leftOf(
  transaction: Transaction,
  merchantId: string,
  { receiptId, refundId }: Pick<KnownRefund, 'receiptId' | 'refundId'>,
): Promise<number> {
  // What the provider still had under way of this very refund is not taken by another one.
  const [row] = await transaction.query<{ cents: number }>(
    `SELECT (${LEFT_OF_RECEIPT} + (SELECT coalesce(sum(own.amount_cents), 0) FROM recurring_returns own
         WHERE own.merchant_id = $1 AND own.receipt_id = $2 AND own.return_id = $3 AND own.status = 'processing')
       )::bigint AS cents
     FROM recurring_receipts r WHERE merchant_id = $1 AND receipt_id = $2`,
    [merchantId, receiptId, refundId],
  );
  return row?.cents ?? 0;
}

function refuse(code: ReturnRefusal, detail: string): ReturnOutcome {
  return { ok: false, code, detail };
}
