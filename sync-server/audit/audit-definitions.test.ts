import { afterEach, beforeEach, expect, test } from 'vitest';
import type { AuditCheckName, AuditReport } from '../../domain/protocol/audit.ts';
import { ManualClock } from '../../platform/testing/manual-clock.ts';
import { DEMO_MERCHANT_ID, DEMO_UNIT_ID } from '../catalog/demo-shop.ts';
import { openDatabase } from '../db/database.ts';
import { readIntegrationStatus } from '../integration/integration-status.ts';
import { seedShop } from '../testing/test-context.ts';
import { createTestDatabase, type TestDatabase } from '../testing/test-database.ts';
import { readAuditReport } from './audit-report.ts';
import { auditReader } from './audit-routes.ts';

/** Two days after the clocks of New York went forward: seven days back are 167 hours there. */
const NOW = Date.UTC(2026, 2, 10, 12);
const HOUR_MS = 3_600_000;

let database: TestDatabase;

beforeEach(async () => {
  database = await createTestDatabase();
  await seedShop(database.db, NOW);
});
afterEach(() => database.close());

const report = (): Promise<AuditReport> => readAuditReport(database.db, DEMO_MERCHANT_ID, NOW);
const checkOf = ({ summary }: AuditReport, name: AuditCheckName) =>
  summary.checks.find(({ check }) => check === name);

/** Transactions as rows alone: each of them expired, unless told otherwise. */
async function insertTransactions(
  count: number,
  {
    status = 'EXPIRED',
    provider = 'bacen-pix',
    agoMs = HOUR_MS,
  }: { status?: string; provider?: string; agoMs?: number } = {},
): Promise<void> {
  await database.db.query(
    `INSERT INTO payment_transactions (merchant_id, transaction_id, session_id, unit_id, kiosk_id, service_id, service_name,
       service_prefix, provider, txid, amount_cents, currency, status, created_at, paid_at, ticket_number, act_before)
     SELECT $1, id, id, $2, 'totem-1', id, 'Consulta', 'Z', $3, id, 1000, 'BRL', $4, $5,
       CASE WHEN $6 THEN $5::timestamptz END, CASE WHEN $6 THEN n END, CASE WHEN $6 THEN $5::timestamptz END
     FROM (SELECT gen_random_uuid() AS id, n FROM generate_series(1, $7) AS n) AS made`,
    [DEMO_MERCHANT_ID, DEMO_UNIT_ID, provider, status, new Date(NOW - agoMs), status === 'SUCCEEDED', count],
  );
}

test('one strange status among twenty thousand is not rounded away', async () => {
  await insertTransactions(20_001);
  expect((await report()).fillRates.overall.status.percent).toBe(100);
  await insertTransactions(1, { status: 'approved' });
  const { overall } = (await report()).fillRates;
  expect(overall.status).toEqual({ of: 20_002, have: 20_001, percent: 99.99 });
  expect(checkOf(await report(), 'canonical_status')).toMatchObject({ verdict: 'warning', value: 99.99 });
});

test('seven days are 168 hours, wherever the database stands, and the future is not yet in them', async () => {
  await database.db.query(`DO $$ BEGIN
    EXECUTE format('ALTER DATABASE %I SET timezone = ''America/New_York''', current_database()); END $$`);
  await insertTransactions(1, { agoMs: 168 * HOUR_MS - 1 });
  await insertTransactions(2, { agoMs: 168 * HOUR_MS });
  await insertTransactions(4, { agoMs: 0 });
  await insertTransactions(8, { agoMs: -1 });
  await database.db.query(
    `INSERT INTO suspense_items (merchant_id, receipt_id, provider, amount_cents, currency, paid_at, found_at, found_by, reason, status)
     VALUES ($1, 'young', 'bacen-pix', 1, 'BRL', $2, $2, 'sweep', 'no_txid', 'open'),
            ($1, 'old', 'bacen-pix', 1, 'BRL', $3, $3, 'sweep', 'no_txid', 'open')`,
    [DEMO_MERCHANT_ID, new Date(NOW - 168 * HOUR_MS + 1), new Date(NOW - 168 * HOUR_MS)],
  );
  const elsewhere = openDatabase(database.url, () => undefined);
  try {
    const { fillRates, suspense } = await readAuditReport(elsewhere, DEMO_MERCHANT_ID, NOW);
    expect(fillRates.last7Days.transactions).toBe(1 + 4);
    expect(suspense.ages.map(({ age, money }) => [age, money.count])).toEqual([
      ['1_to_7_days', 1],
      ['7_to_30_days', 1],
    ]);
  } finally {
    await elsewhere.close();
  }
});

