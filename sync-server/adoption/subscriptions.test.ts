import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { DEMO_MERCHANT_ID } from '../catalog/demo-shop.ts';
import type { ServerContext } from '../context.ts';
import { eraseCustomer } from '../customers/erase-customer.ts';
import { verifyLedger } from '../ledger/verify-ledger.ts';
import { seedShop, testContext } from '../testing/test-context.ts';
import { createEmptyDatabase, createTestDatabase, type TestDatabase } from '../testing/test-database.ts';
import { openSubscription } from '../unified/note-subscription.ts';
import { type BackfillTask, backfill } from './backfill.ts';
import { MappingFile } from './mapping.ts';
import { prunedOf, pruneWaitingRows } from './prune-rows.ts';
import { openRaw } from './raw-row.ts';

let database: TestDatabase;
let context: ServerContext;
let folder: string;
let files = 0;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'totem-subscriptions-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));
beforeEach(async () => {
  database = await createTestDatabase();
  await seedShop(database.db);
  context = testContext({ db: database.db });
});
afterEach(() => database.close());

/** One folder of CSV files by name, read in one go. */
function adopt(tables: Readonly<Record<string, readonly string[]>>, overrides: Partial<BackfillTask> = {}) {
  files += 1;
  const csv = Object.entries(tables).map(([name, lines]) => {
    const path = join(folder, `${files}-${name}.csv`);
    writeFileSync(path, `${lines.join('\n')}\n`);
    return path;
  });
  return backfill(context, {
    source: 'legacy',
    csv,
    sourceUrl: null,
    kind: null,
    amounts: null,
    timeZone: 'America/Sao_Paulo',
    dayFirst: true,
    currency: 'BRL',
    mapping: MappingFile.parse({ clinics: { a: DEMO_MERCHANT_ID } }),
    dryRun: false,
    step: null,
    onProgress: () => undefined,
    ...overrides,
  });
}

const CUSTOMERS = ['id,clinica,nome,email', 'c1,a,Ana Lima,ana@example.com', 'c2,a,Bia Reis,bia@example.com'];
const SUBSCRIPTIONS = [
  'id,clinica_id,provedor,assinatura_provedor_id,plano,preco_centavos,situação,cliente_id,inicio,fim_do_trial,inicio_periodo,fim_periodo',
  's1,a,Pagar.me,sub_1,Ouro,9900,ativa,c1,01/03/2025,08/03/2025,2025-03-01,2025-03-31',
  's2,a,stripe,,Prata,4900,em atraso,c2,2025-02-01,,,',
  's3,a,stripe,,Prata,4900,talvez,c2,2025-02-01,,,',
  's4,z,stripe,,Prata,4900,ativa,c2,2025-02-01,,,',
];
const PAYMENTS = [
  'id,clinic_id,provider,status,amount_cents,created_at,paid_at,subscription_id,period_start,period_end',
  't1,a,pagarme,paid,9900,2025-03-01T12:00:00Z,2025-03-01T12:00:00Z,s1,2025-03-01,2025-03-31',
  't2,a,pagarme,paid,9900,2025-04-01T12:00:00Z,2025-04-01T12:00:00Z,sub_1,2025-04-01,2025-04-30',
  't3,a,stripe,paid,4900,2025-02-01T12:00:00Z,2025-02-01T12:00:00Z,s9,2025-02-28,2025-02-01',
];

const subscriptions = () =>
  database.db.query(
    `SELECT old_key AS key, s.provider, provider_subscription_id AS theirs, is_native AS native, plan, native_status AS status,
       native_price_cents AS cents, to_char(started_at AT TIME ZONE 'America/Sao_Paulo', 'YYYY-MM-DD') AS started,
       to_char(trial_ends_at AT TIME ZONE 'America/Sao_Paulo', 'YYYY-MM-DD') AS trial, period_starts_on AS "from",
       period_ends_on AS until, s.customer_id IS NOT NULL AS known
     FROM adopted_subscriptions JOIN customer_subscriptions s USING (merchant_id, subscription_id) ORDER BY 1`,
  );
