import { afterAll, beforeAll, expect, test } from 'vitest';
import type { AuditMoney, AuditReport } from '../../domain/protocol/audit.ts';
import { DEMO_MERCHANT_ID } from '../catalog/demo-shop.ts';
import { seedShop } from '../testing/test-context.ts';
import { createTestDatabase, type TestDatabase } from '../testing/test-database.ts';
import { readAuditReport } from './audit-report.ts';
import { writeRandomBooks } from './testing/random-books.ts';

const NOW = Date.UTC(2026, 2, 10, 12);

let database: TestDatabase;
let report: AuditReport;

beforeAll(async () => {
  database = await createTestDatabase();
  await seedShop(database.db, NOW);
  await writeRandomBooks(database.db, NOW);
  report = await readAuditReport(database.db, DEMO_MERCHANT_ID, NOW);
});
afterAll(() => database.close());

/** All payments, without the view that the report reads. */
const PAYMENTS = `(SELECT provider, status, created_at, paid_at, amount_cents, currency, customer_id FROM payment_transactions
  UNION ALL SELECT provider, status, created_at, paid_at, amount_cents, currency, customer_id FROM adopted_transactions) AS p`;
const LAST_WEEK = `extract(epoch FROM $1::timestamptz - created_at) >= 0 AND extract(epoch FROM $1::timestamptz - created_at) < 604800`;
const ENDED = `(paid_at IS NOT NULL OR status = 'FAILED' OR status = 'EXPIRED' OR status = 'CANCELED')`;
const ms = (duration: string): string => `greatest(round(1000 * extract(epoch FROM ${duration})), 0)`;
/** The value that the share of a sorted list ends at: without percentile_disc. */
const nth = (share: number, values: string): string =>
  `(array_agg(${values} ORDER BY ${values}) FILTER (WHERE ${values} IS NOT NULL))[ceil(${share} * count(${values}))]::float8`;
const CURRENCY = `coalesce(r.other_currency, (SELECT t.currency FROM payment_transactions t WHERE t.transaction_id = r.transaction_id))`;
const oldest = (at: string): string => `floor(extract(epoch FROM min(${at})) * 1000)::bigint`;

const NO_TICKET = `(SELECT * FROM payment_transactions WHERE status IN ('SUCCEEDED', 'PARTIALLY_REFUNDED', 'CHARGEBACK')
  AND transaction_id NOT IN (SELECT transaction_id FROM tickets WHERE transaction_id IS NOT NULL)) AS t`;

/** One line for each currency, as SQL groups it. */
function lines(names: readonly string[], money: AuditMoney): unknown[][] {
  return money.cents.map(({ currency, cents }) => [...names, currency, cents]);
}

