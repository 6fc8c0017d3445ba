import type { RecurringRefundRequest } from '../../domain/protocol/recurring.ts';
import type { ServerContext } from '../context.ts';
import type { Transaction } from '../db/database.ts';
import { REFUND_WINDOW_MS } from '../payments/request-refund.ts';
import { lockRecurrenceOf } from './recurring-refund-store.ts';

export type RecurringRefundRefusal =
  | 'unknown_receipt'
  | 'unknown_provider'
  | 'not_refundable'
  | 'too_much'
  | 'too_late'
  | 'disputed'
  | 'request_conflict';
export type RecurringRefundOutcome =
  | { readonly ok: true; readonly refundId: string }
  | { readonly ok: false; readonly code: RecurringRefundRefusal; readonly detail: string };

interface Refundable extends Record<string, unknown> {
  readonly provider: string;
  readonly currency: string;
  readonly isIncome: boolean;
  readonly paidAt: Date;
  readonly leftCents: number;
  readonly disputed: boolean;
}

/**
 * Of a receipt `r`, what neither went back nor is asked back for. A refund of ours that its provider has told of counts
 * once; one that failed counts no more.
 */
export const LEFT_OF_RECEIPT = `r.amount_cents
  - (SELECT coalesce(sum(b.amount_cents), 0) FROM recurring_returns b
     WHERE b.merchant_id = r.merchant_id AND b.receipt_id = r.receipt_id AND b.kind = 'refund' AND b.status <> 'failed')
  - (SELECT coalesce(sum(f.amount_cents), 0) FROM recurring_refunds f
     WHERE f.merchant_id = r.merchant_id AND f.receipt_id = r.receipt_id AND f.status <> 'failed'
       AND NOT EXISTS (SELECT FROM recurring_returns b WHERE b.merchant_id = r.merchant_id
         AND b.receipt_id = r.receipt_id AND b.return_id = f.refund_id AND b.status <> 'failed'))`;

export const DISPUTED_RECEIPT = `EXISTS (SELECT FROM recurring_returns b WHERE b.merchant_id = r.merchant_id
  AND b.receipt_id = r.receipt_id AND b.kind <> 'refund' AND b.status <> 'won')`;

/**
 * Opens a refund of recurring money; the worker of its provider carries it out. The recurrence's row is locked, as by
 * whoever writes down what the provider tells, so that no more is asked back for than came.
 * @param providers the names of those that there are
 * @param requestedBy who asked, for the record
 */
export function requestRecurringRefund(
  context: ServerContext,
  merchantId: string,
  request: RecurringRefundRequest,
  providers: ReadonlySet<string>,
  requestedBy: string,
): Promise<RecurringRefundOutcome> {
  // 33 characters of [a-zA-Z0-9], as of a sale's; API Pix allows 35.
  const refundId = `M${request.requestId.replaceAll('-', '')}`;
  const { receiptId, note } = request;
  return context.db.transaction(async (transaction): Promise<RecurringRefundOutcome> => {
    const atMs = context.clock.nowMs();
    if (!(await lockRecurrenceOf(transaction, merchantId, receiptId)))
      return refuse('unknown_receipt', 'the merchant has no such receipt of recurring money');
    const earlier = await findRequested(transaction, merchantId, refundId);
    if (earlier !== undefined) {
      const isSame =
        earlier.receiptId === receiptId &&
        (request.amountCents === null || request.amountCents === earlier.amountCents);
      return isSame ? { ok: true, refundId } : refuse('request_conflict', 'the requestId has another refund');
    }
    const receipt = await readRefundable(transaction, merchantId, receiptId);
    if (!receipt.isIncome)
      return refuse('not_refundable', 'the money has its place elsewhere: it goes back from there');
    if (!providers.has(receipt.provider))
      return refuse('unknown_provider', `the server has no ${receipt.provider} any more`);
    if (receipt.disputed) return refuse('disputed', 'the payer’s bank holds the money already');
    if (atMs - receipt.paidAt.getTime() > REFUND_WINDOW_MS)
      return refuse('too_late', 'the payment is more than 90 days old');
    const amountCents = request.amountCents ?? receipt.leftCents;
    if (amountCents <= 0 || amountCents > receipt.leftCents)
      return refuse('too_much', `of the payment ${receipt.leftCents} cents are left`);
    await transaction.query(
      `INSERT INTO recurring_refunds (merchant_id, refund_id, receipt_id, provider, amount_cents, currency, note,
         requested_by, status, next_attempt_at, created_at)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 'requested', $9, $9)`,
      [
        merchantId,
        refundId,
        receiptId,
        receipt.provider,
        amountCents,
        receipt.currency,
        note,
        requestedBy,
        new Date(atMs),
      ],
    );
    transaction.afterCommit(() => context.workDue.announce('refund', atMs));
    return { ok: true, refundId };
  });
}

async function findRequested(transaction: Transaction, merchantId: string, refundId: string) {
  const [row] = await transaction.query<{ receiptId: string; amountCents: number }>(
    `SELECT receipt_id AS "receiptId", amount_cents AS "amountCents" FROM recurring_refunds
     WHERE merchant_id = $1 AND refund_id = $2`,
    [merchantId, refundId],
  );
  return row;
}

async function readRefundable(
  transaction: Transaction,
  merchantId: string,
  receiptId: string,
): Promise<Refundable> {
  const [row] = await transaction.query<Refundable>(
    `SELECT provider, currency, place = 'income' AS "isIncome", paid_at AS "paidAt",
       (${LEFT_OF_RECEIPT})::bigint AS "leftCents", ${DISPUTED_RECEIPT} AS disputed
     FROM recurring_receipts r WHERE merchant_id = $1 AND receipt_id = $2`,
    [merchantId, receiptId],
  );
  if (row === undefined) throw new Error(`receipt ${receiptId} vanished while its recurrence was locked`);
  return row;
}

function refuse(code: RecurringRefundRefusal, detail: string): RecurringRefundOutcome {
  return { ok: false, code, detail };
}
