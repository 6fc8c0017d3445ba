import type { RefundReturned } from '../../domain/protocol/refunds.ts';
import type { ServerContext } from '../context.ts';
import type { Transaction } from '../db/database.ts';
import { postRefund } from '../ledger/ledger.ts';
import { followPayment } from '../unified/follow-payment.ts';
import { followMoneyBack } from './money-back.ts';
import { lockTransaction, type PaymentTransaction } from './payment-transaction.ts';
import type { RefundRow } from './record-receipts.ts';
import { announceRefund } from './refund-feed.ts';
import { successorOf } from './retry-refund.ts';

export type ReturnRefusal = 'unknown_refund' | 'not_failed' | 'under_way';
export type ReturnOutcome =
  /** `refundId`: under which the money is written down as gone back. */
  | { readonly ok: true; readonly refundId: string }
  | { readonly ok: false; readonly code: ReturnRefusal; readonly detail: string };

interface FailedRefund extends RefundRow {
  readonly receiptId: string;
  readonly provider: string;
  readonly ofSale: boolean;
  readonly initiatedBy: 'us' | 'provider';
  readonly providerStatus: string | null;
  readonly refused: boolean;
  readonly replacedBy: string | null;
  readonly isReturned: boolean;
  readonly hasBounced: boolean;
  /** Of its receipt, what neither went back nor is on its way. */
  readonly leftCents: number;
}

/**
 * Ends a refund that failed because somebody sent the money back by hand: a person says so, and answers for it. The
 * money is posted as gone back, but for what the provider itself has told of meanwhile; one that had arrived and came
 * back is undone in the books, and stands there under another id. Told again, it is answered the same, and the first note stands.
 */
export function closeReturned(
  context: ServerContext,
  merchantId: string,
  request: Pick<RefundReturned, 'refundId' | 'by' | 'note'> & Partial<Pick<RefundReturned, 'nothingOwed'>>,
): Promise<ReturnOutcome> {
  return context.db.transaction(async (transaction): Promise<ReturnOutcome> => {
    const { refundId, nothingOwed = false } = request;
    const [named] = await transaction.query<{ transactionId: string }>(
      'SELECT transaction_id AS "transactionId" FROM refunds WHERE merchant_id = $1 AND refund_id = $2',
      [merchantId, refundId],
    );
    if (named === undefined) return refuse('unknown_refund', 'the merchant has no such refund');
    // Payments are locked before refunds, as everybody does.
    const payment = await lockTransaction(transaction, { merchantId, ...named });
    const refund = await lockRefund(transaction, merchantId, refundId);
    if (refund.isReturned) return { ok: true, refundId: refund.replacedBy ?? refundId };
    const isOurs = refund.initiatedBy === 'us';
    const isClosable = refund.hasBounced ? !nothingOwed : refund.status === 'failed';
    if (!isClosable || refund.replacedBy !== null || (isOurs && nothingOwed))
      return refuse('not_failed', 'it is no refund that was given up, or that came back');
    if (nothingOwed) {
      await noteClosed(transaction, merchantId, refundId, request, context.clock.nowMs());
      context.log.warn({ refundId, nothingOwed }, 'a refund was closed by a person');
      return { ok: true, refundId };
    }
    // A retry asks the provider once more what became of it; closed before, the money might go back twice.
    if (isOurs && !refund.refused && refund.providerStatus !== null)
      return refuse('under_way', 'the provider may still carry it out: take it up again first');
    const atMs = context.clock.nowMs();
    const outcome = await writeReturned(transaction, merchantId, refund, request, atMs);
    if (outcome.postedCents > 0) await followReturned(context, transaction, payment, refund, outcome, atMs);
    context.log.warn(
      { refundId, postedCents: outcome.postedCents },
      'a refund was closed as returned by hand',
    );
    return { ok: true, refundId: outcome.refundId };
  });
}

async function lockRefund(
  transaction: Transaction,
  merchantId: string,
  refundId: string,
): Promise<FailedRefund> {
  const [refund] = await transaction.query<FailedRefund & Record<string, unknown>>(
    `SELECT f.refund_id AS "refundId", f.receipt_id AS "receiptId", f.amount_cents AS "amountCents", f.reason, f.status,
       f.initiated_by AS "initiatedBy", f.provider_status AS "providerStatus", f.refused, f.replaced_by AS "replacedBy",
       f.returned_at IS NOT NULL AS "isReturned", f.bounced_at IS NOT NULL AS "hasBounced", r.provider, r.disposition = 'settles' AS "ofSale",
       coalesce(r.other_currency, t.currency) AS currency,
       r.amount_cents - (SELECT coalesce(sum(o.amount_cents), 0) FROM refunds o
         WHERE o.merchant_id = $1 AND o.receipt_id = f.receipt_id AND o.status <> 'failed')::bigint AS "leftCents"
     FROM refunds f JOIN receipts r USING (merchant_id, receipt_id)
     JOIN payment_transactions t ON t.merchant_id = f.merchant_id AND t.transaction_id = f.transaction_id
     WHERE f.merchant_id = $1 AND f.refund_id = $2 FOR UPDATE OF f`,
    [merchantId, refundId],
  );
  if (refund === undefined) throw new Error(`refund ${refundId} vanished while its payment was locked`);
  return refund;
}

