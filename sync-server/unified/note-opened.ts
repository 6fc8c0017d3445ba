import type { Transaction } from '../db/database.ts';
import type { TransactionKey } from '../payments/payment-transaction.ts';

/**
 * A payment was opened, in the caller's transaction: the session of its customer, the provider that it was routed to
 * first, and how it will be paid unless the provider tells otherwise.
 */
export async function noteOpened(
  transaction: Transaction,
  { merchantId, transactionId }: TransactionKey,
): Promise<void> {
  await transaction.query(
    `WITH opened AS (
       UPDATE payment_transactions SET routed_provider = provider, installments = 1,
         payment_method = CASE flow WHEN 'international' THEN 'card' ELSE 'pix' END
       WHERE merchant_id = $1 AND transaction_id = $2
       RETURNING merchant_id, session_id, transaction_id, flow, created_at)
     INSERT INTO checkout_sessions (merchant_id, session_id, transaction_id, channel, status, opened_at)
     SELECT merchant_id, session_id, transaction_id,
       CASE flow WHEN 'international' THEN 'phone_page' ELSE 'totem' END, 'open', created_at
     FROM opened`,
    [merchantId, transactionId],
  );
}
