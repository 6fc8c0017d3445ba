import type { ServerContext } from '../context.ts';
import type { Transaction } from '../db/database.ts';
import type { ProviderCharge } from '../providers/provider.ts';
import { appendFeed } from '../sync/feed-log.ts';
import { followPayment } from '../unified/follow-payment.ts';
import { noteCharge } from '../unified/note-charge.ts';
import { changeStatus, type TransitionCause } from './change-status.ts';
import { followMoneyBack, recordMoneyBack } from './money-back.ts';
import { nextStatus } from './next-status.ts';
import { lockTransaction, type PaymentTransaction, type TransactionKey } from './payment-transaction.ts';
import { recordReceipts } from './record-receipts.ts';
import { announceRefund } from './refund-feed.ts';
import { settle } from './settle.ts';

/** A settled or closed charge is looked at again after this long, for a second Pix whose webhook was lost. */
const FIRST_LATER_CHECK_MS = 60_000;

/**
 * The one path by which anything becomes paid. Given the provider's own answer for a charge, and whoever asked for
 * it (webhook, poll, cancellation, or the making of the charge), writes in one database transaction, with the
 * payment's row locked: receipts, status, ticket number, ledger, refunds, and last the feed. Applying the same answer
 * again, or an older one, changes nothing.
 */
export function applyProviderCharge(
  context: ServerContext,
  key: TransactionKey & Pick<PaymentTransaction, 'provider'>,
  charge: ProviderCharge,
  cause: TransitionCause,
): Promise<void> {
  return context.db.transaction(async (transaction) => {
    const locked = await lockTransaction(transaction, key);
    // Money counts whichever attempt it came to; what becomes of the charge is told by the last one's provider alone.
    const payment = { ...locked, provider: key.provider };
    const isCurrent = locked.provider === key.provider;
    if (charge.txid !== payment.txid)
      throw new Error(`charge ${charge.txid} was given for transaction ${payment.transactionId}`);
    const atMs = context.clock.nowMs();
    await keepProviderFacts(context, transaction, payment, charge, isCurrent);
    if (isCurrent) await noteCharge(context, transaction, payment, charge, atMs);
    const recorded = await recordReceipts(context, transaction, payment, charge, atMs);
    const to = isCurrent || recorded.settling !== null ? nextStatus(payment, charge, recorded, atMs) : null;
    await recordMoneyBack(context, transaction, payment, charge, atMs);
    const changedTo = to !== null && (await changeStatus(transaction, payment, to, cause, atMs)) ? to : null;
    if (changedTo !== null) await planLaterCheck(transaction, payment, changedTo, atMs);
    await followMoneyBack(context, transaction, payment, changedTo ?? payment.status, cause, atMs);
    await followPayment(transaction, payment, atMs);
    if (charge.status === null)
      context.log.error(
        { txid: charge.txid, providerStatus: charge.providerStatus },
        'the provider used an unknown status',
      );

    // The feed comes last: its lock on the unit's row makes every other writer of the unit wait.
    if (recorded.settling !== null)
      await settle(context, transaction, payment, recorded.settling, charge.expiresAtMs, atMs);
    for (const refund of recorded.refunds)
      await announceRefund(transaction, context.feedWake, payment, refund, atMs);
    if (changedTo === 'CANCELED' && charge.closedBy === 'provider')
      await announceClosed(context, transaction, payment, charge.providerStatus, atMs);
  });
}

async function keepProviderFacts(
  context: ServerContext,
  transaction: Transaction,
  payment: PaymentTransaction,
  charge: ProviderCharge,
  isCurrent: boolean,
): Promise<void> {
  if (charge.providerChargeId !== null)
    await keepProviderId(context, transaction, payment, charge.providerChargeId);
  if (!isCurrent) return;
  await transaction.query(
    `UPDATE payment_transactions SET provider_status = $3, br_code = coalesce(br_code, $4),
       charge_created_at = $5, charge_expires_at = $6, provider_charge_id = coalesce(provider_charge_id, $7),
       authorisation_url = coalesce(authorisation_url, $8)
     WHERE merchant_id = $1 AND transaction_id = $2`,
    [
      payment.merchantId,
      payment.transactionId,
      charge.providerStatus,
      charge.brCode,
      new Date(charge.createdAtMs),
      new Date(charge.expiresAtMs),
      charge.providerChargeId,
      charge.authorisationUrl ?? null,
    ],
  );
}

/** By it the next webhook is found. One that came before is not waited for: the charge is looked at now. */
async function keepProviderId(
  { clock, workDue }: ServerContext,
  transaction: Transaction,
  { merchantId, transactionId, provider }: PaymentTransaction,
  providerChargeId: string,
): Promise<void> {
  const learned = await transaction.query(
    `UPDATE payment_attempts SET provider_charge_id = $4
     WHERE merchant_id = $1 AND transaction_id = $2 AND provider = $3 AND provider_charge_id IS NULL
     RETURNING attempt`,
    [merchantId, transactionId, provider, providerChargeId],
  );
  if (learned.length === 0) return;
  const early = await transaction.query(
    'DELETE FROM early_charges WHERE provider = $1 AND provider_charge_id = $2 RETURNING inbox_id',
    [provider, providerChargeId],
  );
  if (early.length === 0) return;
  const atMs = clock.nowMs();
  await transaction.query(
    'UPDATE payment_transactions SET next_check_at = $3 WHERE merchant_id = $1 AND transaction_id = $2',
    [merchantId, transactionId, new Date(atMs)],
  );
  transaction.afterCommit(() => workDue.announce('check', atMs));
}

/** A charge that was settled or closed starts a new, slower round of checks; an expired one goes on as it was. */
async function planLaterCheck(
  transaction: Transaction,
  payment: PaymentTransaction,
  to: PaymentTransaction['status'],
  atMs: number,
): Promise<void> {
  if (to === 'PENDING' || to === 'EXPIRED') return;
  await transaction.query(
    `UPDATE payment_transactions SET check_count = 0, next_check_at = $3
     WHERE merchant_id = $1 AND transaction_id = $2`,
    [payment.merchantId, payment.transactionId, new Date(atMs + FIRST_LATER_CHECK_MS)],
  );
}

async function announceClosed(
  context: ServerContext,
  transaction: Transaction,
  payment: PaymentTransaction,
  reason: string,
  atMs: number,
): Promise<void> {
  const { sessionId, kioskId } = payment;
  const payload = { sessionId, kioskId, reason };
  await appendFeed(transaction, context.feedWake, payment, 'payment.closed', payload, atMs);
}
