import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { ChargeResponse } from '../../domain/protocol/charges.ts';
import type { AdminSnapshot } from '../../domain/protocol/screens.ts';
import { silentLog } from '../../platform/log.ts';
import { systemClock, systemRandom } from '../../platform/system.ts';
import { eventually } from '../../platform/testing/eventually.ts';
import { PAGARME_SECRET_KEY } from '../../simulators/provider/pagarme/pagarme.ts';
import type { ServerContext } from '../context.ts';
import { type SimulatedBank, startSimulatedBank } from '../providers/testing/simulated-bank.ts';
import { type RunningServer, startServer } from '../server.ts';
import { readEvents } from '../testing/event-reader.ts';
import { kioskAuthorization } from '../testing/kiosk-identity.ts';
import { MANAGER_TOKEN, seedShop, testConfig, testContext } from '../testing/test-context.ts';
import { createTestDatabase, type TestDatabase } from '../testing/test-database.ts';
import { type BankAnswer, type LyingBank, startLyingBank } from './testing/lying-bank.ts';
import { chargeRequest, expectMoneyAddsUp, KIOSK, readPayment, SERVICE } from './testing/payment-steps.ts';

const PROVIDER_TIMEOUT_MS = 400;

let folder: string;
let database: TestDatabase;
let context: ServerContext;
let simulator: SimulatedBank;
/** Between the server and both of its providers: their paths tell them apart. */
let wire: LyingBank;
let server: RunningServer;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'totem-two-'));
  database = await createTestDatabase();
  await seedShop(database.db, systemClock.nowMs());
  context = testContext({ db: database.db, clock: systemClock });
  simulator = await startSimulatedBank();
  wire = await startLyingBank(simulator.url);
  const fallbackCustomer = { email: 'recepcao@aurora.example', cpf: '52998224725' };
  const config = testConfig({
    dataDir: folder,
    databaseUrl: database.url,
    providers: {
      national: [
        {
          provider: 'bacen-pix',
          baseUrl: `${wire.url}/api/v2`,
          tokenUrl: `${wire.url}/oauth/token`,
          clientId: 'totem',
          clientSecret: 'secret',
          timeoutMs: PROVIDER_TIMEOUT_MS,
        },
        {
          provider: 'pagarme',
          baseUrl: `${wire.url}/pagarme/core/v5`,
          secretKey: PAGARME_SECRET_KEY,
          fallbackCustomer: { ...fallbackCustomer, name: 'Clínica Aurora', phone: '5511999999999' },
          webhooks: {
            authentication: 'hub_signature',
            keysUrl: `${simulator.url}/pagarme/.well-known/jwks.json`,
          },
          timeoutMs: PROVIDER_TIMEOUT_MS,
        },
        {
          provider: 'appmax',
          generation: 'v3',
          baseUrl: `${simulator.url}/appmax/api/v3`,
          accessToken: 'not-used',
          fallbackCustomer: {
            ...fallbackCustomer,
            firstName: 'Clínica',
            lastName: 'Aurora',
            phone: '11999999999',
          },
        },
      ],
      international: {
        provider: 'stripe',
        secretKey: 'sk_test_simulated',
        publishableKey: 'pk_test_simulated',
        webhookSecrets: ['whsec_of_this_test'],
        apiBaseUrl: `${simulator.url}/stripe`,
      },
    },
  });
  await database.db.query(
    `INSERT INTO routing_rules (merchant_id, rule_id, provider, priority, created_at, created_by)
     SELECT merchant_id, gen_random_uuid(), provider, priority, now(), 'test'
     FROM merchants, (VALUES ('bacen-pix', 0), ('pagarme', 1)) AS rule (provider, priority)`,
  );
  server = await startServer(config, { clock: systemClock, randomBytes: systemRandom, log: silentLog });
  await simulator.call('PUT', '/pagarme/dashboard', {
    webhook: {
      url: `${server.urls.syncServer}/v1/webhooks/pagarme`,
      authentication: { kind: 'hub_signature' },
    },
  });
});
beforeEach(async () => {
  wire.takeCalls();
  wire.lie(null);
  await simulator.call('PUT', '/bank/faults', { webhook: 'normal' });
});
afterEach(() => expectMoneyAddsUp(context));
afterAll(async () => {
  await server.close();
  await wire.close();
  await simulator.close();
  await database.close();
  rmSync(folder, { recursive: true, force: true });
});

