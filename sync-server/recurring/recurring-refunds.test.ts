import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { RecurrenceView, SubscriptionList } from '../../domain/protocol/recurring.ts';
import { silentLog } from '../../platform/log.ts';
import { systemClock, systemRandom } from '../../platform/system.ts';
import { ManualClock } from '../../platform/testing/manual-clock.ts';
import { PAGARME_SECRET_KEY } from '../../simulators/provider/pagarme/pagarme.ts';
import { type ProviderSimulator, startProviderSimulator } from '../../simulators/provider/provider.ts';
import { SIMULATED_KEYS } from '../../simulators/provider/stripe/stripe-context.ts';
import { newTxid } from '../../simulators/provider/testing/test-provider.ts';
import { DEMO_MERCHANT_ID } from '../catalog/demo-shop.ts';
import type { ServerContext } from '../context.ts';
import { type App, createApp } from '../http/app.ts';
import { type PaymentWorkers, startPaymentWorkers } from '../payments/payment-workers.ts';
import { expectMoneyAddsUp } from '../payments/testing/payment-steps.ts';
import { createPixAutomatic } from '../providers/bacen-pix/automatic.ts';
import type { PixAutomatic } from '../providers/bacen-pix/automatic-types.ts';
import { createBacenPixProvider } from '../providers/bacen-pix/bacen-pix.ts';
import { pagarmeFactory } from '../providers/pagarme/pagarme.ts';
import type { NationalProvider, PaymentProvider } from '../providers/provider.ts';
import { stripeFactory } from '../providers/stripe/stripe.ts';
import type { RecurrenceHint } from '../providers/webhook-intake.ts';
import { MANAGER_TOKEN, OPERATOR_TOKEN, seedShop, testContext } from '../testing/test-context.ts';
import { createTestDatabase, type TestDatabase } from '../testing/test-database.ts';
import { registerRecurringRoutes } from './recurring-routes.ts';
import { readRecurringTroubles } from './recurring-troubles.ts';
import { takeRecurrence } from './take-recurrence.ts';

/** Of one call to a simulator: short, because the tests that cut it wait for it. */
const TIMEOUT_MS = 800;
/** Of what only prepares a test. */
const PATIENT_MS = 10_000;
const CLIENT = { clientId: 'totem', clientSecret: 'secret', automatic: true, timeoutMs: TIMEOUT_MS };
const CENTS = 3_500;
const NAMES = ['bacen-pix', 'pagarme', 'stripe'] as const;
type Name = (typeof NAMES)[number];

let folder: string;
let bank: ProviderSimulator;
let database: TestDatabase;
let clock: ManualClock;
let context: ServerContext;
let providers: Record<Name, PaymentProvider>;
let pagarme: NationalProvider;
let automatic: PixAutomatic;
let workers: PaymentWorkers<PaymentProvider>[];
let app: App;
let server: string;
let contracts = 0;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'totem-recurring-refunds-'));
  clock = new ManualClock();
  const sim = { host: '127.0.0.1', port: 0, dataDir: folder, ...CLIENT };
  bank = await startProviderSimulator({ ...sim, clock, randomBytes: systemRandom, log: silentLog });
  database = await createTestDatabase();
  context = testContext({ db: database.db, clock });
  await seedShop(database.db, clock.nowMs());
  // Sockets live in real time: a call is not cut by a test that moves the clock.
  const wire = {
    nowMs: () => clock.nowMs(),
    monotonicMs: () => clock.monotonicMs(),
    schedule: systemClock.schedule,
  };
  const settings = { ...CLIENT, baseUrl: bank.apiBaseUrl, tokenUrl: bank.tokenUrl };
  const environment = { clock: wire, randomBytes: systemRandom, log: silentLog, fetch: globalThis.fetch };
  automatic = createPixAutomatic({ ...settings, timeoutMs: PATIENT_MS }, wire);
  const openPagarme = (timeoutMs: number): NationalProvider =>
    pagarmeFactory.open(
      {
        provider: 'pagarme',
        baseUrl: `${bank.bankUrl}/pagarme/core/v5`,
        secretKey: PAGARME_SECRET_KEY,
        fallbackCustomer: {
          ...{ name: 'Clínica Aurora', email: 'recepcao@aurora.example' },
          ...{ cpf: '52998224725', phone: '5511999999999' },
        },
        webhooks: {
          authentication: 'hub_signature',
          keysUrl: `${bank.bankUrl}/pagarme/.well-known/jwks.json`,
        },
        split: { merchantRecipientId: 're_merchant' },
        timeoutMs,
      },
      environment,
    );
  pagarme = openPagarme(PATIENT_MS);
  providers = {
    'bacen-pix': createBacenPixProvider(settings, wire),
    pagarme: openPagarme(TIMEOUT_MS),
    stripe: stripeFactory.open(
      {
        ...SIMULATED_KEYS,
        webhookSecrets: ['whsec_simulated'],
        apiBaseUrl: bank.stripeUrl,
        scriptUrl: `${bank.stripeUrl}/js`,
        timeoutMs: TIMEOUT_MS,
      },
      environment,
    ),
  };
  workers = NAMES.map((name) => startPaymentWorkers(context, providers[name]));
  app = await createApp(context);
  registerRecurringRoutes(
    app,
    context,
    NAMES.map((name) => providers[name]),
  );
  server = await app.listen({ host: '127.0.0.1', port: 0 });
});
afterEach(() => expectMoneyAddsUp(context));
afterAll(async () => {
  await Promise.all(workers.map((each) => each.stop()));
  await app.close();
  await bank.close();
  await database.close();
  rmSync(folder, { recursive: true });
});

