import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { ManualClock } from '../../platform/testing/manual-clock.ts';
import { DEMO_UNIT_ID } from '../catalog/demo-shop.ts';
import type { ServerContext } from '../context.ts';
import { type App, createApp } from '../http/app.ts';
import { ModelBank } from '../payments/testing/model-bank.ts';
import { KIOSK } from '../payments/testing/payment-steps.ts';
import { watchProvider } from '../providers/provider-health.ts';
import type { Providers } from '../providers/providers.ts';
import { MANAGER_TOKEN, OPERATOR_TOKEN, seedShop, testContext } from '../testing/test-context.ts';
import { createTestDatabase, type TestDatabase } from '../testing/test-database.ts';
import { createChargeRouter } from './charge-router.ts';
import { registerRoutingRoutes } from './routing-routes.ts';
import { NO_SHADOWS } from './shadow-mirror.ts';

/** 12:05 in São Paulo. */
const clock = new ManualClock(Date.UTC(2026, 5, 10, 15, 5));
let database: TestDatabase;
let context: ServerContext;
let banks: ModelBank[];
let national: Providers['national'];
let app: App;

beforeAll(async () => {
  database = await createTestDatabase();
  context = testContext({ db: database.db, clock });
  await seedShop(database.db, clock.nowMs());
});
beforeEach(async () => {
  clock.advance(60_000);
  await database.db.query('DELETE FROM routing_rules');
  banks = ['bacen-pix', 'pagarme', 'appmax'].map((name) => Object.assign(new ModelBank(clock), { name }));
  national = banks.map((bank) => ({
    ...watchProvider(bank, clock),
    wakeInbox: () => undefined,
  })) as unknown as Providers['national'];
  await app?.close();
  app = await createApp(context);
  registerRoutingRoutes(app, context, national, { ...NO_SHADOWS, names: ['open-finance'] });
});
afterAll(async () => {
  await app.close();
  await database.close();
});

async function ask(method: 'GET' | 'POST', path: string, payload?: object, token = MANAGER_TOKEN) {
  const response = await app.inject({
    method,
    url: `/v1/routing${path}`,
    headers: { authorization: `Bearer ${token}` },
    ...(payload === undefined ? {} : { payload }),
  });
  return { status: response.statusCode, body: response.json() };
}
const add = (body: object) => ask('POST', '/rules', { ruleId: crypto.randomUUID(), ...body });
const explain = (body: object = {}) =>
  ask('POST', '/explain', { unitId: DEMO_UNIT_ID, amountCents: 5_000, ...body });

test('without rules the order of the configuration is told', async () => {
  expect((await explain()).body).toMatchObject({
    first: [{ provider: 'bacen-pix', chance: 1 }],
    order: ['bacen-pix', 'pagarme', 'appmax'],
    rules: [],
    reason: 'there are no rules: the order of the configuration',
  });
  expect(await explain({ unitId: crypto.randomUUID() })).toMatchObject({ status: 404 });
});

test('rules are added, told and ended; each says why it does not fit', async () => {
  await add({ provider: 'pagarme', weight: 3 });
  await add({ provider: 'appmax', weight: 1 });
  await add({ provider: 'bacen-pix', priority: 0, minCents: 10_000 });
  await add({ provider: 'bacen-pix', priority: 2, fromMinute: 0, untilMinute: 360 });
  const { body } = await explain();
  expect(body).toMatchObject({
    localTime: expect.stringMatching(/^12:\d\d$/),
    first: [
      { provider: 'pagarme', chance: 0.75 },
      { provider: 'appmax', chance: 0.25 },
    ],
    rules: [
      { provider: 'bacen-pix', miss: 'amount_below' },
      { provider: 'pagarme', miss: null },
      { provider: 'appmax', miss: null },
      { provider: 'bacen-pix', miss: 'other_time' },
    ],
    reason: '2 of 4 rules fit, priority 1 first',
  });
  expect((await explain({ amountCents: 10_000 })).body.first).toEqual([{ provider: 'bacen-pix', chance: 1 }]);
  expect((await explain({ at: Date.UTC(2026, 5, 10, 6, 0) })).body).toMatchObject({ localTime: '03:00' });
  expect((await explain({ at: Date.UTC(2026, 5, 10, 6, 0) })).body.rules.at(-1)).toMatchObject({
    miss: null,
  });
  const [first] = (await ask('GET', '')).body.rules;
  expect(await ask('POST', `/rules/${first.ruleId}/remove`, {})).toMatchObject({ status: 200 });
  expect(await ask('POST', `/rules/${first.ruleId}/remove`, {})).toMatchObject({ status: 404 });
  expect((await ask('GET', '')).body.rules).toHaveLength(3);
});