/** Nothing is posted: it is in the books already, or nobody is owed anything. */
async function noteClosed(
  transaction: Transaction,
  merchantId: string,
  refundId: string,
  { by, note }: Pick<RefundReturned, 'by' | 'note'>,
  atMs: number,
): Promise<void> {
  await transaction.query(
    `UPDATE refunds SET returned_by = $3, returned_note = $4, returned_at = $5
     WHERE merchant_id = $1 AND refund_id = $2`,
    [merchantId, refundId, by, note, new Date(atMs)],
  );
}

interface Written {
  readonly refundId: string;
  /** What the ledger does not have yet. */
  readonly postedCents: number;
}

/** Counted as an attempt, it ends the claim of a worker that is asking the provider just now. */
async function writeReturned(
  transaction: Transaction,
  merchantId: string,
  refund: FailedRefund,
  { by, note }: Pick<RefundReturned, 'by' | 'note'>,
  atMs: number,
): Promise<Written> {
  const { refundId } = refund;
  const postedCents = Math.max(0, Math.min(refund.amountCents, refund.leftCents));
  // An id is posted once, and that of a refund that came back was.
  const isWhole = postedCents === refund.amountCents && !refund.hasBounced;
  const stands = isWhole
    ? refundId
    : postedCents > 0
      ? successorOf(refundId)
      : await toldByProvider(transaction, merchantId, refund);
  const at = new Date(atMs);
  await transaction.query(
    `UPDATE refunds SET returned_by = $3, returned_note = $4, returned_at = $5::timestamptz, attempts = attempts + 1,
       next_attempt_at = NULL, status = CASE WHEN $6 THEN 'settled' ELSE status END,
       settled_at = CASE WHEN $6 THEN $5::timestamptz END, replaced_by = CASE WHEN $6 THEN NULL ELSE $7 END
     WHERE merchant_id = $1 AND refund_id = $2`,
    [merchantId, refundId, by, note, at, isWhole, stands],
  );
  if (!isWhole && postedCents > 0)
    await transaction.query(
      `INSERT INTO refunds (merchant_id, refund_id, receipt_id, transaction_id, amount_cents, reason, status, created_at,
         settled_at, requested_by, note, returned_by, returned_note, returned_at)
       SELECT merchant_id, $3, receipt_id, transaction_id, $4, reason, 'settled', created_at, $5, requested_by, note,
         returned_by, returned_note, returned_at
       FROM refunds WHERE merchant_id = $1 AND refund_id = $2`,
      [merchantId, refundId, stands, postedCents, at],
    );
  return { refundId: stands, postedCents };
}

/** The one by which the money went back: nothing is left of the receipt, so there is one. */
async function toldByProvider(
  transaction: Transaction,
  merchantId: string,
  { receiptId, refundId }: FailedRefund,
): Promise<string> {
  const [told] = await transaction.query<{ refundId: string }>(
    `SELECT refund_id AS "refundId" FROM refunds
     WHERE merchant_id = $1 AND receipt_id = $2 AND status <> 'failed' ORDER BY created_at DESC, refund_id LIMIT 1`,
    [merchantId, receiptId],
  );
  if (told === undefined)
    throw new Error(`nothing is left of the receipt of ${refundId}, and nothing went back`);
  return told.refundId;
}

async function followReturned(
  context: ServerContext,
  transaction: Transaction,
  payment: PaymentTransaction,
  refund: FailedRefund,
  { refundId, postedCents: amountCents }: Written,
  atMs: number,
): Promise<void> {
  const { provider, ofSale, currency } = refund;
  const { merchantId, transactionId } = payment;
  const fact = { merchantId, transactionId, provider, amountCents, currency, occurredAtMs: atMs };
  await postRefund(context, transaction, { ...fact, refundId, ofSale });
  // The refund worker marks the ticket.
  transaction.afterCommit(() => context.workDue.announce('refund', atMs));
  if (ofSale) {
    await followMoneyBack(context, transaction, payment, payment.status, 'refund', atMs);
    return followPayment(transaction, payment, atMs);
  }
  const told = { ...refund, refundId, amountCents, status: 'settled' } as const;
  await announceRefund(transaction, context.feedWake, payment, told, atMs);
}

function refuse(code: ReturnRefusal, detail: string): ReturnOutcome {
  return { ok: false, code, detail };
}
