import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { DEMO_MERCHANT_ID } from '../catalog/demo-shop.ts';
import type { ServerContext } from '../context.ts';
import { verifyLedger } from '../ledger/verify-ledger.ts';
import { seedShop, testContext } from '../testing/test-context.ts';
import { createTestDatabase, type TestDatabase } from '../testing/test-database.ts';
import { backfill } from './backfill.ts';
import { MappingFile } from './mapping.ts';

const OTHER = '018f0000-0000-7000-8000-0000000000bb';

let database: TestDatabase;
let context: ServerContext;
let folder: string;

beforeAll(async () => {
  database = await createTestDatabase();
  await seedShop(database.db);
  context = testContext({ db: database.db });
  await database.db.query(
    "INSERT INTO merchants (merchant_id, name, pix_key, created_at) VALUES ($1, 'Outra', 'k', now())",
    [OTHER],
  );
  folder = mkdtempSync(join(tmpdir(), 'totem-twins-'));
});
afterAll(async () => {
  await database.close();
  rmSync(folder, { recursive: true, force: true });
});

type Told = Partial<
  Record<'id' | 'clinic' | 'order' | 'charge' | 'status' | 'amount' | 'day' | 'back', string>
>;

interface Pair {
  readonly what: string;
  readonly first: Told;
  readonly second: Told;
  /** What becomes of the second row. */
  readonly state: string;
  readonly reason?: string;
  /** What both are in the ledger, less what went back. */
  readonly cents: number;
}

const PAIRS: readonly Pair[] = [
  { what: 'two payments', first: { charge: 'a' }, second: { charge: 'b' }, state: 'mapped', cents: 30_000 },
  {
    what: 'a charge again',
    first: { charge: 'a' },
    second: { charge: 'a' },
    state: 'unmapped',
    reason: 'charge_adopted_already',
    cents: 15_000,
  },
  {
    what: 'a failed placeholder',
    first: { charge: 'a', status: 'failed' },
    second: { charge: 'a' },
    state: 'partly',
    reason: 'charge_known_under_another_id',
    cents: 15_000,
  },
  {
    what: 'a pending placeholder of no amount',
    first: { charge: 'a', status: 'pending', amount: '0' },
    second: { charge: 'a' },
    state: 'partly',
    reason: 'charge_known_under_another_id',
    cents: 15_000,
  },
  {
    what: 'a placeholder that comes later',
    first: { charge: 'a' },
    second: { charge: 'a', status: 'pending' },
    state: 'unmapped',
    reason: 'charge_adopted_already',
    cents: 15_000,
  },
  {
    what: 'a refund under another id',
    first: { charge: 'a' },
    second: { charge: 'a', status: 'refunded' },
    state: 'partly',
    reason: 'charge_known_under_another_id',
    cents: 0,
  },
  {
    what: 'a refund of another amount under another id',
    first: { charge: 'a' },
    second: { charge: 'a', status: 'refunded', amount: '4000' },
    state: 'unmapped',
    reason: 'charge_adopted_already',
    cents: 15_000,
  },
  {
    what: 'an order again',
    first: { order: 'o' },
    second: { order: 'o' },
    state: 'unmapped',
    reason: 'order_adopted_already',
    cents: 15_000,
  },
  {
    what: 'an order, then with its charge',
    first: { order: 'o' },
    second: { order: 'o', charge: 'a' },
    state: 'unmapped',
    reason: 'order_adopted_already',
    cents: 15_000,
  },
  {
    what: 'an order of two charges',
    first: { order: 'o', charge: 'a' },
    second: { order: 'o', charge: 'b' },
    state: 'mapped',
    cents: 30_000,
  },
  {
    what: 'an order of two amounts',
    first: { order: 'o' },
    second: { order: 'o', amount: '5000' },
    state: 'mapped',
    cents: 20_000,
  },
  {
    what: 'an order of two attempts',
    first: { order: 'o', status: 'failed' },
    second: { order: 'o' },
    state: 'mapped',
    cents: 15_000,
  },
  {
    what: 'an agreement’s order, month by month',
    first: { order: 'o' },
    second: { order: 'o', day: '2025-04-10' },
    state: 'mapped',
    cents: 30_000,
  },
  {
    what: 'an intent, then its charge',
    first: { charge: 'pi' },
    second: { order: 'pi', charge: 'a' },
    state: 'unmapped',
    reason: 'order_adopted_already',
    cents: 15_000,
  },
  {
    what: 'a charge of two merchants',
    first: { charge: 'a', clinic: 'other' },
    second: { charge: 'a' },
    state: 'unmapped',
    reason: 'charge_of_another_merchant',
    cents: 15_000,
  },
  {
    what: 'one id of two charges',
    first: { id: 'same', charge: 'a' },
    second: { id: 'same', charge: 'b', day: '2025-05-10' },
    state: 'unmapped',
    reason: 'charge_may_not_change',
    cents: 15_000,
  },
  {
    what: 'one id, and its charge is known by now',
    first: { id: 'same', status: 'pending' },
    second: { id: 'same', charge: 'a' },
    state: 'mapped',
    cents: 15_000,
  },
  {
    what: 'one id, and another amount',
    first: { id: 'same' },
    second: { id: 'same', amount: '1' },
    state: 'unmapped',
    reason: 'amount_may_not_change',
    cents: 15_000,
  },
];

