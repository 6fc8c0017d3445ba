import type { AuditReport } from '../../domain/protocol/audit.ts';
import type { Queryable } from '../db/database.ts';
import { moneyOf } from './audit-sql.ts';

type MoneySections = Pick<AuditReport, 'unwantedMoney' | 'refunds' | 'disputes' | 'suspense' | 'deadLetters'>;

/** What the report says of money that bought nothing, went back, is disputed or is nobody's. */
export async function auditMoney(
  database: Queryable,
  merchantId: string,
  nowMs: number,
): Promise<MoneySections> {
  const parameters = [merchantId];
  const unwantedMoney = await database.query<MoneySections['unwantedMoney'][number]>(
    `WITH came AS (
       SELECT CASE WHEN r.disposition = 'settles' THEN 'late_kept' ELSE r.disposition END AS disposition,
         r.amount_cents, coalesce(r.other_currency, t.currency) AS currency, r.recorded_at AS at,
         r.disposition <> 'settles' AND r.amount_cents > coalesce((
           SELECT sum(f.amount_cents) FROM refunds f
           WHERE f.merchant_id = r.merchant_id AND f.receipt_id = r.receipt_id AND f.status = 'settled'), 0) AS waits
       FROM receipts r JOIN payment_transactions t USING (merchant_id, transaction_id)
       WHERE r.merchant_id = $1 AND (r.disposition <> 'settles' OR t.late))
     SELECT disposition, ${moneyOf('at')} AS all, ${moneyOf('at', 'waits')} AS waiting
     FROM came GROUP BY disposition ORDER BY disposition`,
    parameters,
  );
  const refunds = await database.query<MoneySections['refunds'][number]>(
    `SELECT status, reason, ${moneyOf('created_at')} AS money FROM (
       SELECT f.status, f.reason, f.amount_cents, coalesce(r.other_currency, t.currency) AS currency, f.created_at
       FROM refunds f JOIN receipts r USING (merchant_id, receipt_id)
         JOIN payment_transactions t ON t.merchant_id = f.merchant_id AND t.transaction_id = f.transaction_id
       WHERE f.merchant_id = $1 AND f.replaced_by IS NULL) AS refunds
     GROUP BY status, reason ORDER BY status, reason`,
    parameters,
  );
  const disputes = await database.query<MoneySections['disputes'][number]>(
    `SELECT status, kind, ${moneyOf('opened_at')} AS money FROM (
       SELECT d.status, d.kind, d.amount_cents, coalesce(r.other_currency, t.currency) AS currency, d.opened_at
       FROM disputes d JOIN receipts r USING (merchant_id, receipt_id)
         JOIN payment_transactions t ON t.merchant_id = d.merchant_id AND t.transaction_id = d.transaction_id
       WHERE d.merchant_id = $1) AS disputes
     GROUP BY status, kind ORDER BY status, kind`,
    parameters,
  );
  // The whole server's: a webhook that nobody could read belongs to no merchant.
  const deadLetters = await database.query<MoneySections['deadLetters'][number]>(
    `SELECT provider, count(*)::int AS count, floor(extract(epoch FROM min(received_at)) * 1000)::bigint AS "oldestAt"
     FROM webhook_inbox WHERE status = 'dead' GROUP BY provider ORDER BY count DESC, provider`,
  );
  return {
    unwantedMoney,
    refunds,
    disputes,
    suspense: await auditSuspense(database, merchantId, nowMs),
    deadLetters,
  };
}

async function auditSuspense(
  database: Queryable,
  merchantId: string,
  nowMs: number,
): Promise<MoneySections['suspense']> {
  const OPEN =
    "SELECT owner, amount_cents, currency, found_at FROM suspense_items WHERE merchant_id = $1 AND status = 'open'";
  const [open] = await database.query<{ money: MoneySections['suspense']['open'] }>(
    `SELECT ${moneyOf('found_at')} AS money FROM (${OPEN}) AS items`,
    [merchantId],
  );
  if (open === undefined) throw new Error('an aggregate without groups always gives a row');
  const ages = await database.query<MoneySections['suspense']['ages'][number]>(
    `SELECT age, ${moneyOf('found_at')} AS money FROM (
       SELECT *, CASE WHEN found_at > $2::timestamptz - interval '24 hours' THEN 'under_1_day'
         WHEN found_at > $2::timestamptz - interval '168 hours' THEN '1_to_7_days'
         WHEN found_at > $2::timestamptz - interval '720 hours' THEN '7_to_30_days' ELSE 'over_30_days' END AS age
       FROM (${OPEN}) AS items) AS aged
     GROUP BY age ORDER BY max(found_at) DESC`,
    [merchantId, new Date(nowMs)],
  );
  const owners = await database.query<MoneySections['suspense']['owners'][number]>(
    `SELECT owner, ${moneyOf('found_at')} AS money FROM (${OPEN}) AS items GROUP BY owner ORDER BY owner NULLS FIRST`,
    [merchantId],
  );
  return { open: open.money, ages, owners };
}