test('the explanation of a session is what the router then does, paused providers included', async () => {
  await add({ provider: 'pagarme', weight: 1 });
  await add({ provider: 'appmax', weight: 1 });
  const router = createChargeRouter(context, national);
  const [, pagarme] = banks;
  for (const reachable of [true, false]) {
    if (pagarme !== undefined) pagarme.reachable = reachable;
    await national[1]?.provider.fetchCharge({ txid: 'x', providerChargeId: null });
    for (let index = 0; index < 8; index += 1) {
      const sessionId = crypto.randomUUID();
      const charge = {
        ...KIOSK,
        sessionId,
        amountCents: 5_000,
        currency: 'BRL',
        timeZone: 'America/Sao_Paulo',
      };
      const routed = (await router.route(charge)).map(({ name }) => name);
      const { body } = await explain({ sessionId });
      expect(body.order).toEqual(routed);
      expect(body.first).toEqual([{ provider: routed[0], chance: 1 }]);
    }
  }
  expect((await explain()).body).toMatchObject({
    first: [{ provider: 'appmax', chance: 1 }],
    paused: [{ provider: 'pagarme' }],
    reason: '2 of 2 rules fit, priority 1 first; pagarme did not answer lately and comes last',
  });
  expect((await ask('GET', '')).body.providers).toMatchObject([
    { name: 'bacen-pix', status: 'ok', pausedUntil: null },
    { name: 'pagarme', status: 'down', pausedUntil: expect.any(Number) },
    { name: 'appmax', status: 'ok', pausedUntil: null },
  ]);
});

test('nonsense is refused: who is not configured, empty spans, another rule’s id, operators', async () => {
  expect(await add({ provider: 'stripe' })).toMatchObject({
    status: 409,
    body: {
      error: {
        code: 'provider_unknown',
        message: 'stripe is not configured (there is: bacen-pix, pagarme, appmax)',
      },
    },
  });
  expect(await add({ provider: 'pagarme', minCents: 5, maxCents: 4 })).toMatchObject({ status: 400 });
  expect(await add({ provider: 'pagarme', fromMinute: 60, untilMinute: 60 })).toMatchObject({ status: 400 });
  expect(await add({ provider: 'pagarme', unitId: crypto.randomUUID() })).toMatchObject({ status: 404 });
  const ruleId = crypto.randomUUID();
  expect(await add({ ruleId, provider: 'pagarme' })).toMatchObject({ status: 200 });
  expect(await add({ ruleId, provider: 'pagarme' })).toMatchObject({ status: 200 });
  expect(await add({ ruleId, provider: 'appmax' })).toMatchObject({
    body: { error: { code: 'rule_conflict' } },
  });
  expect(await ask('GET', '', undefined, OPERATOR_TOKEN)).toMatchObject({ status: 403 });
});

test('a share is set for a provider on trial alone, and ended by zero', async () => {
  const shadow = (body: object) => ask('POST', '/shadow', body);
  expect(await shadow({ provider: 'pagarme', shareBp: 100 })).toMatchObject({
    body: { error: { code: 'provider_unknown' } },
  });
  expect((await ask('GET', '')).body.shadows).toMatchObject([
    { provider: 'open-finance', shareBp: 0, setAt: null },
  ]);
  expect((await shadow({ provider: 'open-finance', shareBp: 100 })).body.shadows).toMatchObject([
    { provider: 'open-finance', shareBp: 100, setBy: 'manager', setAt: clock.nowMs() },
  ]);
  expect((await shadow({ provider: 'open-finance', shareBp: 0 })).body.shadows).toMatchObject([
    { shareBp: 0 },
  ]);
  expect((await ask('GET', '/shadow-report')).body).toMatchObject({
    providers: [],
    examples: [],
    dropped: 0,
  });
});