test('a good past does not hide a week in which nobody could pay', async () => {
  await insertTransactions(90, { status: 'SUCCEEDED', agoMs: 30 * 24 * HOUR_MS });
  expect(checkOf(await report(), 'success_rate')).toMatchObject({ verdict: 'ok', value: null });
  await insertTransactions(10);
  const [provider] = (await report()).providers;
  expect(provider?.succeeded).toEqual({ of: 100, have: 90, percent: 90 });
  expect(provider?.succeededLast7Days).toEqual({ of: 10, have: 0, percent: 0 });
  expect(checkOf(await report(), 'success_rate')).toMatchObject({ verdict: 'critical', value: 0 });
});

test('a provider that only money came by is compared too', async () => {
  await insertTransactions(1, { provider: 'pagarme' });
  await database.db.query(
    `INSERT INTO receipts (merchant_id, receipt_id, transaction_id, amount_cents, paid_at, disposition, raw, recorded_at, provider)
     SELECT merchant_id, 'left', transaction_id, 1000, $1, 'late', '{}', $1, 'bacen-pix' FROM payment_transactions`,
    [new Date(NOW)],
  );
  expect(
    (await report()).providers.map((one) => [one.provider, one.transactions, one.withoutWebhook]),
  ).toEqual([
    ['pagarme', 1, 0],
    ['bacen-pix', 0, 1],
  ]);
});

test('the report and the status of the integration name the same payments without tickets', async () => {
  await insertTransactions(3, { status: 'SUCCEEDED' });
  await database.db.query(
    "UPDATE payment_transactions SET status = 'REFUNDED', refunded_cents = 1000, refunded_at = now() WHERE ticket_number = 2",
  );
  await database.db.query(
    `INSERT INTO tickets (merchant_id, ticket_id, unit_id, kiosk_id, session_id, transaction_id, number, prefix, label, business_day,
       service_id, service_name, status, issued_at, received_at)
     SELECT merchant_id, transaction_id, unit_id, kiosk_id, session_id, transaction_id, 3, 'Z', 'Z3', '2026-03-10', service_id,
       service_name, 'done', $1, $1 FROM payment_transactions WHERE ticket_number = 3`,
    [new Date(NOW)],
  );
  const { paidWithoutTicket } = await report();
  const { issues } = await readIntegrationStatus(database.db, DEMO_MERCHANT_ID, NOW);
  expect(paidWithoutTicket.count).toBe(1);
  expect(issues.map(({ transactionId }) => transactionId)).toEqual(
    paidWithoutTicket.listed.map(({ transactionId }) => transactionId),
  );
});

test('whoever asks while a report is read gets that one; other merchants take turns', async () => {
  const clock = new ManualClock(NOW);
  const read = auditReader({ db: database.db, clock });
  const first = read(DEMO_MERCHANT_ID);
  const other = read('0198c1a0-0000-7000-8000-0000000000ff');
  const order: string[] = [];
  void other.then(() => order.push('other'));
  const again = read(DEMO_MERCHANT_ID);
  void first.then(() => order.push('first'));
  expect(again).toBe(first);
  await Promise.all([first, other]);
  expect(order).toEqual(['first', 'other']);
  clock.advance(1);
  expect((await read(DEMO_MERCHANT_ID)).at).toBe(NOW + 1);
});
