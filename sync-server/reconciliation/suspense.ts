import type { SuspenseReason, SuspenseResolution } from '../../domain/protocol/reconciliation.ts';
import type { ServerContext } from '../context.ts';
import type { Queryable, Transaction } from '../db/database.ts';
import { postSuspense, postSuspenseResolved } from '../ledger/ledger.ts';
import type { ProviderReceipt } from '../providers/provider.ts';

/** Money of which nobody knows yet what it is for. */
export interface UnplacedReceipt {
  readonly merchantId: string;
  readonly provider: string;
  readonly receipt: Omit<ProviderReceipt, 'feeCents'>;
  readonly foundBy: 'sweep' | 'statement';
  readonly reason: SuspenseReason;
  readonly suggestedReceiptId: string | null;
}

/** One row, as far as what is done with it hangs on it. */
export interface SuspenseRow {
  readonly receiptId: string;
  readonly provider: string;
  readonly amountCents: number;
  readonly currency: string;
  readonly status: 'open' | 'resolved';
  readonly resolution: SuspenseResolution | null;
  readonly round: number;
  readonly refundStatus: 'requested' | 'processing' | 'settled' | 'failed' | null;
}

/**
 * Locks receipts by their names until the commit, known here or not: a charge that tells of one and a sweep that finds
 * it take turns, so that it gets one place. Several in one order always.
 */
export async function lockReceiptNames(
  transaction: Transaction,
  receiptIds: readonly string[],
): Promise<void> {
  await transaction.query(
    `SELECT pg_advisory_xact_lock(hashtextextended(id, 0)) FROM (SELECT unnest($1::text[]) AS id ORDER BY 1) AS names`,
    [receiptIds],
  );
}

/** What of these stands in suspense, or stood; the rows are locked until the commit. */
export function suspenseOf(
  transaction: Transaction,
  merchantId: string,
  receiptIds: readonly string[],
): Promise<SuspenseRow[]> {
  return transaction.query<SuspenseRow & Record<string, unknown>>(
    `SELECT receipt_id AS "receiptId", provider, amount_cents AS "amountCents", currency, status, resolution, round,
       refund_status AS "refundStatus"
     FROM suspense_items WHERE merchant_id = $1 AND receipt_id = ANY($2) ORDER BY receipt_id FOR UPDATE`,
    [merchantId, receiptIds],
  );
}

/**
 * Writes the money down as held in suspense, once, and posts it; a receipt that has a charge, or stands there already,
 * is left as it is.
 * @returns whether it is new
 */
export function putInSuspense(context: ServerContext, unplaced: UnplacedReceipt): Promise<boolean> {
  const { merchantId, provider, receipt, foundBy, reason, suggestedReceiptId } = unplaced;
  const atMs = context.clock.nowMs();
  return context.db.transaction(async (transaction) => {
    await lockReceiptNames(transaction, [receipt.receiptId]);
    const written = await transaction.query(
      `INSERT INTO suspense_items (merchant_id, receipt_id, provider, end_to_end_id, txid, pix_key, amount_cents, currency,
         paid_at, found_at, found_by, reason, suggested_receipt_id, status)
       SELECT $1, $2, $3, $4, $5, $6, $7, 'BRL', $8, $9, $10, $11, $12, 'open'
       WHERE NOT EXISTS (SELECT FROM receipts WHERE merchant_id = $1 AND receipt_id = $2)
         AND NOT EXISTS (SELECT FROM recurring_receipts WHERE provider = $3 AND receipt_id = $2)
       ON CONFLICT DO NOTHING RETURNING receipt_id`,
      [
        merchantId,
        receipt.receiptId,
        provider,
        receipt.endToEndId,
        receipt.txid,
        receipt.pixKey,
        receipt.amountCents,
        new Date(receipt.paidAtMs),
        new Date(atMs),
        foundBy,
        reason,
        suggestedReceiptId,
      ],
    );
    if (written.length === 0) return false;
    await postSuspense(context, transaction, {
      merchantId,
      provider,
      transactionId: null,
      amountCents: receipt.amountCents,
      currency: 'BRL',
      occurredAtMs: receipt.paidAtMs,
      receiptId: receipt.receiptId,
    });
    transaction.afterCommit(() =>
      context.log.warn({ receiptId: receipt.receiptId, provider, reason }, 'money of no charge: in suspense'),
    );
    return true;
  });
}

/** A charge, a sale's or a recurring one, told of the money after all: it leaves suspense as it came, and is judged as any receipt. */
export async function releaseFromSuspense(
  context: Pick<ServerContext, 'clock' | 'randomBytes'>,
  transaction: Transaction,
  { merchantId, transactionId }: { readonly merchantId: string; readonly transactionId: string | null },
  receiptId: string,
  atMs: number,
): Promise<void> {
  const [item] = await transaction.query<SuspenseRow & Record<string, unknown>>(
    `UPDATE suspense_items SET status = 'resolved', resolution = 'released', round = round + 1, transaction_id = $3,
       resolved_at = $4
     WHERE merchant_id = $1 AND receipt_id = $2 AND status = 'open'
     RETURNING provider, amount_cents AS "amountCents", currency, round`,
    [merchantId, receiptId, transactionId, new Date(atMs)],
  );
  if (item === undefined) return;
  await postSuspenseResolved(context, transaction, {
    ...item,
    merchantId,
    transactionId,
    receiptId,
    occurredAtMs: atMs,
    resolution: 'released',
  });
}

/** Which of these receipts have their place already: with a charge, or in suspense. */
export async function placedReceipts(
  database: Queryable,
  merchantId: string,
  receiptIds: readonly string[],
): Promise<ReadonlySet<string>> {
  const rows = await database.query<{ id: string }>(
    `SELECT receipt_id AS id FROM receipts WHERE merchant_id = $1 AND receipt_id = ANY($2)
     UNION SELECT receipt_id FROM suspense_items WHERE merchant_id = $1 AND receipt_id = ANY($2)
     UNION SELECT receipt_id FROM recurring_receipts WHERE merchant_id = $1 AND receipt_id = ANY($2)`,
    [merchantId, receiptIds],
  );
  return new Set(rows.map(({ id }) => id));
}