const FIGURES: readonly (readonly [name: string, sql: string, told: (report: AuditReport) => unknown[][]])[] =
  [
    [
      'fill rates',
      `SELECT count(*), count(customer_id), round(100.0 * count(customer_id) / count(*), 2)::float8,
       sum((provider <> 'a bank that is gone')::int), sum((status <> 'approved')::int) FROM ${PAYMENTS}
     UNION ALL SELECT count(*), count(customer_id), round(100.0 * count(customer_id) / count(*), 2)::float8,
       sum((provider <> 'a bank that is gone')::int), sum((status <> 'approved')::int) FROM ${PAYMENTS} WHERE ${LAST_WEEK}`,
      ({ fillRates }) =>
        [fillRates.overall, fillRates.last7Days].map(({ transactions, customer, provider, status }) => [
          ...[transactions, customer.have, customer.percent, provider.have, status.have],
        ]),
    ],
    [
      'transactions without customer',
      `SELECT provider, count(*), count(*) - count(customer_id) FROM ${PAYMENTS} GROUP BY 1`,
      ({ withoutCustomer }) => withoutCustomer.map((one) => [one.provider, one.transactions, one.without]),
    ],
    [
      'saved methods',
      `SELECT provider, sum((status = 'used')::int), sum((status = 'saved')::int), count(DISTINCT customer_id)
     FROM customer_payment_methods GROUP BY 1`,
      ({ savedMethods }) => savedMethods.map((one) => [one.provider, one.used, one.saved, one.customers]),
    ],
    [
      'success of providers',
      `SELECT provider, count(*) FILTER (WHERE ${ENDED}), count(paid_at), count(*) FILTER (WHERE ${ENDED} AND ${LAST_WEEK}),
       count(paid_at) FILTER (WHERE ${LAST_WEEK}) FROM ${PAYMENTS} GROUP BY 1`,
      ({ providers }) =>
        providers.map(({ provider, succeeded, succeededLast7Days: week }) => [
          ...[provider, succeeded.of, succeeded.have, week.of, week.have],
        ]),
    ],
    [
      'volume of providers',
      `SELECT provider, currency, sum(amount_cents)::bigint FROM ${PAYMENTS} WHERE paid_at IS NOT NULL GROUP BY 1, 2`,
      ({ providers }) =>
        providers.flatMap(({ provider, volume }) => volume.map((sum) => [provider, sum.currency, sum.cents])),
    ],
    [
      'latency of providers',
      `SELECT provider, ${nth(0.5, 'webhook')}, ${nth(0.95, 'webhook')}, count(*) - count(webhook), ${nth(0.5, 'back')}, ${nth(0.95, 'back')}
     FROM (SELECT provider, CASE WHEN first_webhook_at IS NOT NULL THEN ${ms('first_webhook_at - paid_at')} END AS webhook,
       ${ms('recorded_at - coalesce(first_webhook_at, paid_at)')} AS back FROM receipts) AS r GROUP BY 1`,
      ({ providers }) =>
        providers.map((one) => [
          ...[
            one.provider,
            one.webhookP50Ms,
            one.webhookP95Ms,
            one.withoutWebhook,
            one.readBackP50Ms,
            one.readBackP95Ms,
          ],
        ]),
    ],
    [
      'paid without ticket, by currency',
      `SELECT currency, sum(amount_cents)::bigint FROM ${NO_TICKET} GROUP BY 1`,
      ({ paidWithoutTicket }) => lines([], paidWithoutTicket),
    ],
    [
      'paid without ticket',
      `SELECT count(*), ${oldest('paid_at')} FROM ${NO_TICKET}`,
      ({ paidWithoutTicket: { count, oldestAt } }) => [[count, oldestAt]],
    ],
    [
      'tickets without payment',
      `SELECT count(*) FROM tickets WHERE transaction_id IN (SELECT transaction_id FROM payment_transactions WHERE paid_at IS NULL)`,
      ({ ticketsWithoutPayment }) => [[ticketsWithoutPayment.count]],
    ],
    [
      'money that waits',
      `SELECT disposition, ${CURRENCY}, sum(amount_cents)::bigint FROM receipts r WHERE disposition <> 'settles' AND NOT EXISTS (
       SELECT FROM refunds f WHERE f.receipt_id = r.receipt_id AND f.status = 'settled' AND f.amount_cents >= r.amount_cents) GROUP BY 1, 2`,
      ({ unwantedMoney }) =>
        unwantedMoney.flatMap(({ disposition, waiting }) => lines([disposition], waiting)),
    ],
    [
      'late money that bought a ticket',
      `SELECT count(*), ${oldest('recorded_at')} FROM receipts WHERE disposition = 'settles'
     AND transaction_id IN (SELECT transaction_id FROM payment_transactions WHERE late)`,
      ({ unwantedMoney }) =>
        unwantedMoney
          .filter(({ disposition }) => disposition === 'late_kept')
          .map(({ all }) => [all.count, all.oldestAt]),
    ],
    [
      'refunds',
      `SELECT f.status, f.reason, ${CURRENCY}, sum(f.amount_cents)::bigint FROM refunds f JOIN receipts r USING (receipt_id)
     WHERE replaced_by IS NULL GROUP BY 1, 2, 3`,
      ({ refunds }) => refunds.flatMap(({ status, reason, money }) => lines([status, reason], money)),
    ],
    [
      'disputes',
      `SELECT d.status, d.kind, ${CURRENCY}, sum(d.amount_cents)::bigint FROM disputes d JOIN receipts r USING (receipt_id) GROUP BY 1, 2, 3`,
      ({ disputes }) => disputes.flatMap(({ status, kind, money }) => lines([status, kind], money)),
    ],
    [
      'suspense by age',
      `SELECT (ARRAY['under_1_day', '1_to_7_days', '7_to_30_days', 'over_30_days'])[1 + width_bucket(
         extract(epoch FROM $1::timestamptz - found_at), ARRAY[86400, 604800, 2592000])], count(*), ${oldest('found_at')}
     FROM suspense_items WHERE resolution IS NULL GROUP BY 1`,
      ({ suspense }) => suspense.ages.map(({ age, money }) => [age, money.count, money.oldestAt]),
    ],
  ];

async function counted(sql: string): Promise<unknown[][]> {
  const [row] = await database.db.query<{ rows: unknown[][] | null }>(
    `SELECT jsonb_agg(row_as_list) AS rows FROM (
       SELECT (SELECT jsonb_agg(value ORDER BY ordinality) FROM json_each(row_to_json(figures)) WITH ORDINALITY) AS row_as_list
       FROM (SELECT * FROM (${sql}) AS named) AS figures) AS listed WHERE $1::timestamptz IS NOT NULL`,
    [new Date(NOW)],
  );
  return row?.rows ?? [];
}

test.each(FIGURES)('%s are what SQL of its own counts', async (_name, sql, told) => {
  const own = await counted(sql);
  expect(own.length).toBeGreaterThan(0);
  expect(told(report).map(String).sort()).toEqual(own.map(String).sort());
});
