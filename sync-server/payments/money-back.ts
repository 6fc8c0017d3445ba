import { type CanonicalStatus, isSettled, STATUS_RANK } from '../../domain/payment-status.ts';
import type { ServerContext } from '../context.ts';
import type { Transaction } from '../db/database.ts';
import { postDispute, postDisputeEnd, postRefund, postRefundBounced } from '../ledger/ledger.ts';
import type { ProviderCharge, ProviderChargeRefund, ProviderDispute } from '../providers/provider.ts';
import { postSplitReturns } from '../splits/post-split.ts';
import { changeStatus, type TransitionCause } from './change-status.ts';
import type { PaymentTransaction } from './payment-transaction.ts';
import { firstReceiptOf } from './total-receipts.ts';

/**
 * Writes down what the provider, or the payer's bank, took back by itself: refunds made by hand in the provider's
 * pages, a bank's clawback, a dispute. Told again, nothing is written twice; a dispute moves on from open to its end,
 * and no further. The payment's row is locked by the caller, its receipts are recorded.
 */
export async function recordMoneyBack(
  context: ServerContext,
  transaction: Transaction,
  payment: PaymentTransaction,
  charge: Pick<ProviderCharge, 'refunds' | 'disputes'>,
  atMs: number,
): Promise<void> {
  const isMoney = (told: ProviderChargeRefund | ProviderDispute): boolean => {
    if (told.amountCents > 0) return true;
    context.log.error(
      { receiptId: told.receiptId },
      'the provider took back nothing, as it says: passed over',
    );
    return false;
  };
  for (const refund of charge.refunds.filter(isMoney))
    if (refund.status === 'refused') await noteBounced(context, transaction, payment, refund, atMs);
  for (const refund of charge.refunds.filter(isMoney))
    if (refund.isTotal === true) await recordRest(context, transaction, payment, refund, atMs);
    else if (refund.initiatedBy === 'provider')
      await recordRefund(context, transaction, payment, refund, atMs);
  for (const dispute of charge.disputes.filter(isMoney))
    await recordDispute(context, transaction, payment, dispute, atMs);
}

/**
 * Of a total: what is more than all refunds of the charge that are known, ours in whatever state, went back without us. One that
 * another took the place of did not go back.
 */
async function recordRest(
  context: ServerContext,
  transaction: Transaction,
  payment: PaymentTransaction,
  total: ProviderChargeRefund,
  atMs: number,
): Promise<void> {
  const [known] = await transaction.query<{ cents: number }>(
    `SELECT coalesce(sum(amount_cents), 0)::bigint AS cents FROM refunds
     WHERE merchant_id = $1 AND transaction_id = $2 AND ${firstReceiptOf('receipt_id')} = $3 AND replaced_by IS NULL`,
    [payment.merchantId, payment.transactionId, total.receiptId],
  );
  const restCents = total.amountCents - (known?.cents ?? 0);
  if (restCents <= 0) return;
  const rest = {
    ...total,
    refundId: `${total.refundId}:${total.amountCents}`,
    amountCents: restCents,
  };
  await recordRefund(context, transaction, payment, rest, atMs);
}

async function recordRefund(
  context: ServerContext,
  transaction: Transaction,
  payment: PaymentTransaction,
  refund: ProviderChargeRefund,
  atMs: number,
): Promise<void> {
  const status = refund.status === 'refused' ? 'failed' : refund.status;
  const refundId = await ownName(transaction, payment, refund);
  const [receipt] = await transaction.query<{ leftCents: number; otherCurrency: string | null }>(
    `SELECT other_currency AS "otherCurrency", amount_cents - coalesce((SELECT sum(amount_cents)::bigint FROM refunds f
         WHERE f.merchant_id = $1 AND f.receipt_id = $2 AND f.status = 'settled' AND f.refund_id <> $3), 0)
       AS "leftCents"
     FROM receipts WHERE merchant_id = $1 AND receipt_id = $2`,
    [payment.merchantId, refund.receiptId, refundId],
  );
  if (receipt !== undefined && refund.amountCents > receipt.leftCents) {
    context.log.error(
      { refundId, receiptId: refund.receiptId },
      'more went back than came, as the provider says: passed over',
    );
    return;
  }
  const [changed] = await transaction.query<{ status: string; disposition: string }>(
    `WITH receipt AS (
       SELECT merchant_id, receipt_id, disposition FROM receipts
       WHERE merchant_id = $1 AND receipt_id = $3 AND transaction_id = $4),
     kept AS (
       INSERT INTO refunds AS known (merchant_id, refund_id, receipt_id, transaction_id, amount_cents, reason, status,
         provider_status, initiated_by, created_at, settled_at)
       SELECT merchant_id, $2, receipt_id, $4, $5, 'by_provider', $6, $7, 'provider', $8,
         CASE WHEN $6 = 'settled' THEN $8::timestamptz END FROM receipt
       ON CONFLICT (merchant_id, refund_id) DO UPDATE SET status = excluded.status, amount_cents = excluded.amount_cents,
         provider_status = excluded.provider_status, settled_at = excluded.settled_at
         WHERE known.initiated_by = 'provider' AND known.receipt_id = excluded.receipt_id AND known.bounced_at IS NULL
           AND known.status NOT IN ('settled', excluded.status)
       RETURNING status)
     SELECT kept.status, receipt.disposition FROM kept, receipt`,
    [
      payment.merchantId,
      refundId,
      refund.receiptId,
      payment.transactionId,
      refund.amountCents,
      status,
      refund.providerStatus,
      new Date(atMs),
    ],
  );
  if (changed?.status !== 'settled') return;
  await postRefund(context, transaction, {
    ...payment,
    amountCents: refund.amountCents,
    currency: receipt?.otherCurrency ?? payment.currency,
    refundId,
    ofSale: changed.disposition === 'settles',
    occurredAtMs: atMs,
  });
}

