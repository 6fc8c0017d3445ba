import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { readAuditReport } from '../audit/audit-report.ts';
import { DEMO_MERCHANT_ID } from '../catalog/demo-shop.ts';
import type { ServerContext } from '../context.ts';
import { verifyLedger } from '../ledger/verify-ledger.ts';
import { seedShop, testContext } from '../testing/test-context.ts';
import { createTestDatabase, type TestDatabase } from '../testing/test-database.ts';
import { type BackfillTask, backfill } from './backfill.ts';
import { MappingFile } from './mapping.ts';
import { adoptedSums } from './testing/adopted-sums.ts';
import { makeLegacyExport } from './testing/legacy-export.ts';

let database: TestDatabase;
let context: ServerContext;
let folder: string;

beforeEach(async () => {
  database = await createTestDatabase();
  await seedShop(database.db);
  context = testContext({ db: database.db });
});
afterEach(() => database.close());
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'totem-adoption-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const mapping = (
  clinics: Record<string, string> = { 'clinica-1': DEMO_MERCHANT_ID, 'clinica-2': DEMO_MERCHANT_ID },
) => MappingFile.parse({ clinics });

function write(name: string, text: string | Buffer): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

function run(csv: readonly string[], overrides: Partial<BackfillTask> = {}) {
  return backfill(context, {
    source: 'legacy',
    csv,
    sourceUrl: null,
    kind: null,
    amounts: 'comma',
    timeZone: 'America/Sao_Paulo',
    dayFirst: true,
    currency: 'BRL',
    mapping: mapping(),
    dryRun: false,
    step: null,
    onProgress: () => undefined,
    ...overrides,
  });
}

/** Everything that adoption wrote, without times and random ids. */
async function snapshot(): Promise<unknown> {
  const rows = await database.db.query(
    `SELECT line, kind, old_key, state, reasons, customer_id, raw_kept FROM adopted_rows ORDER BY row_id`,
  );
  const [counts] = await database.db.query(
    `SELECT (SELECT count(*) FROM ledger_entries) AS entries, (SELECT count(*) FROM customers) AS customers,
       (SELECT count(*) FROM customer_providers) AS links, (SELECT count(*) FROM customer_payment_methods) AS cards,
       (SELECT count(*) FROM feed) AS feed, (SELECT count(*) FROM tickets) AS tickets,
       (SELECT json_agg(t ORDER BY adopted_id) FROM adopted_transactions t) AS transactions,
       (SELECT json_agg(t ORDER BY session_id) FROM adopted_sessions t) AS sessions`,
  );
  return { rows, counts };
}

async function expectWhole(): Promise<void> {
  expect(await verifyLedger(database.db, { merchantId: DEMO_MERCHANT_ID })).toMatchObject({
    ok: true,
    findings: [],
  });
}

/** The report counts the past like the present. */
async function expectAudited(rows: number): Promise<void> {
  const report = await readAuditReport(database.db, DEMO_MERCHANT_ID, Date.now());
  const [sums] = await database.db.query<{ all: number; known: number; linked: number; paid: number }>(
    `SELECT count(*) AS all, count(customer_id) AS known, count(customer_provider_id) AS linked, count(paid_at) AS paid
     FROM adopted_transactions WHERE merchant_id = $1`,
    [DEMO_MERCHANT_ID],
  );
  const { transactions, customer, customerProvider, provider, status } = report.fillRates.overall;
  expect([transactions, customer.have, customerProvider.have]).toEqual([
    sums?.all,
    sums?.known,
    sums?.linked,
  ]);
  expect([provider.percent, status.percent]).toEqual([100, 100]);
  expect(report.providers.reduce((sum, { succeeded }) => sum + succeeded.have, 0)).toBe(sums?.paid);
  const adopted = report.adopted.filter(({ kind }) => kind === 'transaction');
  expect(adopted.reduce((sum, one) => sum + one.rows, 0)).toBe(rows);
  expect(report.unitsWithoutMerchant).toMatchObject([{ name: 'clinica-9', lastSaleAt: null }]);
}

const HEADER =
  'id,clinic_id,provider,status,valor,created_at,paid_at,email,provider_charge_id,refunded_amount';
const row = (id: string, values: Partial<Record<string, string>> = {}): string =>
  [
    id,
    values['clinic'] ?? 'clinica-1',
    values['provider'] ?? 'Stripe',
    values['status'] ?? 'paid',
    values['valor'] ?? '"10,00"',
    values['created'] ?? '2024-05-01T12:00:00Z',
    values['paid'] ?? '2024-05-01T12:01:00Z',
    values['email'] ?? '',
    values['charge'] ?? '',
    values['refunded'] ?? '',
  ].join(',');
