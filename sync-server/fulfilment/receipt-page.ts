import type { ReceiptPageState } from '../../domain/protocol/receipt-page.ts';
import { ticketLabel } from '../../domain/ticket-number.ts';
import type { ServerContext } from '../context.ts';
import type { Queryable } from '../db/database.ts';
import type { TransactionKey } from '../payments/payment-transaction.ts';
import { receiptPageHash } from './receipt-page-token.ts';

/** So long after the payment the page takes an address: a paper that is found later is worth nothing. */
const PAGE_LASTS_MS = 7 * 24 * 3600_000;

/** @returns the payment of a page; null where there is no such page, its time is over, or its customer was erased */
export async function findByPageToken(
  { clock }: Pick<ServerContext, 'clock'>,
  database: Queryable,
  token: string,
): Promise<TransactionKey | null> {
  const hash = receiptPageHash(token);
  if (hash === null) return null;
  const [row] = await database.query<TransactionKey & Record<string, unknown>>(
    `SELECT f.merchant_id AS "merchantId", f.transaction_id AS "transactionId"
     FROM fulfilments f JOIN payment_transactions t USING (merchant_id, transaction_id)
     LEFT JOIN customers c ON c.merchant_id = t.merchant_id AND c.customer_id = t.customer_id
     WHERE f.page_sha256 = $1 AND t.paid_at > $2 AND c.erased_at IS NULL`,
    [hash, new Date(clock.nowMs() - PAGE_LASTS_MS)],
  );
  return row === undefined ? null : { merchantId: row.merchantId, transactionId: row.transactionId };
}

/** What the page shows of a payment that was found by its token. */
export async function readReceiptPage(
  database: Queryable,
  { merchantId, transactionId }: TransactionKey,
): Promise<ReceiptPageState> {
  const [row] = await database.query<
    Omit<ReceiptPageState, 'ticketLabel'> & { prefix: string; number: number } & Record<string, unknown>
  >(
    `SELECT m.name AS "merchantName", t.service_name AS "serviceName", t.amount_cents AS "amountCents", t.currency,
       t.service_prefix AS prefix, t.ticket_number AS number, f.contact_sealed IS NOT NULL AS requested
     FROM fulfilments f JOIN payment_transactions t USING (merchant_id, transaction_id)
     JOIN merchants m USING (merchant_id)
     WHERE f.merchant_id = $1 AND f.transaction_id = $2`,
    [merchantId, transactionId],
  );
  if (row === undefined) throw new Error(`fulfilment ${transactionId} does not exist`);
  const { prefix, number, ...state } = row;
  return { ...state, ticketLabel: ticketLabel(prefix, number) };
}