const payments = () =>
  database.db.query(
    `SELECT t.old_key AS key, a.old_key AS of, t.customer_id = s.customer_id AS same, t.period_starts_on AS "from",
       t.period_ends_on AS until
     FROM adopted_transactions t LEFT JOIN customer_subscriptions s USING (merchant_id, subscription_id)
     LEFT JOIN adopted_subscriptions a USING (merchant_id, subscription_id) ORDER BY 1`,
  );

test('subscriptions are adopted with plan, price, status and dates; payments know theirs and for which days', async () => {
  const found = await adopt({ customers: CUSTOMERS, assinaturas: SUBSCRIPTIONS, pagamentos: PAYMENTS });
  expect(found.files.map(({ kind, mapped, partly, unmapped }) => [kind, mapped, partly, unmapped])).toEqual([
    ['customer', 2, 0, 0],
    ['subscription', 2, 0, 2],
    ['transaction', 2, 1, 0],
  ]);
  expect(found.files[1]?.reasons).toMatchObject([
    { state: 'unmapped', reason: 'not_onboarded', rows: 1 },
    { state: 'unmapped', reason: 'unknown_subscription_status', rows: 1 },
  ]);
  const held = [
    {
      ...{ key: 's1', provider: 'pagarme', theirs: 'sub_1', native: false, plan: 'Ouro', status: 'active' },
      ...{
        cents: 9_900,
        started: '2025-03-01',
        trial: '2025-03-08',
        from: '2025-03-01',
        until: '2025-03-31',
      },
      known: true,
    },
    {
      ...{ key: 's2', provider: 'stripe', theirs: null, native: true, plan: 'Prata', status: 'past_due' },
      ...{ cents: 4_900, started: '2025-02-01', trial: null, from: null, until: null },
      known: true,
    },
  ];
  expect(await subscriptions()).toEqual(held);
  const paid = [
    { key: 't1', of: 's1', same: true, from: '2025-03-01', until: '2025-03-31' },
    { key: 't2', of: 's1', same: true, from: '2025-04-01', until: '2025-04-30' },
    { key: 't3', of: null, same: null, from: null, until: null },
  ];
  expect(await payments()).toEqual(paid);
  const again = await adopt({ customers: CUSTOMERS, assinaturas: SUBSCRIPTIONS, pagamentos: PAYMENTS });
  expect(again.files).toEqual(found.files.map((file) => ({ ...file, origin: expect.anything() })));
  expect([await subscriptions(), await payments()]).toEqual([held, paid]);
  // Its own words for the row that waited, and its newer status.
  await adopt(
    { assinaturas: [SUBSCRIPTIONS[0] ?? '', (SUBSCRIPTIONS[1] ?? '').replace('ativa', 'cancelada')] },
    {
      mapping: MappingFile.parse({
        clinics: { a: DEMO_MERCHANT_ID },
        subscriptionStatuses: { talvez: 'paused' },
      }),
    },
  );
  expect(await subscriptions()).toMatchObject([
    { key: 's1', status: 'canceled' },
    { key: 's2', status: 'past_due' },
    { key: 's3', status: 'paused' },
  ]);
});

test('an agreement that becomes known here says its status from then on, and an old row no more', async () => {
  await adopt({ assinaturas: SUBSCRIPTIONS.slice(0, 2) });
  await database.db.query(
    `INSERT INTO recurrences (merchant_id, provider, kind, recurrence_id, status, first_seen_at)
     VALUES ($1, 'pagarme', 'agreement', 'sub_1', 'canceled', now())`,
    [DEMO_MERCHANT_ID],
  );
  const key = { merchantId: DEMO_MERCHANT_ID, provider: 'pagarme', kind: 'agreement', id: 'sub_1' } as const;
  await database.db.transaction((transaction) => openSubscription(context, transaction, key));
  const [before] = await database.db.query('SELECT subscription_id, plan FROM customer_subscriptions');
  await adopt({ assinaturas: [SUBSCRIPTIONS[0] ?? '', (SUBSCRIPTIONS[1] ?? '').replace('Ouro', 'Platina')] });
  expect(
    await database.db.query(
      'SELECT subscription_id, plan, native_status AS status, adopted_from AS source FROM customer_subscriptions',
    ),
  ).toEqual([{ ...before, status: null, source: null }]);
});