const file = (name: string, ...rows: string[]): string => write(name, [HEADER, ...rows, ''].join('\n'));

test('a dirty export: every row is counted, the sums are those of the generator, the ledger is whole, and again nothing changes', async () => {
  const made = makeLegacyExport({
    seed: 20_260,
    rows: 1_500,
    clinics: ['clinica-1', 'clinica-2'],
    unknownClinic: 'clinica-9',
  });
  const files = [
    write('transactions.csv', made.transactions),
    write('sessions.csv', made.sessions),
    write('customers.csv', made.customers),
  ];
  const [feedBefore] = await database.db.query('SELECT count(*) FROM feed');
  const dry = await run(files, { dryRun: true });
  expect(await database.db.query('SELECT 1 FROM adopted_rows')).toEqual([]);
  const found = await run(files);
  expect(dry.files).toEqual(found.files);
  const transactions = found.files.find(({ kind }) => kind === 'transaction');
  expect(transactions).toMatchObject({
    rows: 1_500 + made.expectedStates.duplicates,
    unmapped: made.expectedStates.unmapped,
    duplicates: made.expectedStates.duplicates,
    unchanged: 0,
  });
  expect((transactions?.mapped ?? 0) + (transactions?.partly ?? 0) + made.expectedStates.unmapped).toBe(
    1_500,
  );
  expect(transactions?.notOnboarded).toMatchObject([{ clinic: 'clinica-9' }]);
  expect(await adoptedSums(database.db)).toEqual(made.expected);
  await expectWhole();
  const [feedAfter] = await database.db.query('SELECT count(*) FROM feed');
  expect(feedAfter).toEqual(feedBefore);
  const [links] = await database.db.query(
    `SELECT count(*) FILTER (WHERE customer_id IS NULL) AS "withoutCustomer",
       count(*) FILTER (WHERE customer_id IS NOT NULL AND customer_provider_id IS NULL) AS "withoutProvider",
       count(*) FILTER (WHERE card IS NOT NULL AND payment_method_id IS NULL) AS "withoutCard",
       (SELECT count(*) FROM adopted_sessions s WHERE adopted_id IS NULL AND EXISTS (
          SELECT FROM adopted_transactions t WHERE t.provider_order_id = s.provider_order_id)) AS unlinked
     FROM adopted_transactions`,
  );
  expect(links).toEqual({ withoutCustomer: 0, withoutProvider: 0, withoutCard: 0, unlinked: 0 });

  await expectAudited(transactions?.rows ?? 0);

  const before = await snapshot();
  const again = await run(files);
  expect(again.files).toEqual(found.files);
  expect(await snapshot()).toEqual(before);
});

test('a clinic that is onboarded later: its rows wait, and are adopted then', async () => {
  const path = file(
    'later-transactions.csv',
    row('a', { clinic: 'nova', email: 'ana@example.com' }),
    row('b'),
  );
  expect((await run([path])).files[0]).toMatchObject({
    mapped: 1,
    unmapped: 1,
    notOnboarded: [{ clinic: 'nova', rows: 1 }],
  });
  const later = await run([], { step: 'normalise', mapping: mapping({ nova: DEMO_MERCHANT_ID }) });
  expect(later.steps).toEqual({ normalise: 1 });
  await run([], { step: 'customers', mapping: mapping({ nova: DEMO_MERCHANT_ID }) });
  expect(
    await database.db.query(
      'SELECT old_key, customer_id IS NOT NULL AS linked FROM adopted_transactions ORDER BY 1',
    ),
  ).toEqual([
    { old_key: 'a', linked: true },
    { old_key: 'b', linked: false },
  ]);
  await expectWhole();
});