/**
 * It was told as settled, and came back to the provider, as when the payer's card is no more: the provider holds the money
 * again, the payer has nothing, and a person has to see to it. It never settles again, whatever is told late: what is sent
 * once more has an id of its own.
 */
async function noteBounced(
  context: ServerContext,
  transaction: Transaction,
  payment: PaymentTransaction,
  { refundId, receiptId, providerStatus }: ProviderChargeRefund,
  atMs: number,
): Promise<void> {
  const [bounced] = await transaction.query<BouncedRefund>(
    `UPDATE refunds f SET bounced_at = $4, status = 'failed', refused = true, settled_at = NULL, provider_status = $5,
       last_error = 'came back to the provider after it had arrived', attempts = attempts + 1, next_attempt_at = NULL
     FROM receipts r
     WHERE f.merchant_id = $1 AND f.refund_id IN ($2, $3 || ':' || $2) AND f.receipt_id = $3 AND f.status = 'settled'
       AND f.returned_at IS NULL AND r.merchant_id = f.merchant_id AND r.receipt_id = f.receipt_id
       AND f.transaction_id = $6
     RETURNING f.refund_id AS "refundId", f.amount_cents AS "amountCents", r.disposition = 'settles' AS "ofSale",
       r.other_currency AS "otherCurrency"`,
    [payment.merchantId, refundId, receiptId, new Date(atMs), providerStatus, payment.transactionId],
  );
  if (bounced === undefined) return;
  context.log.error({ refundId, receiptId }, 'a refund that had arrived came back');
  const { otherCurrency, ...fact } = bounced;
  await postRefundBounced(context, transaction, {
    ...payment,
    ...fact,
    currency: otherCurrency ?? payment.currency,
    occurredAtMs: atMs,
  });
}

interface BouncedRefund extends Record<string, unknown> {
  readonly refundId: string;
  readonly amountCents: number;
  readonly ofSale: boolean;
  readonly otherCurrency: string | null;
}

/** A provider's names may be unique within one receipt alone: one that is another receipt's here already is made longer. */
async function ownName(
  transaction: Transaction,
  { merchantId }: Pick<PaymentTransaction, 'merchantId'>,
  { refundId, receiptId }: Pick<ProviderChargeRefund, 'refundId' | 'receiptId'>,
): Promise<string> {
  const taken = await transaction.query(
    'SELECT FROM refunds WHERE merchant_id = $1 AND refund_id = $2 AND receipt_id <> $3',
    [merchantId, refundId, receiptId],
  );
  return taken.length === 0 ? refundId : `${receiptId}:${refundId}`;
}