const METHODS = [
  'id,clinica,provedor,cliente_id,provider_payment_method_id,bandeira,last4,validade,is_default,status,numero_cartao',
  'm1,a,pagarme,c1,card_1,Visa,4242,12/30,true,active,4242 4242 4242 4242',
  'm2,a,pagarme,c1,card_2,Mastercard,4444,1/2031,false,active,',
  'm3,a,pagarme,c1,card_3,Elo,1111,1/2031,true,removed,',
  'm4,a,pagarme,c1,,,,,,active,4242424242424242',
];
const LINKS = [
  'id,clinica,provedor,cliente_id,provider_customer_id',
  'l1,a,pagarme,c1,cus_9',
  'l2,a,stripe,c2,',
];

test('saved cards and customers at providers are written; the number of a card is nowhere, and an erasure reaches them', async () => {
  const found = await adopt({
    customers: CUSTOMERS,
    customer_payment_methods: METHODS,
    customer_providers: LINKS,
  });
  expect(found.files.map(({ kind, mapped, unmapped }) => [kind, mapped, unmapped])).toEqual([
    ['customer', 2, 0],
    ['customer_provider', 2, 0],
    ['payment_method', 3, 1],
  ]);
  expect(
    await database.db.query(
      `SELECT provider_method_id AS id, brand, last4, exp_month AS month, exp_year AS year, status, is_default AS "isDefault"
       FROM customer_payment_methods ORDER BY 1`,
    ),
  ).toEqual([
    { id: 'card_1', brand: 'visa', last4: '4242', month: 12, year: 2030, status: 'saved', isDefault: true },
    {
      id: 'card_2',
      brand: 'mastercard',
      last4: '4444',
      month: 1,
      year: 2031,
      status: 'saved',
      isDefault: false,
    },
    { id: 'card_3', brand: 'elo', last4: '1111', month: 1, year: 2031, status: 'used', isDefault: false },
  ]);
  expect(
    await database.db.query('SELECT provider, provider_customer_id AS id FROM customer_providers ORDER BY 1'),
  ).toEqual([
    { provider: 'pagarme', id: 'cus_9' },
    { provider: 'stripe', id: null },
  ]);
  const kept = await database.db.query<{ sealed: Buffer }>(
    `SELECT raw_sealed AS sealed FROM adopted_rows WHERE kind = 'payment_method' ORDER BY row_id`,
  );
  const cells = kept.map(({ sealed }) => openRaw(context.personalData, sealed)['numero_cartao']);
  expect(cells).toEqual(['***', '', '', '***']);

  const [ana] = await database.db.query<{ id: string }>(
    `SELECT customer_id AS id FROM adopted_links WHERE old_key = 'm1'`,
  );
  await eraseCustomer(context, DEMO_MERCHANT_ID, ana?.id ?? '', { reason: 'asked for', by: 'manager' });
  expect(
    await database.db.query(
      `SELECT old_key AS key FROM adopted_links WHERE provider_customer_id IS NOT NULL OR card IS NOT NULL`,
    ),
  ).toEqual([]);
});

const SALE = 'id,clinic_id,provider,status,amount_cents,refunded_amount_cents,created_at,paid_at';
const sale = (status: string, refunded = '') =>
  `w1,a,stripe,${status},10000,${refunded},2025-01-01T12:00:00Z,2025-01-01T12:00:00Z`;
const money = () =>
  database.db.query(
    `SELECT status, refunded_cents AS back, charged_back_cents AS lost, chargeback_won_cents AS won,
       (SELECT sum(amount_cents) FROM ledger_postings WHERE account_code = 'receivable:stripe')::int AS receivable
     FROM adopted_transactions`,
  );

