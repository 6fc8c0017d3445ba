import { mkdtempSync, rmSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import type { RecurrenceView } from '../../domain/protocol/recurring.ts';
import { silentLog } from '../../platform/log.ts';
import { systemClock, systemRandom } from '../../platform/system.ts';
import { eventually } from '../../platform/testing/eventually.ts';
import { type ProviderSimulator, startProviderSimulator } from '../../simulators/provider/provider.ts';
import { newTxid } from '../../simulators/provider/testing/test-provider.ts';
import { DEMO_MERCHANT_ID, DEMO_PIX_KEY } from '../catalog/demo-shop.ts';
import type { ServerContext } from '../context.ts';
import { type App, createApp } from '../http/app.ts';
import { type PaymentWorkers, startPaymentWorkers } from '../payments/payment-workers.ts';
import { expectMoneyAddsUp } from '../payments/testing/payment-steps.ts';
import { createPixAutomatic } from '../providers/bacen-pix/automatic.ts';
import type { PixAutomatic } from '../providers/bacen-pix/automatic-types.ts';
import { createBacenPixProvider } from '../providers/bacen-pix/bacen-pix.ts';
import type { NationalProvider, ProviderReceipt } from '../providers/provider.ts';
import { placeReceipt } from '../reconciliation/place-receipt.ts';
import { resolveSuspense } from '../reconciliation/resolve-suspense.ts';
import { placedReceipts, putInSuspense } from '../reconciliation/suspense.ts';
import { MANAGER_TOKEN, OPERATOR_TOKEN, seedShop, testContext } from '../testing/test-context.ts';
import { createTestDatabase, type TestDatabase } from '../testing/test-database.ts';
import { createRefusedWebhooks } from '../webhooks/refused-webhooks.ts';
import { registerWebhookRoutes } from '../webhooks/webhook-routes.ts';
import { keepRecurrence } from './keep-recurrence.ts';
import { registerRecurringRoutes } from './recurring-routes.ts';
import { takeRecurrence } from './take-recurrence.ts';

const CLIENT = { clientId: 'totem', clientSecret: 'secret', automatic: true, timeoutMs: 5_000 };

let folder: string;
let bank: ProviderSimulator;
let database: TestDatabase;
let context: ServerContext;
let provider: NationalProvider;
let automatic: PixAutomatic;
let workers: PaymentWorkers<NationalProvider>;
let app: App;
let serverUrl: string;
let contracts = 0;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'totem-recurring-'));
  const environment = { clock: systemClock, randomBytes: systemRandom, log: silentLog };
  bank = await startProviderSimulator({
    host: '127.0.0.1',
    port: 0,
    dataDir: folder,
    ...CLIENT,
    ...environment,
  });
  database = await createTestDatabase();
  context = testContext({ db: database.db, clock: systemClock });
  await seedShop(database.db, systemClock.nowMs());
  const settings = { ...CLIENT, baseUrl: bank.apiBaseUrl, tokenUrl: bank.tokenUrl };
  automatic = createPixAutomatic(settings, systemClock);
  provider = createBacenPixProvider(settings, systemClock);
  workers = startPaymentWorkers(context, provider);
  app = await createApp(context);
  registerWebhookRoutes(app, context, [workers], createRefusedWebhooks(silentLog));
  registerRecurringRoutes(app, context, [provider]);
  await app.listen({ host: '127.0.0.1', port: 0 });
  serverUrl = `http://127.0.0.1:${(app.server.address() as AddressInfo).port}`;
});
afterEach(() => expectMoneyAddsUp(context));
afterAll(async () => {
  await workers.stop();
  await app.close();
  await bank.close();
  await database.close();
  rmSync(folder, { recursive: true });
});

