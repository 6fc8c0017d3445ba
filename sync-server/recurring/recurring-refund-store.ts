import type { RecurringRefundView } from '../../domain/protocol/recurring.ts';
import type { Queryable, Transaction } from '../db/database.ts';

/** Whoever writes about the money of a recurrence holds this row. @returns whether the merchant has the receipt */
export async function lockRecurrenceOf(
  transaction: Transaction,
  merchantId: string,
  receiptId: string,
): Promise<boolean> {
  const locked = await transaction.query(
    `SELECT 1 FROM recurrences WHERE (merchant_id, provider, kind, recurrence_id) IN (
       SELECT merchant_id, provider, kind, recurrence_id FROM recurring_receipts
       WHERE merchant_id = $1 AND receipt_id = $2) FOR UPDATE`,
    [merchantId, receiptId],
  );
  return locked.length > 0;
}

export interface KnownRefund extends Record<string, unknown> {
  readonly refundId: string;
  readonly receiptId: string;
  readonly amountCents: number;
  readonly status: RecurringRefundView['status'];
  /** Null: the provider never had it. */
  readonly providerStatus: string | null;
  readonly refused: boolean;
  readonly replacedBy: string | null;
  readonly isReturned: boolean;
  /** It had arrived, and came back: its id is used up. */
  readonly hasBounced: boolean;
}

/** The recurrence first, as everybody does, then the refund; undefined where the merchant has no such refund. */
export async function lockRefund(
  transaction: Transaction,
  merchantId: string,
  refundId: string,
): Promise<KnownRefund | undefined> {
  const [named] = await transaction.query<{ receiptId: string }>(
    'SELECT receipt_id AS "receiptId" FROM recurring_refunds WHERE merchant_id = $1 AND refund_id = $2',
    [merchantId, refundId],
  );
  if (named === undefined) return undefined;
  await lockRecurrenceOf(transaction, merchantId, named.receiptId);
  const [refund] = await transaction.query<KnownRefund>(
    `SELECT refund_id AS "refundId", receipt_id AS "receiptId", amount_cents AS "amountCents", status,
       provider_status AS "providerStatus", refused, replaced_by AS "replacedBy", returned_at IS NOT NULL AS "isReturned",
       EXISTS (SELECT FROM recurring_returns b WHERE b.merchant_id = $1 AND b.receipt_id = recurring_refunds.receipt_id
         AND b.return_id = $2 AND b.bounced_at IS NOT NULL) AS "hasBounced"
     FROM recurring_refunds WHERE merchant_id = $1 AND refund_id = $2 FOR UPDATE`,
    [merchantId, refundId],
  );
  return refund;
}

const ms = (column: string): string => `(extract(epoch FROM ${column}) * 1000)::bigint`;

/** A row `f` of `recurring_refunds` beside its receipt `r`, as JSON. */
export const REFUND_JSON = `json_build_object('refundId', f.refund_id, 'receiptId', f.receipt_id, 'provider', f.provider,
  'recurrenceId', r.recurrence_id, 'amountCents', f.amount_cents, 'currency', f.currency, 'note', f.note,
  'status', f.status, 'providerStatus', f.provider_status, 'attempts', f.attempts, 'lastError', f.last_error,
  'nextAttemptAt', ${ms('f.next_attempt_at')}, 'createdAt', ${ms('f.created_at')}, 'settledAt', ${ms('f.settled_at')},
  'returned', CASE WHEN f.returned_at IS NOT NULL THEN json_build_object('by', f.returned_by, 'note', f.returned_note,
    'at', ${ms('f.returned_at')}) END)`;

/** Refunds of ours that were given up, newest first: the money is owed, and a person has to see to it. */
export async function failedRecurringRefunds(
  database: Queryable,
  merchantId: string,
  limit: number,
): Promise<RecurringRefundView[]> {
  const rows = await database.query<{ view: RecurringRefundView }>(
    `SELECT ${REFUND_JSON} AS view FROM recurring_refunds f JOIN recurring_receipts r USING (merchant_id, receipt_id)
     WHERE f.merchant_id = $1 AND f.status = 'failed' AND f.replaced_by IS NULL
     ORDER BY f.created_at DESC, f.refund_id LIMIT $2`,
    [merchantId, limit],
  );
  return rows.map(({ view }) => view);
}