async function recordDispute(
  context: ServerContext,
  transaction: Transaction,
  payment: PaymentTransaction,
  dispute: ProviderDispute,
  atMs: number,
): Promise<void> {
  const [before] = await transaction.query<{ status: string }>(
    'SELECT status FROM disputes WHERE merchant_id = $1 AND dispute_id = $2',
    [payment.merchantId, dispute.disputeId],
  );
  if (before !== undefined && before.status !== 'open') return;
  const [kept] = await transaction.query<{ cents: number; ofSale: boolean; otherCurrency: string | null }>(
    `INSERT INTO disputes (merchant_id, dispute_id, receipt_id, transaction_id, kind, status, amount_cents, reason,
       opened_at, closed_at)
     SELECT merchant_id, $2, receipt_id, $4, $5, $6, least($7::bigint, amount_cents), $8, $9, CASE WHEN $6 <> 'open' THEN $10::timestamptz END
     FROM receipts WHERE merchant_id = $1 AND receipt_id = $3 AND transaction_id = $4
     ON CONFLICT (merchant_id, dispute_id) DO UPDATE SET status = excluded.status, closed_at = excluded.closed_at
     RETURNING amount_cents AS cents, (SELECT disposition = 'settles' FROM receipts r
         WHERE r.merchant_id = disputes.merchant_id AND r.receipt_id = disputes.receipt_id) AS "ofSale",
       (SELECT other_currency FROM receipts r
         WHERE r.merchant_id = disputes.merchant_id AND r.receipt_id = disputes.receipt_id) AS "otherCurrency"`,
    [
      payment.merchantId,
      dispute.disputeId,
      dispute.receiptId,
      payment.transactionId,
      dispute.kind,
      dispute.status,
      dispute.amountCents,
      dispute.reason.slice(0, 200),
      new Date(dispute.openedAtMs),
      new Date(atMs),
    ],
  );
  if (kept === undefined) {
    context.log.error(
      { disputeId: dispute.disputeId, receiptId: dispute.receiptId },
      'a dispute of an unknown receipt',
    );
    return;
  }
  // What ends is what was opened, whatever the provider says of its amount by then; and never more than came.
  const fact = {
    ...payment,
    amountCents: kept.cents,
    currency: kept.otherCurrency ?? payment.currency,
    disputeId: dispute.disputeId,
    ofSale: kept.ofSale,
  };
  if (before === undefined) {
    context.log.error({ disputeId: dispute.disputeId, kind: dispute.kind }, 'a payment is disputed');
    await postDispute(context, transaction, { ...fact, occurredAtMs: dispute.openedAtMs });
  }
  if (dispute.status !== 'open')
    await postDisputeEnd(context, transaction, { ...fact, outcome: dispute.status, occurredAtMs: atMs });
}

/**
 * The status that a settled payment has by what went back of the money that settled it, and the parts of others that
 * went with it. It is summed from the refunds
 * and disputes anew each time, so that the order in which they are told does not matter.
 */
export async function followMoneyBack(
  context: Pick<ServerContext, 'clock' | 'randomBytes' | 'workDue'>,
  transaction: Transaction,
  payment: PaymentTransaction,
  status: CanonicalStatus,
  cause: TransitionCause,
  atMs: number,
): Promise<void> {
  if (!isSettled(status)) return;
  const [sums] = await transaction.query<{ returned: number; disputed: boolean }>(
    `SELECT (SELECT coalesce(sum(f.amount_cents), 0)::bigint FROM refunds f JOIN receipts r USING (merchant_id, receipt_id)
        WHERE f.merchant_id = $1 AND f.transaction_id = $2 AND f.status = 'settled' AND r.disposition = 'settles')
        AS returned,
       EXISTS (SELECT FROM disputes d JOIN receipts r USING (merchant_id, receipt_id)
         WHERE d.merchant_id = $1 AND d.transaction_id = $2 AND d.status <> 'won' AND r.disposition = 'settles')
         AS disputed`,
    [payment.merchantId, payment.transactionId],
  );
  if (sums === undefined) throw new Error('a query without FROM has one row');
  await postSplitReturns(context, transaction, payment, atMs);
  const to = statusByMoney(sums, payment.amountCents);
  if (to === status) return;
  if (status === 'CHARGEBACK')
    await changeStatus(transaction, { ...payment, status }, 'SUCCEEDED', cause, atMs, 'dispute_won');
  const from = status === 'CHARGEBACK' ? 'SUCCEEDED' : status;
  const isLess = STATUS_RANK[to] < STATUS_RANK[from];
  const by = isLess ? 'refund_bounced' : 'provider_message';
  await changeStatus(transaction, { ...payment, status: from }, to, cause, atMs, by);
  transaction.afterCommit(() => context.workDue.announce('mark', atMs));
}

export function statusByMoney(
  { returned, disputed }: { readonly returned: number; readonly disputed: boolean },
  amountCents: number,
): CanonicalStatus {
  if (disputed) return 'CHARGEBACK';
  if (returned <= 0) return 'SUCCEEDED';
  return returned < amountCents ? 'PARTIALLY_REFUNDED' : 'REFUNDED';
}
