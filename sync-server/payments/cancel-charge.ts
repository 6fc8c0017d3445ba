import { STATUS_RANK } from '../../domain/payment-status.ts';
import type { ServerContext } from '../context.ts';
import type { Transaction } from '../db/database.ts';
import type { FetchChargeOutcome, PaymentProvider } from '../providers/provider.ts';
import { followPayment } from '../unified/follow-payment.ts';
import { changeStatus } from './change-status.ts';
import { isPayable, lockTransaction, type PaymentTransaction } from './payment-transaction.ts';

/**
 * The making of a charge may be under way in another request or process; only when it cannot be any more does a
 * charge that the provider does not know count as never made. Longer than any provider call.
 */
const CREATION_IS_OVER_MS = 60_000;

/**
 * Notes that the sessions' charges are to take no more money. Committed with the kiosk's own message; the provider is
 * told at once afterwards, and until it agrees. Nothing happens to a charge that is paid, closed, or not there.
 */
export async function requestChargeCancellation(
  { workDue }: Pick<ServerContext, 'workDue'>,
  transaction: Transaction,
  merchantId: string,
  sessionIds: readonly string[],
  atMs: number,
): Promise<void> {
  const closed = Object.entries(STATUS_RANK).filter(([, rank]) => rank >= STATUS_RANK.CANCELED);
  await transaction.query(
    `UPDATE payment_transactions SET cancel_requested_at = $3, next_check_at = $3, check_count = 0
     WHERE merchant_id = $1 AND session_id = ANY($2) AND cancel_requested_at IS NULL AND NOT status = ANY($4)`,
    [merchantId, sessionIds, new Date(atMs), closed.map(([status]) => status)],
  );
  transaction.afterCommit(() => workDue.announce('check', atMs));
}

/** A charge whose cancellation the provider has not confirmed. */
export function awaitsCancellation(
  payment: Pick<PaymentTransaction, 'cancelRequestedAt' | 'status'>,
): boolean {
  return payment.cancelRequestedAt !== null && STATUS_RANK[payment.status] < STATUS_RANK.CANCELED;
}

/**
 * Withdraws the charge at the provider. If it turns out to be paid, the provider's answer says so, and the caller
 * applies it like any other: paid is paid.
 */
export async function cancelAtProvider(
  { log }: Pick<ServerContext, 'log'>,
  provider: PaymentProvider,
  payment: PaymentTransaction,
): Promise<FetchChargeOutcome> {
  const outcome = await provider.cancelCharge(payment);
  if (outcome.kind === 'rejected')
    log.error({ txid: payment.txid, code: outcome.code }, 'the provider refused to withdraw a charge');
  // The answer to a withdrawal need not hold the receipts, and one that is refused may be refused because the money
  // has come: whatever it was, money is read for.
  return outcome.kind === 'unavailable' ? outcome : provider.fetchCharge(payment);
}

/** Closes a transaction whose charge never came to be at the provider. */
export async function closeNeverMade(context: ServerContext, payment: PaymentTransaction): Promise<void> {
  const atMs = context.clock.nowMs();
  if (isPayable(payment) || atMs - payment.createdAt.getTime() < CREATION_IS_OVER_MS) return;
  await context.db.transaction(async (transaction) => {
    const locked = await lockTransaction(transaction, payment);
    if (isPayable(locked) || !awaitsCancellation(locked)) return;
    await changeStatus(transaction, locked, 'CANCELED', 'cancel', atMs);
    await followPayment(transaction, locked, atMs);
  });
}