test('a refund grows, a dispute takes the rest and gives it back when it is won, once; the ledger is whole each time', async () => {
  const told = async (line: string) => {
    const { files: reports } = await adopt({ payments: [SALE, line] });
    expect(await verifyLedger(database.db, { merchantId: DEMO_MERCHANT_ID })).toMatchObject({ ok: true });
    return [...(await money()), reports[0]?.reasons.map(({ reason }) => reason)];
  };
  const of = (status: string, back: number, lost: number, won: number) => ({
    ...{ status, back, lost, won },
    receivable: 10_000 - back - lost,
  });
  expect(await told(sale('paid'))).toEqual([of('SUCCEEDED', 0, 0, 0), []]);
  expect(await told(sale('partially_refunded', '2000'))).toMatchObject([
    of('PARTIALLY_REFUNDED', 2_000, 0, 0),
    {},
  ]);
  expect(await told(sale('chargeback', '2000'))).toMatchObject([of('CHARGEBACK', 2_000, 8_000, 0), {}]);
  // A bare "paid" may be an older row.
  expect(await told(sale('succeeded', '2000'))).toMatchObject([
    of('CHARGEBACK', 2_000, 8_000, 0),
    expect.arrayContaining(['status_may_not_change']),
  ]);
  expect(await told(sale('dispute_won', '2000'))).toMatchObject([
    of('PARTIALLY_REFUNDED', 2_000, 0, 8_000),
    {},
  ]);
  expect(await told(sale('disputed', '2000'))).toMatchObject([
    of('PARTIALLY_REFUNDED', 2_000, 0, 8_000),
    expect.arrayContaining(['status_may_not_change']),
  ]);
});

test('an e-mail with many names makes nobody; one with a document is that person’s all the same', async () => {
  const rows = Array.from(
    { length: 12 },
    (_, at) => `p${at},a,Pessoa ${'abcdefghijkl'[at]},teste@teste.com,`,
  );
  await adopt({ customers: ['id,clinica,nome,email,cpf', ...rows, 'q,a,Ana,teste@teste.com,52998224725'] });
  expect(
    await database.db.query(
      `SELECT state, reasons, raw_kept AS kept, count(*) AS rows, count(customer_id) AS known FROM adopted_rows
       GROUP BY 1, 2, 3 ORDER BY 1`,
    ),
  ).toEqual([
    { state: 'mapped', reasons: [], kept: 'person', rows: 1, known: 1 },
    { state: 'partly', reasons: ['email_of_many'], kept: 'masked', rows: 12, known: 0 },
  ]);
});

test('rows that wait too long for their clinic lose their personal words, and nothing else', async () => {
  await adopt({ customers: ['id,clinica,nome,email', 'c9,z,Caio Melo,caio@example.com'] });
  const day = 24 * 3_600_000;
  const at = (days: number) => ({
    ...context,
    clock: { ...context.clock, nowMs: () => context.clock.nowMs() + days * day },
  });
  expect(await pruneWaitingRows(at(729), 730)).toBe(0);
  expect(await pruneWaitingRows(at(731), 730)).toBe(1);
  expect(await pruneWaitingRows(at(731), 730)).toBe(0);
  expect(await prunedOf(database.db, 'legacy')).toBe(1);
  const [row] = await database.db.query<{ kept: string; hash: unknown; sealed: Buffer }>(
    'SELECT raw_kept AS kept, person_hash AS hash, raw_sealed AS sealed FROM adopted_rows',
  );
  expect(row).toMatchObject({ kept: 'pruned', hash: null });
  expect(openRaw(context.personalData, row?.sealed ?? Buffer.alloc(0))).toEqual({
    ...{ id: 'c9', clinica: 'z' },
    ...{ nome: '***', email: '***' },
  });
});