async function call(
  method: string,
  url: string,
  body?: unknown,
  headers: Record<string, string> = {},
): Promise<{ status: number; body: Record<string, unknown> }> {
  const response = await fetch(url, {
    method,
    headers: { 'content-type': 'application/json', ...headers },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}
async function act(path: string, body: unknown, method = 'POST'): Promise<Record<string, unknown>> {
  const answer = await call(method, `${bank.bankUrl}${path}`, body);
  expect(answer.status, JSON.stringify(answer.body)).toBe(200);
  return answer.body;
}
const asManager = (path: string, body?: unknown) =>
  call(body === undefined ? 'GET' : 'POST', `${server}/v1/recurring${path}`, body, {
    authorization: `Bearer ${MANAGER_TOKEN}`,
  });

/** One period of a new agreement is paid at the simulator. */
const PAY: Record<Name, () => Promise<RecurrenceHint>> = {
  'bacen-pix': async () => {
    contracts += 1;
    const made = await automatic.createAgreement({
      contract: `refund-${contracts}`,
      subject: 'Plano mensal',
      debtor: { cpf: '52998224725', name: 'Fulano de Tal' },
      firstDay: '2026-04-01',
      lastDay: null,
      period: 'monthly',
      amount: { kind: 'fixed', amountCents: CENTS },
      retries: true,
      journey: { kind: 2 },
      orderedAtMs: clock.nowMs(),
      mayExist: false,
    });
    if (made.kind !== 'found') throw new Error(JSON.stringify(made));
    const { agreementId } = made.agreement;
    await act(`/bank/agreements/${agreementId}`, { act: 'approve', journey: 2 });
    const txid = newTxid();
    const charged = await automatic.createCharge({
      txid,
      agreementId,
      dueDay: '2026-04-15',
      amountCents: CENTS,
      movesToWorkday: true,
      receiver: { branch: '9708', account: '012682', accountType: 'CORRENTE' },
      description: 'Plano mensal',
      mayExist: false,
    });
    if (charged.kind !== 'found') throw new Error(JSON.stringify(charged));
    await act(`/bank/recurring-charges/${txid}`, { act: 'schedule' });
    await act(`/bank/recurring-charges/${txid}`, { act: 'pay' });
    return { kind: 'charge', id: txid };
  },
  pagarme: async () => {
    const txid = newTxid();
    const made = await pagarme.createCharge({
      ...{ txid, pixKey: 'none', amountCents: CENTS, expiresSeconds: 300, description: 'Plano mensal' },
      ...{ merchantName: 'Clínica', city: 'São Paulo', split: [], mayExist: false },
      customer: { name: 'Maria Aparecida Souza', cpf: '11144477735', email: 'maria@example.com' },
    });
    if (made.kind !== 'created') throw new Error(JSON.stringify(made));
    await act('/bank/payments', { brCode: made.charge.brCode, mode: 'exact' });
    const { invoice } = await act('/pagarme/dashboard/invoices', { code: txid });
    return { kind: 'request', id: String(invoice) };
  },
  stripe: async () => {
    const { invoice } = await act('/stripe/sim/periods', { amount: CENTS, plan: 'Clube' });
    return { kind: 'charge', id: String(invoice) };
  },
};

const tell = (name: Name, hint: RecurrenceHint) =>
  takeRecurrence(context, providers[name], hint, { cause: 'webhook', receivedAtMs: clock.nowMs() });

interface Paid {
  readonly hint: RecurrenceHint;
  readonly receiptId: string;
}
async function paid(name: Name): Promise<Paid> {
  const hint = await PAY[name]();
  await until(async () => {
    expect(await tell(name, hint)).toEqual({ kind: 'applied' });
    return (await shown(hint)).receipts.length > 0;
  });
  const [receipt] = (await shown(hint)).receipts;
  return { hint, receiptId: receipt?.receiptId ?? '' };
}

async function shown({ kind, id }: RecurrenceHint): Promise<RecurrenceView> {
  const { body } = await asManager(`?kind=${kind}&limit=200`);
  const found = (body['recurrences'] as RecurrenceView[]).find((each) => each.id === id);
  if (found === undefined) throw new Error(`${id} is not in the list`);
  return found;
}

async function until(condition: () => Promise<boolean>, maxMs = 60_000): Promise<void> {
  for (let waitedMs = 0; waitedMs <= maxMs; waitedMs += 500) {
    for (let turn = 0; turn < 2; turn += 1) {
      if (await condition()) return;
      await delay(5);
    }
    clock.advance(500);
  }
  throw new Error(`did not happen within ${maxMs} ms of the clock`);
}

const request = (receiptId: string, more: Record<string, unknown> = {}) => ({
  requestId: crypto.randomUUID(),
  receiptId,
  note: 'Cliente cancelou o plano',
  ...more,
});
const idOf = (answer: Awaited<ReturnType<typeof asManager>>): string => {
  expect(answer.status, JSON.stringify(answer.body)).toBe(200);
  return String(answer.body['refundId']);
};
const refundOf = async (hint: RecurrenceHint, refundId: string) =>
  (await shown(hint)).refunds.find((each) => each.refundId === refundId);

async function balance(account: string, receiptId: string): Promise<number> {
  const [row] = await context.db.query<{ cents: number }>(
    `SELECT coalesce(sum(amount_cents), 0)::int AS cents FROM ledger_postings p
     JOIN ledger_entries e USING (merchant_id, entry_id)
     WHERE account_code = $1 AND e.idempotency_key LIKE '%' || $2 || '%'`,
    [account, receiptId],
  );
  return row?.cents ?? 0;
}

describe.each(NAMES)('at the simulator of %s', (name) => {
  test('a part goes back and then the rest, each once however often it is asked for and told', async () => {
    const { hint, receiptId } = await paid(name);
    expect((await shown(hint)).receipts).toMatchObject([{ refundableCents: CENTS, noRefund: null }]);
    const part = request(receiptId, { amountCents: 1_000 });
    const refundId = idOf(await asManager('/refunds', part));
    expect(await asManager('/refunds', part)).toEqual({ status: 200, body: { refundId } });
    expect((await asManager('/refunds', { ...part, amountCents: 1_001 })).body).toMatchObject({
      error: { code: 'request_conflict' },
    });
    await until(async () => (await refundOf(hint, refundId))?.status === 'settled');
    for (let round = 0; round < 3; round += 1) await tell(name, hint);
    expect(await shown(hint)).toMatchObject({ returnedCents: 1_000, receipts: [{ refundableCents: 2_500 }] });
    const rest = idOf(await asManager('/refunds', request(receiptId)));
    await until(async () => (await refundOf(hint, rest))?.status === 'settled');
    for (let round = 0; round < 3; round += 1) await tell(name, hint);
    expect(await shown(hint)).toMatchObject({
      returnedCents: CENTS,
      receipts: [{ refundableCents: 0, noRefund: 'nothing_left' }],
    });
    expect(await balance('recurring_returns', receiptId)).toBe(CENTS);
    expect(await balance(`receivable:${name}`, receiptId)).toBe(0);
    expect((await asManager('/refunds', request(receiptId))).body).toMatchObject({
      error: { code: 'too_much' },
    });
  });

  test('of an answer that was lost, and with the provider away meanwhile, one refund comes', async () => {
    const { hint, receiptId } = await paid(name);
    await act('/bank/faults', { timeoutAfterSuccess: true }, 'PUT');
    const refundId = idOf(await asManager('/refunds', request(receiptId, { amountCents: 1_200 })));
    await until(async () => ((await refundOf(hint, refundId))?.attempts ?? 0) > 0);
    await act('/bank/faults', { timeoutAfterSuccess: false, online: false }, 'PUT');
    // What a webhook tells meanwhile is the same refund, and no other.
    await tell(name, hint);
    await act('/bank/faults', { online: true }, 'PUT');
    await until(async () => (await refundOf(hint, refundId))?.status === 'settled');
    await tell(name, hint);
    expect(await shown(hint)).toMatchObject({ returnedCents: 1_200, receivedCents: CENTS });
    expect((await shown(hint)).returns.map(({ amountCents }) => amountCents)).toEqual([1_200]);
  });

  test('two who ask at once for all of it: one goes, the other is refused', async () => {
    const { hint, receiptId } = await paid(name);
    const answers = await Promise.all([
      asManager('/refunds', request(receiptId)),
      asManager('/refunds', request(receiptId)),
    ]);
    expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 409]);
    await until(async () => (await shown(hint)).returnedCents === CENTS);
  });
});

