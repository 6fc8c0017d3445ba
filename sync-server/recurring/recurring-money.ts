import type { ServerContext } from '../context.ts';
import type { Transaction } from '../db/database.ts';
import { postRecurringIncome } from '../ledger/ledger.ts';
import type { ProviderReceipt } from '../providers/provider.ts';
import type { ProviderRecurrence } from '../providers/recurrence.ts';
import { lockReceiptNames, releaseFromSuspense, suspenseOf } from '../reconciliation/suspense.ts';
import type { RecurrenceKey } from './keep-recurrence.ts';

/**
 * Money of a recurring charge buys no ticket: it is income of its own, posted once by the receipt's name, whoever told
 * of it first. What a sweep held in suspense meanwhile leaves it; what a person took out of there is left alone.
 */
export async function recordRecurringMoney(
  context: ServerContext,
  transaction: Transaction,
  key: RecurrenceKey,
  { currency, receipts }: Pick<ProviderRecurrence, 'currency' | 'receipts'>,
  atMs: number,
): Promise<void> {
  const money = receipts.filter(({ amountCents }) => amountCents > 0);
  if (money.length === 0) return;
  const { merchantId, provider } = key;
  await lockReceiptNames(
    transaction,
    money.map(({ receiptId }) => receiptId),
  );
  for (const receipt of money) {
    const place = await placeOf(transaction, merchantId, receipt);
    const written = await transaction.query(
      `INSERT INTO recurring_receipts (merchant_id, receipt_id, provider, kind, recurrence_id, end_to_end_id, txid,
         amount_cents, currency, paid_at, recorded_at, place)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) ON CONFLICT DO NOTHING RETURNING receipt_id`,
      [
        merchantId,
        receipt.receiptId,
        provider,
        key.kind,
        key.id,
        receipt.endToEndId,
        receipt.txid,
        receipt.amountCents,
        currency,
        new Date(receipt.paidAtMs),
        new Date(atMs),
        place,
      ],
    );
    if (written.length === 0 || place === 'elsewhere') continue;
    await releaseFromSuspense(
      context,
      transaction,
      { merchantId, transactionId: null },
      receipt.receiptId,
      atMs,
    );
    await postRecurringIncome(context, transaction, {
      merchantId,
      provider,
      transactionId: null,
      amountCents: receipt.amountCents,
      currency,
      occurredAtMs: receipt.paidAtMs,
      receiptId: receipt.receiptId,
    });
  }
}

/** The names are locked: nobody gives it another place meanwhile. */
async function placeOf(
  transaction: Transaction,
  merchantId: string,
  { receiptId }: ProviderReceipt,
): Promise<'income' | 'elsewhere'> {
  const sales = await transaction.query('SELECT 1 FROM receipts WHERE merchant_id = $1 AND receipt_id = $2', [
    merchantId,
    receiptId,
  ]);
  const [held] = await suspenseOf(transaction, merchantId, [receiptId]);
  const isTakenOut = held?.status === 'resolved' && held.resolution !== 'released';
  return sales.length > 0 || isTakenOut ? 'elsewhere' : 'income';
}
