import type { RefundStatus } from '../../domain/protocol/feed.ts';
import type { RefundList, RefundView } from '../../domain/protocol/refunds.ts';
import type { Queryable } from '../db/database.ts';

/** Of a row of `refunds`. */
export const RETURNED = `CASE WHEN returned_at IS NOT NULL THEN json_build_object('by', returned_by,
  'note', returned_note, 'at', (extract(epoch FROM returned_at) * 1000)::bigint) END AS returned`;

/** Of a row `f` of `refunds`: the money is owed, nothing goes on by itself, and nobody has said that it is settled. */
export const NEEDS_A_PERSON = `(f.replaced_by IS NULL AND f.returned_at IS NULL
  AND (f.status = 'failed' OR f.bounced_at IS NOT NULL))`;

/** The newest first; `total` counts those that the limit leaves out as well. */
export async function listRefunds(
  database: Queryable,
  merchantId: string,
  {
    status,
    limit,
  }: { readonly status?: RefundStatus | 'needs_a_person' | undefined; readonly limit: number },
): Promise<RefundList> {
  const chosen = `FROM refunds f WHERE f.merchant_id = $1 AND ($2::text IS NULL OR f.status = $2
      OR ($2 = 'needs_a_person' AND ${NEEDS_A_PERSON})) AND f.replaced_by IS NULL`;
  const refunds = await database.query<RefundView & Record<string, unknown>>(
    `SELECT f.refund_id AS "refundId", f.transaction_id AS "transactionId", k.label AS "ticketLabel", r.provider,
       f.amount_cents AS "amountCents", coalesce(r.other_currency, t.currency) AS currency, f.reason, f.note, f.status, f.initiated_by AS "initiatedBy",
       f.attempts, f.last_error AS "lastError",
       (extract(epoch FROM f.created_at) * 1000)::bigint AS "createdAt",
       (extract(epoch FROM f.settled_at) * 1000)::bigint AS "settledAt",
       (extract(epoch FROM f.bounced_at) * 1000)::bigint AS "bouncedAt", ${RETURNED}
     FROM (SELECT f.* ${chosen} ORDER BY f.created_at DESC, f.refund_id LIMIT $3) f
     JOIN payment_transactions t USING (merchant_id, transaction_id)
     JOIN receipts r ON r.merchant_id = f.merchant_id AND r.receipt_id = f.receipt_id
     LEFT JOIN tickets k ON k.merchant_id = t.merchant_id AND k.transaction_id = t.transaction_id
     ORDER BY f.created_at DESC, f.refund_id`,
    [merchantId, status ?? null, limit],
  );
  const [count] = await database.query<{ total: number }>(`SELECT count(*)::int AS total ${chosen}`, [
    merchantId,
    status ?? null,
  ]);
  return { refunds, total: count?.total ?? 0 };
}
