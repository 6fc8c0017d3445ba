import type { RefundStatus } from '../../domain/protocol/feed.ts';
import type { RefundCause } from '../../domain/protocol/refunds.ts';
import type { ServerContext } from '../context.ts';
import type { Transaction } from '../db/database.ts';
import { postSale, postUnexpectedMoney } from '../ledger/ledger.ts';
import type { ProviderCharge, ProviderReceipt } from '../providers/provider.ts';
import { lockReceiptNames, releaseFromSuspense, suspenseOf } from '../reconciliation/suspense.ts';
import { postSaleSplit } from '../splits/post-split.ts';
import { type Disposition, type JudgedReceipt, judgeReceipts } from './judge-receipts.ts';
import type { PaymentTransaction } from './payment-transaction.ts';
import { isLate } from './settle.ts';
import { withLaterPayments } from './total-receipts.ts';

export interface RefundRow {
  readonly refundId: string;
  readonly amountCents: number;
  readonly currency: string;
  readonly reason: RefundCause;
  readonly status: RefundStatus;
}

/** What a look at the provider's answer added. */
export interface RecordedReceipts {
  /** The Pix that settles the payment; null when none is new. */
  readonly settling: ProviderReceipt | null;
  readonly refunds: readonly RefundRow[];
  /** Receipts new or old that count for the payment. */
  readonly counted: number;
  /** Receipts in the answer that do not belong to the charge. */
  readonly foreign: number;
}

/**
 * Writes down each Pix that is new, posts it to the ledger, and opens a refund for each that buys nothing. The
 * payment's row is locked by the caller.
 */
export async function recordReceipts(
  context: ServerContext,
  transaction: Transaction,
  payment: PaymentTransaction,
  told: ProviderCharge,
  atMs: number,
): Promise<RecordedReceipts> {
  const charge = { ...told, receipts: await withLaterPayments(transaction, payment, told.receipts) };
  const known = await knownReceipts(transaction, payment, charge);
  const { judged, foreign } = judgeReceipts(
    payment,
    charge,
    known,
    (receipt) => payment.lateMoney === 'refund' && isLate(payment, receipt, charge.expiresAtMs),
  );
  for (const { receipt, reason } of foreign)
    context.log.error(
      { txid: payment.txid, receiptId: receipt.receiptId, reason },
      'a payment was not counted',
    );

  let settling: ProviderReceipt | null = null;
  const refunds: RefundRow[] = [];
  for (const item of judged) {
    if (item.disposition === 'wrong_currency')
      context.log.error(
        { txid: payment.txid, receiptId: item.receipt.receiptId, currency: charge.currency },
        'money came in another currency than was asked for: it goes back',
      );
    await insertReceipt(transaction, payment, item, charge.currency, atMs);
    await releaseFromSuspense(context, transaction, payment, item.receipt.receiptId, atMs);
    const fact = {
      merchantId: payment.merchantId,
      transactionId: payment.transactionId,
      provider: payment.provider,
      amountCents: item.receipt.amountCents,
      currency: charge.currency,
      occurredAtMs: item.receipt.paidAtMs,
      receiptId: item.receipt.receiptId,
    };
    if (item.disposition === 'settles') {
      settling = item.receipt;
      await postSale(context, transaction, fact);
      await postSaleSplit(context, transaction, fact);
    } else {
      await postUnexpectedMoney(context, transaction, fact);
      refunds.push(await openRefund(transaction, payment, fact, item.disposition, atMs));
      transaction.afterCommit(() => context.workDue.announce('refund', atMs));
    }
  }
  return { settling, refunds, counted: known.own.size + judged.length, foreign: foreign.length };
}

/**
 * Of the whole merchant: a Pix that was recorded for another charge counts nowhere else, nor one that a person took out
 * of suspense. What is new is locked by its name, so that a sweep does not put it into suspense meanwhile.
 */
async function knownReceipts(
  transaction: Transaction,
  payment: PaymentTransaction,
  charge: ProviderCharge,
): Promise<{ readonly own: ReadonlySet<string>; readonly others: ReadonlySet<string> }> {
  const ids = charge.receipts.map((receipt) => receipt.receiptId);
  const rows = await transaction.query<{ id: string; own: boolean }>(
    `SELECT receipt_id AS id, transaction_id = $3 AS own FROM receipts
     WHERE merchant_id = $1 AND receipt_id = ANY($2)`,
    [payment.merchantId, ids, payment.transactionId],
  );
  const idsOf = (own: boolean): Set<string> =>
    new Set(rows.filter((row) => row.own === own).map((row) => row.id));
  const own = idsOf(true);
  const unseen = ids.filter((id) => !own.has(id));
  if (unseen.length === 0) return { own, others: idsOf(false) };
  await lockReceiptNames(transaction, unseen);
  const settledBySomebody = (await suspenseOf(transaction, payment.merchantId, unseen)).filter(
    ({ status, resolution }) => status === 'resolved' && resolution !== 'released',
  );
  return { own, others: new Set([...idsOf(false), ...settledBySomebody.map(({ receiptId }) => receiptId)]) };
}

async function insertReceipt(
  transaction: Transaction,
  payment: PaymentTransaction,
  { receipt, disposition }: JudgedReceipt,
  currency: string,
  atMs: number,
): Promise<void> {
  await transaction.query(
    `INSERT INTO receipts
       (merchant_id, receipt_id, transaction_id, amount_cents, paid_at, disposition, raw, recorded_at, provider,
        end_to_end_id, fee_cents, other_currency)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`,
    [
      payment.merchantId,
      receipt.receiptId,
      payment.transactionId,
      receipt.amountCents,
      new Date(receipt.paidAtMs),
      disposition,
      JSON.stringify(receipt),
      new Date(atMs),
      payment.provider,
      receipt.endToEndId,
      receipt.feeCents,
      disposition === 'wrong_currency' ? currency : null,
    ],
  );
}

async function openRefund(
  transaction: Transaction,
  payment: PaymentTransaction,
  receipt: Pick<ProviderReceipt, 'receiptId' | 'amountCents'> & { readonly currency: string },
  reason: Exclude<Disposition, 'settles'>,
  atMs: number,
): Promise<RefundRow> {
  const refund = {
    refundId: refundIdOf(receipt.receiptId),
    amountCents: receipt.amountCents,
    currency: receipt.currency,
    reason,
    status: 'requested',
  } as const;
  await transaction.query(
    `INSERT INTO refunds (merchant_id, refund_id, receipt_id, transaction_id, amount_cents, reason, status,
       next_attempt_at, created_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8)`,
    [
      payment.merchantId,
      refund.refundId,
      receipt.receiptId,
      payment.transactionId,
      refund.amountCents,
      refund.reason,
      refund.status,
      new Date(atMs),
    ],
  );
  return refund;
}

/**
 * Made from the receipt, so that it is sent back once: of a Pix 33 characters of `[a-zA-Z0-9]`, API Pix allows 35.
 */
export function refundIdOf(receiptId: string): string {
  return `R${receiptId}`.replace(/[^a-zA-Z0-9_]/g, '_');
}