test('a corrected file changes what may change, and tells the rest', async () => {
  await run([
    file(
      'first-transactions.csv',
      row('refunded-later'),
      row('other-amount'),
      row('paid-later', { status: 'pending', paid: '' }),
      row('downgraded'),
      row('more-back', { status: 'partially_refunded', refunded: '"2,00"' }),
      row('same'),
    ),
  ]);
  const found = await run([
    file(
      'second-transactions.csv',
      row('refunded-later', { status: 'estornado' }),
      row('other-amount', { valor: '"11,00"' }),
      row('paid-later', { valor: '"12,00"' }),
      row('downgraded', { status: 'pending', paid: '' }),
      row('more-back', { status: 'partially_refunded', refunded: '"5,00"' }),
      row('same'),
    ),
  ]);
  expect(found.files[0]).toMatchObject({ mapped: 1, partly: 2, unmapped: 2, unchanged: 1 });
  expect(found.files[0]?.reasons.map(({ state, reason }) => `${state} ${reason}`)).toEqual(
    expect.arrayContaining(['unmapped amount_may_not_change', 'unmapped status_may_not_change']),
  );
  expect(
    await database.db.query(
      `SELECT old_key AS key, status, amount_cents AS cents, refunded_cents AS back FROM adopted_transactions ORDER BY 1`,
    ),
  ).toEqual([
    { key: 'downgraded', status: 'SUCCEEDED', cents: 1_000, back: 0 },
    { key: 'more-back', status: 'PARTIALLY_REFUNDED', cents: 1_000, back: 500 },
    { key: 'other-amount', status: 'SUCCEEDED', cents: 1_000, back: 0 },
    { key: 'paid-later', status: 'SUCCEEDED', cents: 1_200, back: 0 },
    { key: 'refunded-later', status: 'REFUNDED', cents: 1_000, back: 1_000 },
    { key: 'same', status: 'SUCCEEDED', cents: 1_000, back: 0 },
  ]);
  await expectWhole();
});

test('one charge under two ids is money once; a charge of this system is not adopted', async () => {
  const [seeded] = await database.db.query<{ unit: string; service: string }>(
    'SELECT unit_id AS unit, service_id AS service FROM services LIMIT 1',
  );
  const transactionId = '018f0000-0000-7000-8000-0000000000aa';
  await database.db.query(
    `INSERT INTO payment_transactions (merchant_id, transaction_id, session_id, unit_id, kiosk_id, service_id, service_name,
       service_prefix, provider, txid, amount_cents, currency, status, created_at)
     VALUES ($1, $2, $2, $3, 'totem-1', $4, 'x', 'A', 'pagarme', 'txid-ours', 1000, 'BRL', 'PENDING', now())`,
    [DEMO_MERCHANT_ID, transactionId, seeded?.unit, seeded?.service],
  );
  await database.db.query(
    `INSERT INTO payment_attempts (merchant_id, transaction_id, attempt, provider, txid, provider_charge_id, started_at)
     VALUES ($1, $2, 1, 'pagarme', 'txid-ours', 'or_ours', now())`,
    [DEMO_MERCHANT_ID, transactionId],
  );
  const found = await run([
    file(
      'twins-transactions.csv',
      row('checkout', { charge: 'ch_1' }),
      row('webhook', { charge: 'ch_1' }),
      row('ours', { provider: 'pagarme', charge: 'or_ours' }),
    ),
  ]);
  expect(found.files[0]?.reasons).toMatchObject([
    { state: 'unmapped', reason: 'charge_adopted_already', rows: 1 },
    { state: 'unmapped', reason: 'charge_is_of_this_system', rows: 1 },
  ]);
  await expectWhole();
});

test('what would have to be guessed is refused before anything is written', async () => {
  const path = file('guess-transactions.csv', row('a'));
  await expect(run([path], { amounts: null })).rejects.toMatchObject({ code: 'amounts_undecided' });
  await expect(run([write('unnamed.csv', 'a,b\n1,2\n')])).rejects.toMatchObject({ code: 'unknown_kind' });
  await expect(run([path], { timeZone: '-03:00' })).rejects.toMatchObject({ code: 'invalid_time_zone' });
  expect(await database.db.query('SELECT 1 FROM adoption_runs')).toEqual([]);
});

test('a quote that is never closed stops the file, with the rows before it kept and a line to look at', async () => {
  const rows = Array.from({ length: 600 }, (_, at) => row(`r${at}`));
  const path = file('torn-transactions.csv', ...rows, `"never closed,${'x'.repeat(50)}`);
  await expect(run([path])).rejects.toMatchObject({ code: 'file_broken' });
  const [run1] = await database.db.query<{ done: number; finished: Date | null }>(
    'SELECT rows_done AS done, finished_at AS finished FROM adoption_runs',
  );
  expect(run1).toEqual({ done: 500, finished: null });
  await expectWhole();
});