type Request = ReturnType<typeof chargeRequest>;
async function ask(request: Request): Promise<{ status: number; charge: ChargeResponse }> {
  const answer = await fetch(`${server.urls.syncServer}/v1/charges`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...kioskAuthorization(KIOSK.kioskId, systemClock) },
    body: JSON.stringify(request),
  });
  return { status: answer.status, charge: (await answer.json()) as ChargeResponse };
}
async function charged(request: Request = chargeRequest(context)): Promise<ChargeResponse> {
  const { status, charge } = await ask(request);
  expect(status, JSON.stringify(charge)).toBe(200);
  return charge;
}

/** A provider that does not answer is passed over for a while; each test begins without that. */
const everybodyAnswers = () =>
  expect
    .poll(async () => providerOf((await charged()).transactionId), { timeout: 40_000, interval: 300 })
    .toEqual({ provider: 'bacen-pix' });
async function providerOf(transactionId: string): Promise<{ provider: string }> {
  const [row] = await database.db.query<{ provider: string }>(
    'SELECT provider FROM payment_transactions WHERE transaction_id = $1',
    [transactionId],
  );
  if (row === undefined) throw new Error('no such transaction');
  return row;
}
const attemptsOf = (transactionId: string) =>
  database.db.query(
    'SELECT provider, outcome FROM payment_attempts WHERE transaction_id = $1 ORDER BY attempt',
    [transactionId],
  );
const isOfBank = ({ path }: BankAnswer): boolean => path.startsWith('/api/v2/cob');
const isOfPagarme = ({ path }: BankAnswer): boolean => path.startsWith('/pagarme/');
const paidOnce = (sessionId: string) =>
  eventually(async () =>
    expect(await readPayment(context, sessionId)).toMatchObject({ status: 'SUCCEEDED', confirmations: 1 }),
  );

test('the first provider says that it cannot: the second makes the charge, and its signed webhook pays it', async () => {
  wire.lie((answer) => (isOfBank(answer) ? { status: 503, body: {} } : null));
  const made = await charged();
  expect(await attemptsOf(made.transactionId)).toEqual([
    { provider: 'bacen-pix', outcome: 'unavailable' },
    { provider: 'pagarme', outcome: 'created' },
  ]);
  await simulator.pay(made.brCode);
  await paidOnce(made.sessionId);
  const books = await database.db.query<{ code: string; cents: number }>(
    `SELECT account_code AS code, sum(amount_cents)::bigint AS cents
     FROM ledger_postings JOIN ledger_entries USING (merchant_id, entry_id)
     WHERE transaction_id = $1 GROUP BY account_code ORDER BY 1`,
    [made.transactionId],
  );
  expect(books).toEqual([
    { code: 'receivable:pagarme', cents: SERVICE.amountCents },
    { code: 'sales', cents: -SERVICE.amountCents },
  ]);
  wire.lie(null);
  await everybodyAnswers();
});

test('the first provider falls silent: the second is never asked, and the charge is the first one’s', async () => {
  const request = chargeRequest(context);
  wire.takeCalls();
  wire.lie((answer) => (isOfBank(answer) ? 'silence' : null));
  expect((await ask(request)).status).toBe(503);
  expect((await ask(request)).status).toBe(503);
  expect(wire.takeCalls().filter(isOfPagarme)).toEqual([]);
  wire.lie(null);
  const made = await charged(request);
  expect(await providerOf(made.transactionId)).toEqual({ provider: 'bacen-pix' });
  await simulator.pay(made.brCode);
  await paidOnce(made.sessionId);
  await everybodyAnswers();
});

describe('money for an attempt that was given up', () => {
  test('the provider that refused had made the charge: one ticket, and the money of the other goes back', async () => {
    wire.lie((answer) =>
      isOfBank(answer) && answer.method === 'PUT'
        ? {
            status: 403,
            body: { type: 'https://pix.bcb.gov.br/api/v2/error/AcessoNegado', title: 'no', status: 403 },
          }
        : null,
    );
    const made = await charged();
    expect(await attemptsOf(made.transactionId)).toEqual([
      { provider: 'bacen-pix', outcome: 'rejected' },
      { provider: 'pagarme', outcome: 'created' },
    ]);
    wire.lie(null);
    await simulator.call('POST', '/bank/payments', { txid: made.txid, mode: 'exact' });
    await paidOnce(made.sessionId);
    await simulator.pay(made.brCode);
    await eventually(async () =>
      expect(await readPayment(context, made.sessionId)).toMatchObject({
        status: 'SUCCEEDED',
        confirmations: 1,
        refunds: [{ reason: 'surplus', status: 'settled', cents: SERVICE.amountCents }],
      }),
    );
    await everybodyAnswers();
  });
});