describe('what is refused', () => {
  test.each([
    ['nobody’s receipt', 404, 'unknown_receipt', async () => request('E404')],
    [
      'more than came',
      409,
      'too_much',
      async () => request((await paid('stripe')).receiptId, { amountCents: CENTS + 1 }),
    ],
  ] as const)('%s', async (_what, status, code, make) => {
    expect(await asManager('/refunds', await make())).toMatchObject({ status, body: { error: { code } } });
  });

  test('money that is disputed, that is too old, or that has its place elsewhere', async () => {
    const { hint, receiptId } = await paid('stripe');
    const { body } = await asManager('/refunds', request(receiptId, { amountCents: 100 }));
    await until(async () => (await refundOf(hint, String(body['refundId'])))?.status === 'settled');
    await context.db.query(
      `INSERT INTO recurring_returns (merchant_id, receipt_id, return_id, provider, kind, status, amount_cents, currency,
         reason, opened_at) VALUES ($1, $2, 'du_1', 'stripe', 'chargeback', 'won', 100, 'USD', 'fraudulent', now())`,
      [DEMO_MERCHANT_ID, receiptId],
    );
    expect((await shown(hint)).receipts).toMatchObject([{ noRefund: null }]);
    await context.db.query(`UPDATE recurring_returns SET status = 'open' WHERE return_id = 'du_1'`);
    expect((await shown(hint)).receipts).toMatchObject([{ noRefund: 'disputed', refundableCents: 0 }]);
    const refused = await asManager('/refunds', request(receiptId));
    expect(refused).toMatchObject({ status: 409, body: { error: { code: 'disputed' } } });
    await context.db.query(`UPDATE recurring_returns SET status = 'won' WHERE return_id = 'du_1'`);
    await context.db.query(`UPDATE recurring_receipts SET paid_at = $2 WHERE receipt_id = $1`, [
      receiptId,
      new Date(clock.nowMs() - 91 * 86_400_000),
    ]);
    expect((await asManager('/refunds', request(receiptId))).body).toMatchObject({
      error: { code: 'too_late' },
    });
  });

  test('an operator, and a note that says nothing', async () => {
    const { receiptId } = await paid('stripe');
    const denied = await call('POST', `${server}/v1/recurring/refunds`, request(receiptId), {
      authorization: `Bearer ${OPERATOR_TOKEN}`,
    });
    expect(denied.status).toBe(403);
    expect((await asManager('/refunds', request(receiptId, { note: ' ' }))).status).toBe(400);
  });
});