async function act(path: string, body: unknown): Promise<void> {
  const response = await fetch(`${bank.bankUrl}/bank${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  expect(response.status).toBe(200);
}

/** An agreement that its customer approved. @returns its id */
async function agreed(): Promise<string> {
  contracts += 1;
  const made = await automatic.createAgreement({
    contract: `contract-${contracts}`,
    subject: 'Plano mensal',
    debtor: { cpf: '52998224725', name: 'Fulano de Tal' },
    firstDay: '2026-04-01',
    lastDay: null,
    period: 'monthly',
    amount: { kind: 'fixed', amountCents: 3_500 },
    retries: true,
    journey: { kind: 2 },
    orderedAtMs: systemClock.nowMs(),
    mayExist: false,
  });
  if (made.kind !== 'found') throw new Error(JSON.stringify(made));
  await act(`/agreements/${made.agreement.agreementId}`, { act: 'approve', journey: 2 });
  return made.agreement.agreementId;
}

/** @returns the txid of a charge that waits for its day */
async function charged(agreementId: string): Promise<string> {
  const txid = newTxid();
  const made = await automatic.createCharge({
    txid,
    agreementId,
    dueDay: '2026-04-15',
    amountCents: 3_500,
    movesToWorkday: true,
    receiver: { branch: '9708', account: '012682', accountType: 'CORRENTE' },
    description: 'Plano mensal',
    mayExist: false,
  });
  if (made.kind !== 'found') throw new Error(JSON.stringify(made));
  await act(`/recurring-charges/${txid}`, { act: 'schedule' });
  return txid;
}

async function paidReceipt(txid: string): Promise<ProviderReceipt> {
  await act(`/recurring-charges/${txid}`, { act: 'pay' });
  const read = await automatic.fetchCharge(txid);
  const [receipt] = read.kind === 'found' ? read.charge.receipts : [];
  if (receipt === undefined) throw new Error('the bank took no money');
  return receipt;
}

async function list(query = ''): Promise<readonly RecurrenceView[]> {
  const response = await fetch(`${serverUrl}/v1/recurring${query}`, {
    headers: { authorization: `Bearer ${MANAGER_TOKEN}` },
  });
  expect(response.status).toBe(200);
  return ((await response.json()) as { recurrences: RecurrenceView[] }).recurrences;
}

/** Postings of the account, in cents; credits are negative. */
async function balance(account: string): Promise<number> {
  const [row] = await context.db.query<{ cents: number }>(
    'SELECT coalesce(sum(amount_cents), 0)::int AS cents FROM ledger_postings WHERE account_code = $1',
    [account],
  );
  return row?.cents ?? 0;
}

const take = (txid: string) =>
  takeRecurrence(
    context,
    provider,
    { kind: 'charge', id: txid },
    {
      cause: 'webhook',
      receivedAtMs: systemClock.nowMs(),
    },
  );
const income = () => balance('recurring_income');
const suspended = (receipt: ProviderReceipt) =>
  putInSuspense(context, {
    merchantId: DEMO_MERCHANT_ID,
    provider: 'bacen-pix',
    receipt,
    foundBy: 'sweep',
    reason: 'foreign_txid',
    suggestedReceiptId: null,
  });
const swept = (receipt: ProviderReceipt) =>
  placeReceipt(context, provider, {
    merchantId: DEMO_MERCHANT_ID,
    receipt,
    foundBy: 'sweep',
    suggestedReceiptId: null,
    isPlaced: async () =>
      (await placedReceipts(context.db, DEMO_MERCHANT_ID, [receipt.receiptId])).has(receipt.receiptId),
  });

test('the bank’s webhooks, registered by the server, fill the list, and the money is income once', async () => {
  const before = await income();
  workers.registerWebhook(serverUrl);
  const token = await fetch(bank.tokenUrl, {
    method: 'POST',
    headers: { authorization: `Basic ${Buffer.from('totem:secret').toString('base64')}` },
    body: new URLSearchParams({ grant_type: 'client_credentials' }),
  });
  const { access_token } = (await token.json()) as { access_token: string };
  await eventually(async () => {
    for (const path of ['/webhookrec', '/webhookcobr']) {
      const answer = await fetch(`${bank.apiBaseUrl}${path}`, {
        headers: { authorization: `Bearer ${access_token}` },
      });
      expect(answer.status).toBe(200);
    }
  });
  const agreementId = await agreed();
  const txid = await charged(agreementId);
  await paidReceipt(txid);

  await eventually(async () => {
    const [charge, agreement] = await list(`?agreementId=${agreementId}`).then((all) =>
      all.toSorted((a, b) => (a.kind < b.kind ? 1 : -1)),
    );
    expect(charge).toMatchObject({
      kind: 'charge',
      id: txid,
      agreementId,
      status: 'paid',
      amountCents: 3_500,
      receivedCents: 3_500,
      dueOn: '2026-04-15',
    });
    expect(agreement).toMatchObject({
      kind: 'agreement',
      id: agreementId,
      status: 'active',
      receivedCents: 0,
    });
    expect(charge?.lastEventAt).toBeGreaterThan(0);
    expect(charge?.history.at(-1)).toMatchObject({ to: 'paid', cause: 'webhook' });
  });
  expect(await income()).toBe(before - 3_500);
  expect(await context.db.query('SELECT 1 FROM tickets')).toEqual([]);
  expect(await context.db.query('SELECT 1 FROM receipts')).toEqual([]);
});

test('told again, together and by an older answer, nothing counts twice and nothing falls back', async () => {
  const txid = await charged(await agreed());
  const early = await provider.readRecurrence?.({ kind: 'charge', id: txid });
  if (early?.kind !== 'found') throw new Error('not read');
  const askedAtMs = systemClock.nowMs();
  const receipt = await paidReceipt(txid);
  const before = await balance('receivable:bacen-pix');
  await eventually(async () => expect(await take(txid)).toEqual({ kind: 'applied' }));
  await Promise.all([take(txid), take(txid), take(txid), swept(receipt)]);
  const key = { merchantId: DEMO_MERCHANT_ID, provider: 'bacen-pix', kind: 'charge', id: txid } as const;
  await keepRecurrence(context, key, early.recurrence, 'webhook', askedAtMs - 60_000);
  const [charge] = (await list('?kind=charge')).filter(({ id }) => id === txid);
  expect(charge).toMatchObject({ status: 'paid', providerStatus: 'CONCLUIDA', receivedCents: 3_500 });
  expect(await balance('receivable:bacen-pix')).toBeLessThanOrEqual(before + 3_500);
  const posted = await context.db.query('SELECT 1 FROM ledger_entries WHERE idempotency_key = $1', [
    `recurring:${receipt.receiptId}`,
  ]);
  expect(posted).toHaveLength(1);
  expect(await suspended(receipt)).toBe(false);
});

test('what somebody sends back of it at the bank is income no more', async () => {
  const txid = await charged(await agreed());
  const { receiptId } = await paidReceipt(txid);
  await eventually(async () => expect(await take(txid)).toEqual({ kind: 'applied' }));
  const sent = await provider.requestRefund({
    charge: { txid, providerChargeId: null },
    receiptId,
    refundId: 'byhand1',
    amountCents: 1_500,
    receivedCents: 3_500,
    description: 'Em parte',
    mayExist: false,
  });
  expect(sent.kind).toBe('found');
  await eventually(async () => {
    await take(txid);
    const [charge] = (await list('?kind=charge')).filter(({ id }) => id === txid);
    expect(charge).toMatchObject({
      receivedCents: 3_500,
      returnedCents: 1_500,
      disputedCents: 0,
      returns: [{ kind: 'refund', status: 'settled', amountCents: 1_500 }],
    });
  });
});

test('money whose webhook was lost is found by the sweep, and is not held in suspense', async () => {
  await quietly();
  const before = await income();
  const receipt = await paidReceipt(await charged(await agreed()));
  expect(await swept(receipt)).toBe('recorded');
  expect(await income()).toBe(before - 3_500);
  expect(await balance('suspense')).toBe(0);
});

test('money that stood in suspense leaves it for where it belongs', async () => {
  const before = await income();
  await quietly();
  const txid = await charged(await agreed());
  const receipt = await paidReceipt(txid);
  expect(await suspended(receipt)).toBe(true);
  expect(await balance('suspense')).toBe(-3_500);
  await take(txid);
  expect(await balance('suspense')).toBe(0);
  expect(await income()).toBe(before - 3_500);
});

test('what a person took out of suspense is left where it was put', async () => {
  await quietly();
  const txid = await charged(await agreed());
  const receipt = await paidReceipt(txid);
  const before = await income();
  expect(await suspended(receipt)).toBe(true);
  const { receiptId } = receipt;
  const decided = await resolveSuspense(context, DEMO_MERCHANT_ID, {
    receiptId,
    resolution: 'other_income',
    by: 'Caixa',
  });
  expect(decided.ok).toBe(true);
  await take(txid);
  expect(await income()).toBe(before);
  const [row] = await context.db.query('SELECT place FROM recurring_receipts WHERE receipt_id = $1', [
    receiptId,
  ]);
  expect(row).toEqual({ place: 'elsewhere' });
});

test('a txid of nobody is asked about once and held in suspense', async () => {
  const receipt: ProviderReceipt = {
    receiptId: `E${'5'.repeat(31)}`,
    endToEndId: `E${'5'.repeat(31)}`,
    txid: newTxid(),
    pixKey: DEMO_PIX_KEY,
    amountCents: 700,
    paidAtMs: systemClock.nowMs() - 3_600_000,
    feeCents: null,
  };
  expect(await swept(receipt)).toBe('in_suspense');
});

test('a provider that cannot be asked is noted, and of two merchants nobody guesses', async () => {
  const { readRecurrence: _, ...mute } = provider;
  const hint = { kind: 'agreement', id: 'urn:x:1' } as const;
  expect(
    await takeRecurrence(context, { ...mute, name: 'open-finance' }, hint, {
      cause: 'webhook',
      receivedAtMs: 5,
    }),
  ).toEqual({
    kind: 'noted',
  });
  expect((await list()).find(({ id }) => id === hint.id)).toMatchObject({ status: null, lastEventAt: 5 });
  await context.db.query(
    `INSERT INTO merchants (merchant_id, name, pix_key, created_at)
     VALUES (gen_random_uuid(), 'Outra', 'outra@example.com', now())`,
  );
  const other = { kind: 'agreement', id: 'urn:x:2' } as const;
  expect(
    await takeRecurrence(context, { ...mute, name: 'open-finance' }, other, {
      cause: 'webhook',
      receivedAtMs: 5,
    }),
  ).toEqual({
    kind: 'nobodys',
  });
  // Money is theirs in whose list it stands.
  const receipt = await paidReceipt(await charged(await agreed()));
  expect(await swept(receipt)).toBe('recorded');
});

async function order(
  path: string,
  body: unknown,
): Promise<{ status: number; body: Record<string, unknown> }> {
  const response = await fetch(`${serverUrl}/v1/recurring/${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${MANAGER_TOKEN}` },
    body: JSON.stringify(body),
  });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

const agreementOrder = (contract: string) => ({
  provider: 'bacen-pix',
  contract,
  subject: 'Plano mensal',
  debtor: { name: 'Fulano de Tal', cpf: '52998224725' },
  firstDay: '2026-04-01',
  period: 'monthly',
  amountCents: 3_500,
});
const chargeOrder = (agreementId: unknown) => ({
  provider: 'bacen-pix',
  txid: newTxid(),
  agreementId,
  dueDay: '2026-04-15',
  amountCents: 3_500,
  receiver: { branch: '9708', account: '012682', accountType: 'CORRENTE' },
});

test('a manager orders an agreement and a charge, each once however often it is asked for', async () => {
  const first = await order('agreements', agreementOrder('plano-1'));
  expect(first).toMatchObject({
    status: 200,
    body: { status: 'created', brCode: expect.stringMatching(/^000201/) },
  });
  expect((await order('agreements', agreementOrder('plano-1'))).body).toEqual(first.body);
  await act(`/agreements/${first.body['id']}`, { act: 'approve', journey: 2 });
  const wanted = chargeOrder(first.body['id']);
  expect(await order('charges', wanted)).toMatchObject({ status: 200, body: { id: wanted.txid } });
  expect(await order('charges', wanted)).toMatchObject({ status: 200, body: { id: wanted.txid } });
  const known = await list(`?agreementId=${first.body['id']}`);
  expect(known.map(({ kind }) => kind).toSorted()).toEqual(['agreement', 'charge']);
  const agreement = known.find(({ kind }) => kind === 'agreement');
  expect(agreement?.reference).toBe('plano-1');
  expect(agreement?.history[0]).toMatchObject({ from: null, to: 'created', cause: 'ordered' });
});

test.each([
  ['a moment ago, by the clock of another server', 500, 'under_way'],
  ['before the clock was set back by an hour', 3_600_000, null],
])('an order that was begun %s', async (_when, aheadMs, code) => {
  const contract = `plano-ahead-${aheadMs}`;
  await context.db.query(
    `INSERT INTO recurring_orders (merchant_id, provider, kind, reference, ordered_at, asked_at)
     VALUES ($1, 'bacen-pix', 'agreement', $2, $3, $3)`,
    [DEMO_MERCHANT_ID, contract, new Date(systemClock.nowMs() + aheadMs)],
  );
  const answer = await order('agreements', agreementOrder(contract));
  expect(answer).toMatchObject(code === null ? { status: 200 } : { status: 503, body: { error: { code } } });
});

test('two who order at once make one, and an order for which the bank was away is taken up again', async () => {
  const faults = (body: unknown) =>
    fetch(`${bank.bankUrl}/bank/faults`, {
      method: 'PUT',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
  const asked = [
    order('agreements', agreementOrder('plano-2')),
    order('agreements', agreementOrder('plano-2')),
  ];
  const answers = await Promise.all(asked);
  const before = await order('agreements', agreementOrder('plano-2'));
  expect(before.status).toBe(200);
  const made = answers.filter(({ status }) => status === 200);
  expect(made.length).toBeGreaterThan(0);
  for (const answer of answers)
    expect(answer).toMatchObject(
      answer.status === 200
        ? { body: { id: before.body['id'] } }
        : { body: { error: { code: 'under_way' } } },
    );
  await faults({ online: false });
  expect(await order('agreements', agreementOrder('plano-3'))).toMatchObject({
    status: 503,
    body: { error: { code: 'provider_unavailable' } },
  });
  await faults({ online: true });
  expect((await order('agreements', agreementOrder('plano-3'))).status).toBe(200);
  expect((await order('agreements', agreementOrder('plano-2'))).body).toEqual(before.body);
});

test.each([
  [
    'a provider that makes none',
    'agreements',
    { ...agreementOrder('plano-4'), provider: 'stripe' },
    'unknown_provider',
  ],
  ['an agreement of nobody', 'charges', chargeOrder('RR1234567820260401abcdefghijk'), 'unknown_agreement'],
])('refused: %s', async (_name, path, body, code) => {
  expect(await order(path, body)).toMatchObject({ status: 404, body: { error: { code } } });
});

test('an operator may not read it', async () => {
  const response = await fetch(`${serverUrl}/v1/recurring`, {
    headers: { authorization: `Bearer ${OPERATOR_TOKEN}` },
  });
  expect(response.status).toBe(403);
});

/** Its webhooks go nowhere from now on, so that the test alone brings the news. */
async function quietly(): Promise<void> {
  expect(await automatic.registerWebhooks('http://127.0.0.1:9/nobody')).toEqual({ kind: 'registered' });
}