test('a card that only looks like somebody’s is not theirs; one with the provider’s id is', async () => {
  const head = 'id,clinic_id,provider,status,amount_cents,created_at,paid_at,email,card_brand,last4,card_id';
  const paid = (id: string, email: string, card: string) =>
    `${id},a,pagarme,paid,100,2025-01-01T12:00:00Z,2025-01-01T12:00:00Z,${email},visa,4242,${card}`;
  await adopt({
    payments: [
      head,
      paid('p1', 'maria@example.com', ''),
      paid('p2', '', ''),
      paid('p3', 'maria@example.com', 'card_7'),
      paid('p4', '', 'card_7'),
    ],
  });
  const cards = await database.db.query<{ key: string; card: string; owner: string | null }>(
    `SELECT t.old_key AS key, payment_method_id AS card, m.customer_id AS owner
     FROM adopted_transactions t JOIN customer_payment_methods m USING (merchant_id, payment_method_id) ORDER BY 1`,
  );
  expect(cards.map(({ owner }) => owner !== null)).toEqual([true, false, true, true]);
  expect(new Set(cards.map(({ card }) => card)).size).toBe(3);
  expect(cards[2]?.card).toBe(cards[3]?.card);
});

test('the report tells what became of the rows after all steps', async () => {
  const row = 'x1,a,stripe,quase pago,100,2025-01-01T12:00:00Z,2025-01-01T12:00:00Z';
  const payments = ['id,clinic_id,provider,status,amount_cents,created_at,paid_at', row];
  expect((await adopt({ payments })).files[0]).toMatchObject({ unmapped: 1 });
  const mapping = MappingFile.parse({
    clinics: { a: DEMO_MERCHANT_ID },
    statuses: { 'quase pago': 'SUCCEEDED' },
  });
  expect((await adopt({ payments }, { mapping })).files[0]).toMatchObject({ unmapped: 0, mapped: 1 });
});

test('a patient’s id is no customer’s, though both are numbers', async () => {
  const head = 'id,clinic_id,provider,status,amount_cents,created_at,paid_at,customer_id,patient_profile_id';
  const paid = (id: string, customer: string) =>
    `${id},a,stripe,paid,100,2025-01-01T12:00:00Z,2025-01-01T12:00:00Z,${customer},5`;
  await adopt({
    customers: ['id,clinica,nome,email', '5,a,Maria,maria@example.com'],
    payments: [head, paid('p1', ''), paid('p2', '5')],
  });
  expect(
    await database.db.query(
      'SELECT old_key AS key, customer_id IS NOT NULL AS known FROM adopted_transactions ORDER BY 1',
    ),
  ).toEqual([
    { key: 'p1', known: false },
    { key: 'p2', known: true },
  ]);
});

test('of a database its tables are read by the names of the mapping, and one that it sets to null is not', async () => {
  const old = await createEmptyDatabase();
  try {
    await old.db.query(
      `CREATE TABLE assinaturas (codigo bigint PRIMARY KEY, clinic_id text, provider text, provider_subscription_id text,
         plan text, price numeric(10, 2), status text, is_native boolean, "currentPeriodStart" timestamptz,
         "currentPeriodEnd" timestamptz)`,
    );
    await old.db.query(
      `INSERT INTO assinaturas VALUES (7, 'a', 'stripe', 'sub_7', 'Ouro', 99.90, 'trialing', false,
         '2025-03-01T03:00:00Z', '2025-04-01T02:59:59Z')`,
    );
    await old.db.query('CREATE TABLE customer_providers (nothing text)');
    const tables = { subscription: { table: 'assinaturas', key: 'codigo' }, customer_provider: null };
    const mapping = MappingFile.parse({
      clinics: { a: DEMO_MERCHANT_ID },
      columns: { id: 'codigo' },
      tables,
    });
    const { files: reports } = await adopt({}, { sourceUrl: old.url, mapping });
    expect(reports).toMatchObject([{ kind: 'subscription', rows: 1, mapped: 1 }]);
    expect(await subscriptions()).toMatchObject([
      {
        ...{ key: '7', theirs: 'sub_7', native: false, status: 'trialing', cents: 9_990 },
        ...{ from: '2025-03-01', until: '2025-03-31' },
      },
    ]);
  } finally {
    await old.close();
  }
});
