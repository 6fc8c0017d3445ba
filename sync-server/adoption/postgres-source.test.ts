import { afterEach, beforeEach, expect, test } from 'vitest';
import { DEMO_MERCHANT_ID } from '../catalog/demo-shop.ts';
import type { ServerContext } from '../context.ts';
import { verifyLedger } from '../ledger/verify-ledger.ts';
import { seedShop, testContext } from '../testing/test-context.ts';
import { createEmptyDatabase, createTestDatabase, type TestDatabase } from '../testing/test-database.ts';
import { backfill } from './backfill.ts';
import { MappingFile } from './mapping.ts';
import { openPostgresSource } from './postgres-source.ts';

let database: TestDatabase;
let old: TestDatabase;
let context: ServerContext;

beforeEach(async () => {
  database = await createTestDatabase();
  old = await createEmptyDatabase();
  await seedShop(database.db);
  context = testContext({ db: database.db });
  await old.db.query(
    `CREATE TABLE customers (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), "clinicId" text, email text, name text)`,
  );
  await old.db.query(`CREATE TABLE payment_transactions (id bigint PRIMARY KEY, clinic_id text, provider text, provider_v2 text,
    status text, status_v2 text, amount_cents integer, created_at timestamptz, paid_at timestamp, customer_id uuid, raw_payload jsonb)`);
  await old.db.query(`INSERT INTO customers ("clinicId", email, name) SELECT 'a', 'p' || i || '@example.com', 'P ' || i
    FROM generate_series(1, 20) i`);
  await old.db.query(`INSERT INTO payment_transactions
    SELECT 9007199254740990 + i, 'a', 'pagarme', CASE WHEN i % 2 = 0 THEN 'PAGARME' END, CASE i % 3 WHEN 0 THEN 'paid' ELSE 'pending' END,
      NULL, i, '2025-01-01Z'::timestamptz + i * interval '1 hour',
      CASE i % 3 WHEN 0 THEN '2025-01-01'::timestamp + i * interval '1 hour' END,
      (SELECT id FROM customers ORDER BY email LIMIT 1 OFFSET i % 20), '{"a": "x"}' FROM generate_series(1, 1203) i`);
});
afterEach(async () => {
  await old.close();
  await database.close();
});

const mapping = MappingFile.parse({ clinics: { a: DEMO_MERCHANT_ID } });
const run = (overrides: Partial<Parameters<typeof backfill>[1]> = {}) =>
  backfill(context, {
    source: 'old',
    csv: [],
    sourceUrl: old.url,
    kind: null,
    amounts: null,
    timeZone: 'America/Sao_Paulo',
    dayFirst: true,
    currency: 'BRL',
    mapping,
    dryRun: false,
    step: null,
    onProgress: () => undefined,
    ...overrides,
  });
const sums = () =>
  database.db.query(
    `SELECT count(*) AS rows, sum(amount_cents)::int AS cents, count(paid_at) AS paid, count(customer_id) AS linked,
       count(DISTINCT old_key) AS keys FROM adopted_transactions`,
  );

test('tables are read in pages, ids beyond 2^53 stay apart, and the next reading takes what is new and what changed', async () => {
  const found = await run();
  expect(found.sources.map(({ timesWithoutZone }) => timesWithoutZone)).toEqual([[], ['paid_at']]);
  expect(found.files).toMatchObject([
    { kind: 'customer', rows: 20, mapped: 20 },
    { kind: 'transaction', rows: 1_203, mapped: 1_203, unchanged: 0 },
  ]);
  const cents = (1_203 * 1_204) / 2;
  expect(await sums()).toEqual([{ rows: 1_203, cents, paid: 401, linked: 1_203, keys: 1_203 }]);
  await old.db.query(`UPDATE payment_transactions SET status_v2 = 'SUCCEEDED' WHERE amount_cents = 1`);
  await old.db.query(`INSERT INTO payment_transactions (id, clinic_id, provider, status, amount_cents, created_at)
    VALUES (1, 'a', 'stripe', 'paid', 5, '2025-06-01')`);
  const again = await run();
  expect(again.files[1]).toMatchObject({ rows: 1_204, mapped: 0, partly: 2, unchanged: 1_202 });
  expect(await sums()).toMatchObject([{ rows: 1_204, cents: cents + 5, paid: 403 }]);
  expect(await verifyLedger(database.db, { merchantId: DEMO_MERCHANT_ID })).toMatchObject({ ok: true });
});

test('a reading that was cut off goes on after its last committed page', async () => {
  const broken = new Error('cut off');
  let batches = 0;
  await expect(
    run({
      onProgress: (what) => {
        if (what.includes('payment_transactions')) batches += 1;
        if (batches === 3) throw broken;
      },
    }),
  ).rejects.toBe(broken);
  const [cut] = await database.db.query(
    `SELECT rows_done AS done, finished_at AS finished FROM adoption_runs WHERE kind = 'transaction'`,
  );
  expect(cut).toEqual({ done: 750, finished: null });
  expect((await run()).files[1]).toMatchObject({ rows: 1_203, mapped: 1_203, unchanged: 0, finished: true });
  expect(await sums()).toMatchObject([{ rows: 1_203 }]);
});

test('nothing is ever written to the source, and a key that could leave rows out is refused', async () => {
  await old.db.query(
    `CREATE FUNCTION takes_all() RETURNS SETOF customers LANGUAGE sql AS 'DELETE FROM customers RETURNING *'`,
  );
  const source = await openPostgresSource(old.url, mapping);
  const [table] = source.tables;
  if (table === undefined) throw new Error('there is no table');
  await expect(source.rows({ ...table, quoted: 'takes_all()' }, null, 0).next()).rejects.toThrow(
    'cannot execute DELETE in a read-only transaction',
  );
  await source.close();
  expect(await old.db.query('SELECT 1 FROM customers')).toHaveLength(20);
  await old.db.query('ALTER TABLE payment_transactions DROP CONSTRAINT payment_transactions_pkey');
  await expect(run()).rejects.toMatchObject({ code: 'no_key' });
  await expect(run({ sourceUrl: 'postgres://nobody@127.0.0.1:9/x' })).rejects.toMatchObject({
    code: 'not_read',
  });
});
