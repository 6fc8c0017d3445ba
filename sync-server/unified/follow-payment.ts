import type { CanonicalStatus } from '../../domain/payment-status.ts';
import type { Transaction } from '../db/database.ts';
import type { TransactionKey } from '../payments/payment-transaction.ts';

export type SessionStatus = 'open' | 'completed' | 'expired' | 'canceled' | 'failed';

/** A settled payment's session stays completed, whatever becomes of its money. */
export const SESSION_STATUS = {
  CREATED: 'open',
  PENDING: 'open',
  PROCESSING: 'open',
  AUTHORIZED: 'open',
  FAILED: 'failed',
  EXPIRED: 'expired',
  CANCELED: 'canceled',
  SUCCEEDED: 'completed',
  PARTIALLY_REFUNDED: 'completed',
  REFUNDED: 'completed',
  CHARGEBACK: 'completed',
} as const satisfies Record<CanonicalStatus, SessionStatus>;

/**
 * What follows from the rows of a payment: when its money was captured, what of it went back and when, since when it is
 * disputed, and how its customer's session stands. Computed anew each time, in the transaction of the change, so that
 * the order in which things were told does not matter. The payment's row is locked by the caller.
 */
export async function followPayment(
  transaction: Transaction,
  { merchantId, transactionId }: TransactionKey,
  atMs: number,
): Promise<void> {
  const [followed] = await transaction.query<{ status: CanonicalStatus }>(
    `UPDATE payment_transactions t SET captured_at = money.captured_at, refunded_cents = money.refunded_cents,
       refunded_at = money.refunded_at, disputed_at = money.disputed_at
     FROM (
       SELECT
         (SELECT paid_at FROM receipts
          WHERE merchant_id = $1 AND transaction_id = $2 AND disposition = 'settles') AS captured_at,
         (SELECT coalesce(sum(f.amount_cents), 0)::bigint FROM refunds f JOIN receipts r USING (merchant_id, receipt_id)
          WHERE f.merchant_id = $1 AND f.transaction_id = $2 AND f.status = 'settled' AND r.disposition = 'settles')
           AS refunded_cents,
         (SELECT max(coalesce(f.settled_at, f.created_at)) FROM refunds f JOIN receipts r USING (merchant_id, receipt_id)
          WHERE f.merchant_id = $1 AND f.transaction_id = $2 AND f.status = 'settled' AND r.disposition = 'settles')
           AS refunded_at,
         (SELECT min(d.opened_at) FROM disputes d JOIN receipts r USING (merchant_id, receipt_id)
          WHERE d.merchant_id = $1 AND d.transaction_id = $2 AND r.disposition = 'settles') AS disputed_at) money
     WHERE t.merchant_id = $1 AND t.transaction_id = $2
     RETURNING t.status`,
    [merchantId, transactionId],
  );
  if (followed === undefined) return;
  const status = SESSION_STATUS[followed.status];
  await transaction.query(
    `UPDATE checkout_sessions SET status = $3, ended_at = CASE WHEN $3 = 'open' THEN NULL ELSE $4::timestamptz END
     WHERE merchant_id = $1 AND transaction_id = $2 AND status <> $3`,
    [merchantId, transactionId, status, new Date(atMs)],
  );
}