const HEADER =
  'id,clinic_id,provider,status,amount_cents,provider_order_id,provider_charge_id,created_at,paid_at,refunded_at';

/** @param name makes the ids of this run its own */
function lineOf(name: string, at: number, which: number, told: Told): string {
  const own = (id: string | undefined): string => (id === undefined ? '' : `${name}-${at}-${id}`);
  const { status = 'paid', amount = '15000', day = '2025-03-10', clinic = 'ours' } = told;
  const isPaid = status === 'paid' || status === 'refunded';
  return [
    own(told.id ?? String(which)),
    clinic,
    'stripe',
    status,
    amount,
    own(told.order),
    own(told.charge),
    day,
    isPaid ? day : '',
    status === 'refunded' ? day : '',
  ].join(',');
}

async function run(name: string, files: readonly (readonly string[])[]): Promise<void> {
  for (const [at, lines] of files.entries()) {
    const path = join(folder, `${name}-${at}-transactions.csv`);
    writeFileSync(path, `${[HEADER, ...lines].join('\n')}\n`);
    await backfill(context, {
      source: 'legacy',
      csv: [path],
      sourceUrl: null,
      kind: null,
      amounts: null,
      timeZone: 'America/Sao_Paulo',
      dayFirst: true,
      currency: 'BRL',
      mapping: MappingFile.parse({ clinics: { ours: DEMO_MERCHANT_ID, other: OTHER } }),
      dryRun: false,
      step: null,
      onProgress: () => undefined,
    });
  }
}

async function expectPairs(name: string): Promise<void> {
  const rows = await database.db.query<{ key: string; state: string; reasons: string[] }>(
    `SELECT old_key AS key, state, reasons FROM adopted_rows WHERE old_key LIKE $1 ORDER BY row_id`,
    [`${name}-%`],
  );
  const sums = await database.db.query<{ pair: number; cents: number }>(
    `SELECT split_part(old_key, '-', 2)::int AS pair,
       sum(CASE WHEN paid_at IS NULL THEN 0 ELSE amount_cents - refunded_cents END)::int AS cents
     FROM adopted_transactions WHERE old_key LIKE $1 GROUP BY 1`,
    [`${name}-%`],
  );
  for (const [at, pair] of PAIRS.entries()) {
    const second = rows.filter(({ key }) => key.startsWith(`${name}-${at}-`)).at(-1);
    expect(second?.state, pair.what).toBe(pair.state);
    if (pair.reason !== undefined) expect(second?.reasons, pair.what).toContain(pair.reason);
    expect(sums.find((sum) => sum.pair === at)?.cents ?? 0, pair.what).toBe(pair.cents);
  }
  for (const merchantId of [DEMO_MERCHANT_ID, OTHER])
    expect(await verifyLedger(database.db, { merchantId })).toMatchObject({ ok: true, findings: [] });
}

test('pairs of rows in one file', async () => {
  const lines = PAIRS.flatMap(({ first, second }, at) => [
    lineOf('one', at, 1, first),
    lineOf('one', at, 2, second),
  ]);
  await run('one', [lines]);
  await expectPairs('one');
});

test('pairs of rows in two files, the second later', async () => {
  await run('two', [
    PAIRS.map(({ first }, at) => lineOf('two', at, 1, first)),
    PAIRS.map(({ second }, at) => lineOf('two', at, 2, second)),
  ]);
  await expectPairs('two');
});
