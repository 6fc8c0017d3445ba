import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readMigrations } from '../../platform/migration-files.ts';
import { migrateDatabase } from '../db/migrate.ts';
import { createEmptyDatabase, type TestDatabase } from '../testing/test-database.ts';

const MERCHANT = '0190a000-0000-7000-8000-000000000001';
const UNIT = '0190a000-0000-7000-8000-000000000002';
const PAID = '0190a000-0000-7000-8000-00000000000a';
const EXPIRED = '0190a000-0000-7000-8000-00000000000b';

let database: TestDatabase;

beforeAll(async () => {
  database = await createEmptyDatabase();
});
afterAll(() => database.close());

test('what is known of payments that there were before is filled in', async () => {
  const all = readMigrations(join(import.meta.dirname, '..', '..', 'migrations', 'server'));
  const { db } = database;
  await migrateDatabase(
    db,
    all.filter(({ version }) => version < 240),
  );
  await db.query(
    `INSERT INTO merchants (merchant_id, name, pix_key, created_at) VALUES ($1, 'Aurora', 'key', now())`,
    [MERCHANT],
  );
  await db.query(
    `INSERT INTO units (merchant_id, unit_id, name, city, time_zone, counters)
     VALUES ($1, $2, 'Centro', 'São Paulo', 'America/Sao_Paulo', '{1}')`,
    [MERCHANT, UNIT],
  );
  for (const [id, status, isPaid] of [
    [PAID, 'PARTIALLY_REFUNDED', true],
    [EXPIRED, 'EXPIRED', false],
  ] as const) {
    await db.query(
      `INSERT INTO payment_transactions (merchant_id, transaction_id, session_id, unit_id, kiosk_id, service_id,
         service_name, service_prefix, provider, txid, amount_cents, currency, status, created_at, paid_at,
         ticket_number, ticket_business_day, act_before)
       VALUES ($1, $2::uuid, $2::uuid, $3, 'totem-1', $3, 'Consulta', 'A', 'pagarme', $2::text, 5000, 'BRL', $4,
         '2026-03-10T12:00:00Z', CASE WHEN $5 THEN '2026-03-10T12:01:00Z'::timestamptz END, CASE WHEN $5 THEN 1 END,
         CASE WHEN $5 THEN '2026-03-10'::date END, CASE WHEN $5 THEN '2026-03-10T12:02:00Z'::timestamptz END)`,
      [MERCHANT, id, UNIT, status, isPaid],
    );
    await db.query(
      `INSERT INTO payment_attempts (merchant_id, transaction_id, attempt, provider, txid, started_at)
       VALUES ($1, $2::uuid, 1, 'bacen-pix', $2::text, now()), ($1, $2::uuid, 2, 'pagarme', $2::text, now())`,
      [MERCHANT, id],
    );
  }
  await db.query(
    `INSERT INTO payment_transitions (merchant_id, transaction_id, to_status, cause, at)
     VALUES ($1, $2, 'EXPIRED', 'poll', '2026-03-10T12:06:00Z')`,
    [MERCHANT, EXPIRED],
  );
  await db.query(
    `INSERT INTO receipts (merchant_id, receipt_id, transaction_id, amount_cents, paid_at, disposition, raw, recorded_at,
       provider) VALUES ($1, 'r1', $2, 5000, '2026-03-10T12:00:59Z', 'settles', '{}', now(), 'pagarme')`,
    [MERCHANT, PAID],
  );
  await db.query(
    `INSERT INTO refunds (merchant_id, refund_id, receipt_id, transaction_id, amount_cents, reason, status, created_at,
       settled_at) VALUES ($1, 'f1', 'r1', $2, 1200, 'requested', 'settled', now(), '2026-03-11T09:00:00Z')`,
    [MERCHANT, PAID],
  );
  await db.query(
    `INSERT INTO recurrences (merchant_id, provider, kind, recurrence_id, first_seen_at)
     VALUES ($1, 'pagarme', 'agreement', 'sub_1', now()), ($1, 'pagarme', 'request', 'in_1', now())`,
    [MERCHANT],
  );

  await migrateDatabase(db, all);
  expect(
    await db.query(
      `SELECT t.status, routed_provider AS routed, payment_method AS method, captured_at AS captured,
         refunded_cents AS cents, refunded_at AS refunded, s.status AS session, s.ended_at AS ended
       FROM payment_transactions t JOIN checkout_sessions s USING (merchant_id, transaction_id) ORDER BY t.transaction_id`,
    ),
  ).toEqual([
    {
      status: 'PARTIALLY_REFUNDED',
      routed: 'bacen-pix',
      method: 'pix',
      captured: new Date('2026-03-10T12:00:59Z'),
      cents: 1200,
      refunded: new Date('2026-03-11T09:00:00Z'),
      session: 'completed',
      ended: new Date('2026-03-10T12:01:00Z'),
    },
    {
      status: 'EXPIRED',
      routed: 'bacen-pix',
      method: 'pix',
      captured: null,
      cents: 0,
      refunded: null,
      session: 'expired',
      ended: new Date('2026-03-10T12:06:00Z'),
    },
  ]);
  expect(
    await db.query('SELECT provider_subscription_id AS id, is_native AS native FROM customer_subscriptions'),
  ).toEqual([{ id: 'sub_1', native: false }]);
});
