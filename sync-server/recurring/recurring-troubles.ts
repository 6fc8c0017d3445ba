import type { LostReturn, RecurringTroubles } from '../../domain/protocol/recurring.ts';
import type { Queryable } from '../db/database.ts';
import { failedRecurringRefunds } from './recurring-refund-store.ts';

/** A row `b` of `recurring_returns` of which the payer has nothing; refunds of ours that failed are told apart. */
const LOST = `(b.kind = 'refund' AND b.closed_at IS NULL AND b.status = 'failed'
  AND NOT EXISTS (SELECT FROM recurring_refunds f WHERE f.merchant_id = b.merchant_id AND f.refund_id = b.return_id))`;

/** @param limit of each list */
export async function readRecurringTroubles(
  database: Queryable,
  merchantId: string,
  limit: number,
): Promise<RecurringTroubles> {
  const [counts] = await database.query<{ underWay: number; failed: number; lost: number; disputes: number }>(
    `SELECT
       (SELECT count(*)::int FROM recurring_refunds WHERE merchant_id = $1 AND status IN ('requested', 'processing'))
         AS "underWay",
       (SELECT count(*)::int FROM recurring_refunds WHERE merchant_id = $1 AND status = 'failed' AND replaced_by IS NULL)
         AS failed,
       (SELECT count(*)::int FROM recurring_returns b WHERE merchant_id = $1 AND ${LOST}) AS lost,
       (SELECT count(*)::int FROM recurring_returns WHERE merchant_id = $1 AND kind <> 'refund' AND status = 'open')
         AS disputes`,
    [merchantId],
  );
  if (counts === undefined) throw new Error('a query without FROM has one row');
  const disputed = await database.query<{ currency: string; cents: number }>(
    `SELECT currency, sum(amount_cents)::bigint AS cents FROM recurring_returns
     WHERE merchant_id = $1 AND kind <> 'refund' AND status = 'open' GROUP BY currency ORDER BY currency`,
    [merchantId],
  );
  const lostReturns = await database.query<LostReturn & Record<string, unknown>>(
    `SELECT b.receipt_id AS "receiptId", b.return_id AS "returnId", b.provider, r.recurrence_id AS "recurrenceId",
       b.amount_cents AS "amountCents", b.currency, b.reason,
       (extract(epoch FROM b.opened_at) * 1000)::bigint AS "openedAt",
       (extract(epoch FROM b.bounced_at) * 1000)::bigint AS "bouncedAt"
     FROM recurring_returns b JOIN recurring_receipts r USING (merchant_id, receipt_id)
     WHERE b.merchant_id = $1 AND ${LOST} ORDER BY b.opened_at DESC, b.return_id LIMIT $2`,
    [merchantId, limit],
  );
  return {
    refundsUnderWay: counts.underWay,
    refundsFailed: counts.failed + counts.lost,
    disputesOpen: counts.disputes,
    disputed,
    failedRefunds: await failedRecurringRefunds(database, merchantId, limit),
    lostReturns,
  };
}
