import type { RefundRequest } from '../../domain/protocol/refunds.ts';
import type { ServerContext } from '../context.ts';
import type { Transaction } from '../db/database.ts';
import { lockTransaction } from './payment-transaction.ts';

const DAY_MS = 24 * 60 * 60_000;
/** Source: API Pix 2.9.0, `devolucao`. Other providers take longer; one rule is easier to remember. */
export const REFUND_WINDOW_MS = 90 * DAY_MS;

export type RefundRefusal =
  | 'unknown_transaction'
  | 'not_paid'
  | 'too_much'
  | 'too_late'
  | 'disputed'
  | 'request_conflict';
export type RefundRequestOutcome =
  | { readonly ok: true; readonly refundId: string }
  | { readonly ok: false; readonly code: RefundRefusal; readonly detail: string };

interface Refundable {
  readonly receiptId: string;
  readonly receivedCents: number;
  readonly paidAt: Date;
  /** Of refunds that are on their way or have arrived. */
  readonly takenCents: number;
  readonly disputed: boolean;
}

/**
 * Opens a refund of the money that bought a ticket; the refund worker carries it out. The payment's row is locked, so
 * that two requests at once never send back more than came.
 * @param requestedBy who asked, for the record
 */
export function requestRefund(
  context: ServerContext,
  merchantId: string,
  request: RefundRequest,
  requestedBy: string,
): Promise<RefundRequestOutcome> {
  const refundId = refundIdOfRequest(request.requestId);
  return context.db.transaction(async (transaction) => {
    const atMs = context.clock.nowMs();
    const key = { merchantId, transactionId: request.transactionId };
    const known = await transaction.query(
      'SELECT 1 FROM payment_transactions WHERE merchant_id = $1 AND transaction_id = $2',
      [merchantId, request.transactionId],
    );
    if (known.length === 0) return refuse('unknown_transaction', 'the merchant has no such transaction');
    await lockTransaction(transaction, key);
    const earlier = await findRequested(transaction, merchantId, refundId);
    const refundable = await readRefundable(transaction, key, refundId);
    if (refundable === undefined) return refuse('not_paid', 'nothing was paid that could go back');
    const leftCents = refundable.receivedCents - refundable.takenCents;
    if (earlier !== undefined) {
      const isSame =
        earlier.transactionId === request.transactionId &&
        (request.amountCents === null || request.amountCents === earlier.amountCents);
      return isSame ? { ok: true, refundId } : refuse('request_conflict', 'the requestId has another refund');
    }
    if (refundable.disputed) return refuse('disputed', 'the payer’s bank holds the money already');
    if (atMs - refundable.paidAt.getTime() > REFUND_WINDOW_MS)
      return refuse('too_late', 'the payment is more than 90 days old');
    const amountCents = request.amountCents ?? leftCents;
    if (amountCents > leftCents || amountCents <= 0)
      return refuse('too_much', `of the payment ${leftCents} cents are left`);
    await transaction.query(
      `INSERT INTO refunds (merchant_id, refund_id, receipt_id, transaction_id, amount_cents, reason, status,
         next_attempt_at, created_at, requested_by, note)
       VALUES ($1, $2, $3, $4, $5, 'requested', 'requested', $6, $6, $7, $8)`,
      [
        merchantId,
        refundId,
        refundable.receiptId,
        request.transactionId,
        amountCents,
        new Date(atMs),
        requestedBy,
        request.note,
      ],
    );
    transaction.afterCommit(() => context.workDue.announce('refund', atMs));
    return { ok: true, refundId };
  });
}

/** 33 characters of `[a-zA-Z0-9]`; API Pix allows 35. */
function refundIdOfRequest(requestId: string): string {
  return `M${requestId.replaceAll('-', '')}`;
}

async function findRequested(transaction: Transaction, merchantId: string, refundId: string) {
  const [row] = await transaction.query<{ transactionId: string; amountCents: number }>(
    `SELECT transaction_id AS "transactionId", amount_cents AS "amountCents" FROM refunds
     WHERE merchant_id = $1 AND refund_id = $2`,
    [merchantId, refundId],
  );
  return row;
}

async function readRefundable(
  transaction: Transaction,
  { merchantId, transactionId }: { readonly merchantId: string; readonly transactionId: string },
  refundId: string,
): Promise<Refundable | undefined> {
  const [row] = await transaction.query<Refundable & Record<string, unknown>>(
    `SELECT r.receipt_id AS "receiptId", r.amount_cents AS "receivedCents", r.paid_at AS "paidAt",
       coalesce((SELECT sum(f.amount_cents)::bigint FROM refunds f
         WHERE f.merchant_id = $1 AND f.receipt_id = r.receipt_id AND f.status <> 'failed' AND f.refund_id <> $3), 0)
         AS "takenCents",
       EXISTS (SELECT FROM disputes d WHERE d.merchant_id = $1 AND d.receipt_id = r.receipt_id AND d.status <> 'won')
         AS disputed
     FROM receipts r WHERE r.merchant_id = $1 AND r.transaction_id = $2 AND r.disposition = 'settles'`,
    [merchantId, transactionId, refundId],
  );
  return row;
}

function refuse(code: RefundRefusal, detail: string): RefundRequestOutcome {
  return { ok: false, code, detail };
}