describe('what the provider refuses', () => {
  /** Asked for, and refused by the bank after it had taken it. */
  async function refusedAt(): Promise<Paid & { readonly refundId: string }> {
    const { hint, receiptId } = await paid('bacen-pix');
    const refundId = idOf(await asManager('/refunds', request(receiptId)));
    await until(async () => (await refundOf(hint, refundId))?.providerStatus === 'EM_PROCESSAMENTO');
    await act(`/bank/sent-back/${receiptId}/${refundId}`, { status: 'NAO_REALIZADO' });
    await until(async () => (await refundOf(hint, refundId))?.status === 'failed');
    return { hint, receiptId, refundId };
  }

  test('is told, can be asked for again under another id, and goes back once', async () => {
    const { hint, receiptId, refundId } = await refusedAt();
    expect(await shown(hint)).toMatchObject({ returnedCents: 0, receipts: [{ refundableCents: CENTS }] });
    expect(await refundOf(hint, refundId)).toMatchObject({
      lastError: expect.any(String),
      nextAttemptAt: null,
    });
    const retried = await asManager('/refunds/retry', { refundIds: [refundId, 'nobody'] });
    expect(retried.body).toEqual({ refundIds: [`${refundId}2`] });
    expect((await asManager('/refunds/retry', { refundIds: [refundId] })).body).toEqual({ refundIds: [] });
    await until(async () => (await refundOf(hint, `${refundId}2`))?.status === 'settled');
    await tell('bacen-pix', hint);
    expect(await shown(hint)).toMatchObject({
      returnedCents: CENTS,
      refunds: [{ refundId: `${refundId}2` }],
    });
    expect(await balance('recurring_returns', receiptId)).toBe(CENTS);
  });

  test('is closed by a person who sent it back by hand, and is posted once', async () => {
    const { hint, receiptId, refundId } = await refusedAt();
    const close = { refundId, by: 'Ana', note: 'Pix pelo aplicativo' };
    expect(await asManager('/refunds/returned', close)).toEqual({ status: 200, body: { refundId } });
    expect(await asManager('/refunds/returned', { ...close, by: 'Bia' })).toMatchObject({ status: 200 });
    expect(await refundOf(hint, refundId)).toMatchObject({
      status: 'settled',
      returned: { by: 'Ana', note: 'Pix pelo aplicativo' },
    });
    expect(await balance('recurring_returns', receiptId)).toBe(CENTS);
    expect((await asManager('/refunds/retry', { refundIds: [refundId] })).body).toEqual({ refundIds: [] });
  });

  test('of what somebody sent back at the bank meanwhile, only the rest is posted', async () => {
    const { hint, receiptId, refundId } = await refusedAt();
    await act('/bank/sent-back', { endToEndId: receiptId, amountCents: 1_500 });
    await until(async () => {
      await tell('bacen-pix', hint);
      return (await shown(hint)).returnedCents === 1_500;
    });
    expect((await asManager('/refunds/retry', { refundIds: [refundId] })).body).toEqual({ refundIds: [] });
    const closed = idOf(
      await asManager('/refunds/returned', { refundId, by: 'Ana', note: 'o resto em dinheiro' }),
    );
    expect(await refundOf(hint, closed)).toMatchObject({ amountCents: CENTS - 1_500, status: 'settled' });
    expect(await shown(hint)).toMatchObject({ returnedCents: CENTS });
    expect(await balance('recurring_returns', receiptId)).toBe(CENTS);
  });

  test('one that is under way is neither asked for again nor closed', async () => {
    const { hint, receiptId } = await paid('bacen-pix');
    const refundId = idOf(await asManager('/refunds', request(receiptId)));
    expect((await asManager('/refunds/retry', { refundIds: [refundId] })).body).toEqual({ refundIds: [] });
    expect((await asManager('/refunds/returned', { refundId, by: 'Ana', note: 'nada' })).body).toMatchObject({
      error: { code: 'not_failed' },
    });
    await until(async () => (await refundOf(hint, refundId))?.status === 'settled');
  });
});