describe('a webhook that is earlier than what it is about', () => {
  test('than our knowledge of the provider’s id: the charge is looked at as soon as it is known', async () => {
    const request = chargeRequest(context);
    wire.lie((answer) =>
      isOfBank(answer) ? { status: 503, body: {} } : isOfPagarme(answer) ? 'silence' : null,
    );
    expect((await ask(request)).status).toBe(503);
    await simulator.call('PUT', '/bank/faults', { webhook: 'lost' });
    const { charges } = await simulator.call<{ charges: { brCode: string }[] }>(
      'GET',
      '/bank/charges?limit=1',
    );
    await simulator.pay(charges[0]?.brCode ?? null);
    const made = wire.takeCalls().find(({ method, path }) => method === 'POST' && path.endsWith('/orders'));
    const orderId = (made?.body as { id: string } | undefined)?.id;
    // An event that names the order by its id alone.
    await simulator.call('PUT', '/bank/faults', { webhook: 'normal' });
    await simulator.call('POST', '/pagarme/dashboard/events', { type: 'order.paid', data: { id: orderId } });
    await eventually(async () =>
      expect(await database.db.query('SELECT provider_charge_id AS id FROM early_charges')).toEqual([
        { id: orderId },
      ]),
    );
    expect(await readPayment(context, request.sessionId)).toMatchObject({ confirmations: 0 });
    wire.lie(null);
    await ask(request);
    await paidOnce(request.sessionId);
    expect(await database.db.query('SELECT 1 FROM early_charges')).toEqual([]);
    await everybodyAnswers();
  });

  test('than our row: it is tried again, and pays', async () => {
    const request = chargeRequest(context);
    await simulator.call('POST', '/pagarme/dashboard/events', {
      type: 'order.paid',
      data: { id: 'or_0000000000000000', code: request.txid },
    });
    await eventually(async () => {
      const [row] = await database.db.query(
        `SELECT status, attempts > 0 AS tried FROM webhook_inbox WHERE position($1::bytea in body) > 0`,
        [Buffer.from(request.txid)],
      );
      expect(row).toEqual({ status: 'received', tried: true });
    });
    wire.lie((answer) => (isOfBank(answer) ? { status: 503, body: {} } : null));
    const made = await charged(request);
    await simulator.call('PUT', '/bank/faults', { webhook: 'lost' });
    await simulator.pay(made.brCode);
    await paidOnce(made.sessionId);
    wire.lie(null);
    await everybodyAnswers();
  });
});

/** As the manager's screen shows it. */
async function refusedWebhooks(): Promise<number> {
  const screen = await readEvents(`${server.urls.syncServer}/api/screens/admin/snapshots`, {
    authorization: `Bearer ${MANAGER_TOKEN}`,
  });
  const { data } = await screen.next();
  screen.close();
  return (JSON.parse(data) as AdminSnapshot).money.refusedWebhooks;
}

test('what no provider has sent is refused, counted, and never stored', async () => {
  const inbox = async () => (await database.db.query('SELECT 1 FROM webhook_inbox')).length;
  await eventually(async () =>
    expect(
      await database.db.query("SELECT 1 FROM webhook_inbox WHERE status = 'received' AND attempts = 0"),
    ).toEqual([]),
  );
  const before = await inbox();
  const refusedBefore = await refusedWebhooks();
  const body = JSON.stringify({ id: 'evt_1', type: 'order.paid', data: { id: 'or_1' }, pix: [] });
  const forged: readonly [string, Record<string, string>, number][] = [
    ['bacen-pix', {}, 404],
    ['bacen-pix/guess/pix', {}, 404],
    ['bacen-pix/%00', {}, 404],
    ['pagarme', {}, 401],
    ['pagarme', { 'x-webhook-asymmetric-signature': 'alg=none; kid=x; signature=' }, 401],
    ['pagarme', { 'x-webhook-asymmetric-signature': 'alg=RS256; kid=x; signature=AAAA' }, 401],
    ['appmax', {}, 404],
    ['appmax/guess', {}, 404],
    ['stripe', {}, 401],
    [
      'stripe',
      { 'stripe-signature': `t=${Math.floor(systemClock.nowMs() / 1000)},v1=${'0'.repeat(64)}` },
      401,
    ],
    ['stripe', { 'stripe-signature': 'nonsense' }, 401],
    ['nobody', {}, 404],
  ];
  for (const [path, headers, status] of forged) {
    const answer = await fetch(`${server.urls.syncServer}/v1/webhooks/${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body,
    });
    expect(answer.status, `${path} ${JSON.stringify(headers)}`).toBe(status);
  }
  expect(await inbox()).toBe(before);
  // All but the one that is addressed to nobody.
  expect((await refusedWebhooks()) - refusedBefore).toBe(forged.length - 1);
});