test('rows of a megabyte, other numbers of columns, an id that is an e-mail', async () => {
  const big = `{"note":"${'x'.repeat(1_000_000)}"}`;
  const path = write(
    'big-transactions.csv',
    `id,clinic_id,provider,status,amount_cents,created_at,paid_at,raw_payload\n` +
      `maria@example.com,clinica-1,stripe,paid,100,1714564800,1714564800000,"${big.replaceAll('"', '""')}"\n` +
      `short,clinica-1,stripe,paid,100,2024-05-01\n` +
      `long,clinica-1,stripe,paid,100,2024-05-01,2024-05-01,,surplus\n`,
  );
  const found = await run([path], { amounts: null });
  // Whose cells they are nobody knows where there is one too many.
  expect(found.files[0]).toMatchObject({ mapped: 0, partly: 2, unmapped: 1 });
  expect(await database.db.query(`SELECT old_key FROM adopted_rows WHERE old_key LIKE '%@%'`)).toEqual([]);
  expect(await database.db.query(`SELECT sum(amount_cents)::int AS cents FROM adopted_transactions`)).toEqual(
    [{ cents: 200 }],
  );
});

test('a ledger that lost an adopted sale is not whole', async () => {
  await run([file('lost-transactions.csv', row('a'), row('b'))]);
  await database.db.transaction(async (transaction) => {
    await transaction.query('SET LOCAL session_replication_role = replica');
    await transaction.query(`UPDATE adopted_transactions SET amount_cents = 999 WHERE old_key = 'a'`);
  });
  const { findings } = await verifyLedger(database.db, { merchantId: DEMO_MERCHANT_ID });
  expect(findings.map(({ rule }) => rule).toSorted()).toEqual([
    'adopted_transaction_posted_with_its_amounts',
    'receivable_is_receipts_minus_refunds',
  ]);
});

test('a file is read by one rule; amounts that it could not read are read by another in a step of their own', async () => {
  const path = file('ruled-transactions.csv', row('a', { valor: '"150,00"' }), row('b', { valor: '7.00' }));
  expect((await run([path], { amounts: 'point' })).files[0]).toMatchObject({ mapped: 1, unmapped: 1 });
  for (const dryRun of [true, false])
    await expect(run([path], { amounts: 'comma', dryRun })).rejects.toThrow(
      'was read with --amounts point: what it adopted stays',
    );
  expect((await run([path], { amounts: 'point' })).files[0]).toMatchObject({ mapped: 1, unmapped: 1 });
  expect((await run([], { step: 'normalise', amounts: 'comma' })).steps).toEqual({ normalise: 1 });
  expect(
    await database.db.query(
      'SELECT old_key AS key, amount_cents AS cents FROM adopted_transactions ORDER BY 1',
    ),
  ).toEqual([
    { key: 'a', cents: 15_000 },
    { key: 'b', cents: 700 },
  ]);
  await expectWhole();
});

test('a file that was cut off goes on by the rules that it began with', async () => {
  const path = file('cut-transactions.csv', ...Array.from({ length: 600 }, (_, at) => row(`c${at}`)));
  const cut = new Error('cut off');
  const stop = (what: string, done: number): void => {
    if (what === 'cut-transactions.csv' && done >= 250) throw cut;
  };
  await expect(run([path], { onProgress: stop })).rejects.toBe(cut);
  await expect(run([path], { timeZone: 'UTC' })).rejects.toThrow('Go on by the same rules');
  expect((await run([path])).files[0]).toMatchObject({ rows: 600, finished: true });
});

test('of a folder what is called as a table is read, and nothing that could be the same money twice', async () => {
  const at = join(folder, 'export');
  mkdirSync(at, { recursive: true });
  const put = (name: string, id: string): void => writeFileSync(join(at, name), `${HEADER}\n${row(id)}\n`);
  put('payment_transactions.csv', 'p1');
  put('payment_refunds.csv', 'r1');
  put('pagamentos_log.csv', 'l1');
  const found = await run([at]);
  expect(found.files).toMatchObject([{ origin: 'payment_transactions.csv', rows: 1 }]);
  expect(found.filesNotRead.map((path) => basename(path))).toEqual([
    'pagamentos_log.csv',
    'payment_refunds.csv',
  ]);
  put('payments.csv', 'p2');
  await expect(run([at])).rejects.toMatchObject({ code: 'two_tables' });
  await expect(
    run([write('twice-transactions.csv', 'id,status,valor,status\n1,paid,1,x\n')]),
  ).rejects.toMatchObject({
    code: 'repeated_column',
  });
});
