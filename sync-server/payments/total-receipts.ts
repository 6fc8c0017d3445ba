import type { Transaction } from '../db/database.ts';
import type { ProviderReceipt } from '../providers/provider.ts';
import type { PaymentTransaction } from './payment-transaction.ts';

/** Between the name of a charge's first receipt and the total by which a later one was seen. */
const MARK = ':total:';

/** SQL: the name of the first receipt of the charge that a receipt is of. */
export function firstReceiptOf(column: string): string {
  return `split_part(${column}, '${MARK}', 1)`;
}

/**
 * A provider that keeps one amount for each charge tells of a later payment by a higher total alone. What is more than is
 * known is a receipt of its own, named by charge and total, so that the same total is the same receipt. A total that fell
 * is no money. The payment's row is locked by the caller.
 */
export async function withLaterPayments(
  transaction: Transaction,
  { merchantId, transactionId }: PaymentTransaction,
  receipts: readonly ProviderReceipt[],
): Promise<ProviderReceipt[]> {
  const read: ProviderReceipt[] = [];
  for (const { isTotal, ...receipt } of receipts) {
    const knownCents = isTotal === true ? await knownCentsOf(receipt.receiptId) : 0;
    read.push(
      knownCents === 0 || receipt.amountCents <= knownCents
        ? receipt
        : {
            ...receipt,
            receiptId: `${receipt.receiptId}${MARK}${receipt.amountCents}`,
            endToEndId: null,
            amountCents: receipt.amountCents - knownCents,
            feeCents: null,
          },
    );
  }
  return read;

  async function knownCentsOf(receiptId: string): Promise<number> {
    const [known] = await transaction.query<{ cents: number }>(
      `SELECT coalesce(sum(amount_cents), 0)::bigint AS cents FROM receipts
       WHERE merchant_id = $1 AND transaction_id = $2 AND ${firstReceiptOf('receipt_id')} = $3`,
      [merchantId, transactionId, receiptId],
    );
    return known?.cents ?? 0;
  }
}
