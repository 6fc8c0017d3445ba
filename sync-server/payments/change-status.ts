import { type CanonicalStatus, isStatusChangeAllowed } from '../../domain/payment-status.ts';
import type { Transaction } from '../db/database.ts';
import type { PaymentTransaction } from './payment-transaction.ts';

/** What made the server look at the provider's answer; stored with every transition. */
export type TransitionCause = 'charge' | 'webhook' | 'poll' | 'cancel' | 'refund' | 'sweep' | 'statement';

/**
 * Raises a locked transaction's status, and writes down the step. A status of no higher rank changes nothing.
 * @returns whether it changed
 */
export async function changeStatus(
  transaction: Transaction,
  payment: Pick<PaymentTransaction, 'merchantId' | 'transactionId' | 'status'>,
  to: CanonicalStatus,
  cause: TransitionCause,
  atMs: number,
  by: Parameters<typeof isStatusChangeAllowed>[2] = 'provider_message',
): Promise<boolean> {
  if (!isStatusChangeAllowed(payment.status, to, by)) return false;
  await transaction.query(
    'UPDATE payment_transactions SET status = $3 WHERE merchant_id = $1 AND transaction_id = $2',
    [payment.merchantId, payment.transactionId, to],
  );
  await transaction.query(
    `INSERT INTO payment_transitions (merchant_id, transaction_id, from_status, to_status, cause, at)
     VALUES ($1, $2, $3, $4, $5, $6)`,
    [payment.merchantId, payment.transactionId, payment.status, to, cause, new Date(atMs)],
  );
  return true;
}