/** Everything of the payment went back, and came back to Stripe. */
async function bounced(byHand: boolean): Promise<Paid & { readonly refundId: string }> {
  const { hint, receiptId } = await paid('stripe');
  const { body: charge } = await stripeGet(`/charges/${receiptId}`);
  let refundId: string;
  if (byHand) {
    const made = await act('/stripe/sim/refunds', { paymentIntent: charge['payment_intent'] });
    refundId = String(made['id']);
    await tell('stripe', hint);
  } else {
    refundId = idOf(await asManager('/refunds', request(receiptId)));
    await until(async () => (await refundOf(hint, refundId))?.status === 'settled');
  }
  expect(await shown(hint)).toMatchObject({ returnedCents: CENTS });
  const { data } = (await stripeGet(`/refunds?charge=${receiptId}`)).body as unknown as {
    data: { id: string }[];
  };
  await act(`/stripe/sim/refunds/${data[0]?.id}/fail`, {});
  for (let round = 0; round < 2; round += 1) await tell('stripe', hint);
  expect(await shown(hint)).toMatchObject({
    returnedCents: 0,
    returns: [{ status: 'failed', bouncedAt: clock.nowMs(), closed: null }],
    receipts: [{ refundableCents: CENTS }],
  });
  expect(await balance('recurring_returns', receiptId)).toBe(0);
  return { hint, receiptId, refundId };
}
const stripeGet = (path: string) =>
  call('GET', `${bank.stripeUrl}/v1${path}`, undefined, {
    authorization: `Bearer ${SIMULATED_KEYS.secretKey}`,
  });
const troubles = () => readRecurringTroubles(context.db, DEMO_MERCHANT_ID, 20);

describe('a refund that had arrived and came back', () => {
  test('of ours is undone, told of, and sent again under another id', async () => {
    const { hint, receiptId, refundId } = await bounced(false);
    expect((await troubles()).failedRefunds).toMatchObject([{ refundId, status: 'failed' }]);
    expect((await troubles()).lostReturns).toEqual([]);
    const retried = await asManager('/refunds/retry', { refundIds: [refundId] });
    expect(retried.body).toEqual({ refundIds: [`${refundId}2`] });
    await until(async () => (await refundOf(hint, `${refundId}2`))?.status === 'settled');
    await tell('stripe', hint);
    expect(await shown(hint)).toMatchObject({ returnedCents: CENTS });
    expect(await balance('recurring_returns', receiptId)).toBe(CENTS);
    expect((await troubles()).refundsFailed).toBe(0);
  });

  test('of ours is closed by a person who sent it otherwise, and is posted under another id', async () => {
    const { hint, receiptId, refundId } = await bounced(false);
    const closed = idOf(await asManager('/refunds/returned', { refundId, by: 'Ana', note: 'Pix por fora' }));
    expect(closed).toBe(`${refundId}2`);
    expect(await balance('recurring_returns', receiptId)).toBe(CENTS);
    await tell('stripe', hint);
    expect(await shown(hint)).toMatchObject({ returnedCents: CENTS });
    expect((await troubles()).refundsFailed).toBe(0);
  });

  test.each([true, false])(
    'of the provider’s own is closed by a person; sent back by hand: %s',
    async (sentBack) => {
      const { hint, receiptId, refundId } = await bounced(true);
      expect((await troubles()).lostReturns).toMatchObject([{ receiptId, returnId: refundId }]);
      const close = { receiptId, returnId: refundId, by: 'Ana', note: 'cartão encerrado', sentBack };
      for (const by of ['Ana', 'Bia'])
        expect((await asManager('/returns/close', { ...close, by })).status).toBe(200);
      expect(await balance('recurring_returns', receiptId)).toBe(sentBack ? CENTS : 0);
      const [first] = (await shown(hint)).returns.filter(({ returnId }) => returnId === refundId);
      expect(first).toMatchObject({ closed: { by: 'Ana' } });
      expect((await troubles()).refundsFailed).toBe(0);
      expect((await asManager('/returns/close', { ...close, returnId: 're_x' })).body).toMatchObject({
        error: { code: 'unknown_return' },
      });
    },
  );
});

test('subscriptions are listed with plan, price, period and sums, their customers masked', async () => {
  const { hint } = await paid('pagarme');
  const { agreementId } = await shown(hint);
  const list = async (query = '') =>
    (await asManager(`/subscriptions${query}`)).body as unknown as SubscriptionList;
  const found = (await list('?limit=200')).subscriptions.find((each) => each.agreementId === agreementId);
  expect(found).toMatchObject({
    isNative: false,
    provider: 'pagarme',
    status: 'active',
    providerStatus: 'active',
    plan: 'Plano mensal',
    payments: 1,
    receivedCents: CENTS,
    returnedCents: 0,
    customer: { name: 'M*** A*** S***', document: '***444777**', email: 'm***@example.com' },
  });
  expect(JSON.stringify(await list('?limit=200'))).not.toMatch(/Aparecida|11144477735|maria@/);
  expect((await list('?status=canceled')).subscriptions).toEqual([]);
  expect((await list('?native=true')).total).toBe(0);
  expect((await list('?native=false&limit=1')).subscriptions).toHaveLength(1);
  expect((await list()).loose).toBe(0);
  const loose = { merchantId: DEMO_MERCHANT_ID, provider: 'stripe' };
  await context.db.query(
    `INSERT INTO recurrences (merchant_id, provider, kind, recurrence_id, first_seen_at)
     VALUES ($1, $2, 'charge', 'in_loose', now())`,
    Object.values(loose),
  );
  expect((await list()).loose).toBe(1);
  const { body } = await asManager('?loose=true');
  expect((body['recurrences'] as RecurrenceView[]).map(({ id }) => id)).toEqual(['in_loose']);
});
