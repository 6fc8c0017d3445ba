import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import type { ManagedCatalog } from '../../domain/protocol/catalog-changes.ts';
import { ManualClock } from '../../platform/testing/manual-clock.ts';
import type { ServerContext } from '../context.ts';
import { type App, createApp } from '../http/app.ts';
import { applyProviderCharge } from '../payments/apply-provider-charge.ts';
import { chargeCreator } from '../payments/create-charge.ts';
import { findBySession } from '../payments/payment-transaction.ts';
import { ModelBank } from '../payments/testing/model-bank.ts';
import { chargeRequest, KIOSK, SERVICE } from '../payments/testing/payment-steps.ts';
import { onlyProvider } from '../routing/charge-router.ts';
import { MANAGER_TOKEN, OPERATOR_TOKEN, seedShop, testContext } from '../testing/test-context.ts';
import { createTestDatabase, type TestDatabase } from '../testing/test-database.ts';
import { registerCatalogManagementRoutes } from './catalog-management-routes.ts';
import { changePrice, startPlannedPrices } from './change-price.ts';
import { DEMO_MERCHANT_ID, DEMO_SERVICES, DEMO_UNIT_ID } from './demo-shop.ts';
import { changeService } from './services.ts';

let clock: ManualClock;
let database: TestDatabase;
let context: ServerContext;
let app: App;

beforeAll(async () => {
  clock = new ManualClock();
  database = await createTestDatabase();
  await seedShop(database.db, clock.nowMs());
  context = testContext({ db: database.db, clock });
});
beforeEach(async () => {
  app = await createApp(context);
  registerCatalogManagementRoutes(app, context);
});
afterEach(() => app.close());
afterAll(() => database.close());

async function ask(method: 'GET' | 'POST', url: string, body?: object, token = MANAGER_TOKEN) {
  const response = await app.inject({
    method,
    url,
    headers: { authorization: `Bearer ${token}` },
    ...(body === undefined ? {} : { payload: body }),
  });
  return { status: response.statusCode, body: response.json() };
}
const post = (url: string, body: object) => ask('POST', url, body);
const refusal = (code: string) => ({ body: { error: { code } } });

async function feedCatalogs(
  unitId = DEMO_UNIT_ID,
): Promise<{ version: number; services: { name: string; amountCents: number }[] }[]> {
  const rows = await database.db.query<{ catalog: never }>(
    "SELECT payload->'catalog' AS catalog FROM feed WHERE unit_id = $1 AND kind = 'catalog.changed' ORDER BY seq",
    [unitId],
  );
  return rows.map(({ catalog }) => catalog);
}
const newest = async (unitId = DEMO_UNIT_ID) => (await feedCatalogs(unitId)).at(-1);

/** A unit of its own, so that tests do not see each other's services. */
async function newUnit(name: string): Promise<string> {
  const unitId = crypto.randomUUID();
  expect(await post('/v1/units', { unitId, name, city: 'Olinda' })).toMatchObject({ status: 200 });
  return unitId;
}
async function newService(unitId: string, overrides: object = {}): Promise<string> {
  const serviceId = crypto.randomUUID();
  const request = { serviceId, unitId, name: 'Raio X', prefix: 'R', amountCents: 8_000, ...overrides };
  expect(await post('/v1/services', request)).toMatchObject({ status: 200 });
  return serviceId;
}

test('a unit and its services are added, told to the totems at once, and the same request again changes nothing', async () => {
  const unitId = await newUnit('Unidade Norte');
  expect(await newest(unitId)).toMatchObject({ version: 1, services: [] });
  const serviceId = crypto.randomUUID();
  const request = { serviceId, unitId, name: 'Raio X', prefix: 'R', amountCents: 8_000 };
  const first = await post('/v1/services', request);
  expect(first.body).toMatchObject({
    version: 2,
    services: [
      { serviceId, name: 'Raio X', position: 1, active: true, pix: true, amountCents: 8_000, planned: [] },
    ],
  });
  expect(await post('/v1/services', request)).toEqual(first);
  expect(await post('/v1/units', { unitId, name: 'Unidade Norte', city: 'Olinda' })).toMatchObject({
    status: 200,
  });
  expect((await feedCatalogs(unitId)).map(({ version }) => version)).toEqual([1, 2]);
  expect(await post('/v1/services', { ...request, amountCents: 1 })).toMatchObject(
    refusal('service_conflict'),
  );
  expect(await post('/v1/units', { unitId, name: 'Outra', city: 'Olinda' })).toMatchObject(
    refusal('unit_conflict'),
  );
});

test('what cannot be told apart, or paid, is refused and leaves nothing behind', async () => {
  const unitId = await newUnit('Unidade Sul');
  const serviceId = await newService(unitId);
  const before = await feedCatalogs(unitId);
  const another = { serviceId: crypto.randomUUID(), unitId, name: 'Outro', prefix: 'O', amountCents: 100 };
  expect(await post('/v1/services', { ...another, prefix: 'R' })).toMatchObject(refusal('prefix_taken'));
  expect(await post('/v1/services', { ...another, name: 'RAIO X' })).toMatchObject(refusal('name_taken'));
  expect(await post('/v1/services', { ...another, pix: false })).toMatchObject(refusal('not_payable'));
  expect(await post(`/v1/services/${serviceId}`, { pix: false })).toMatchObject(refusal('not_payable'));
  expect(await post('/v1/services', { ...another, prefix: 'r1' })).toMatchObject({ status: 400 });
  expect(await post('/v1/services', { ...another, name: ' ' })).toMatchObject({ status: 400 });
  expect(await post('/v1/services', { ...another, amountCents: 1.5 })).toMatchObject({ status: 400 });
  expect(await post(`/v1/services/${serviceId}`, { amountCents: 5 })).toMatchObject({ status: 400 });
  expect(await post('/v1/services', { ...another, unitId: crypto.randomUUID() })).toMatchObject(
    refusal('unit_unknown'),
  );
  expect(await post(`/v1/services/${crypto.randomUUID()}`, { name: 'X' })).toMatchObject(
    refusal('service_unknown'),
  );
  expect(await feedCatalogs(unitId)).toEqual(before);
  // Off sale the prefix is free, and whoever took it meanwhile keeps it.
  await post(`/v1/services/${serviceId}`, { active: false });
  expect(await newest(unitId)).toMatchObject({ services: [] });
  await newService(unitId, { name: 'Radiografia' });
  expect(await post(`/v1/services/${serviceId}`, { active: true })).toMatchObject(refusal('prefix_taken'));
});

test('after a new price the old one is refused to totems, and charges that are open keep theirs', async () => {
  const charge = chargeCreator(context, onlyProvider(new ModelBank(clock)));
  const open = chargeRequest(context);
  expect(await charge(KIOSK, open)).toMatchObject({ ok: true });
  await post(`/v1/services/${SERVICE.serviceId}/price`, { amountCents: 5_500 });
  expect(await newest()).toMatchObject({
    version: 2,
    services: [{ amountCents: 5_500 }, {}, {}, {}, {}, {}],
  });
  expect(await charge(KIOSK, chargeRequest(context))).toMatchObject({ code: 'amount_not_in_catalog' });
  expect(await charge(KIOSK, chargeRequest(context, { amountCents: 5_500 }))).toMatchObject({ ok: true });
  expect(await charge(KIOSK, open)).toMatchObject({ ok: true, charge: { amountCents: SERVICE.amountCents } });
  // The same price again is no change.
  await post(`/v1/services/${SERVICE.serviceId}/price`, { amountCents: 5_500 });
  expect((await newest())?.version).toBe(2);
});

test('a price by card has its own versions, ends with zero, and each step is in the history', async () => {
  const unitId = await newUnit('Aeroporto');
  const serviceId = await newService(unitId);
  const price = (body: object) => post(`/v1/services/${serviceId}/price`, { international: true, ...body });
  expect(await price({ amountCents: 1_900, currency: 'USD' })).toMatchObject({
    body: { services: [{ card: { amountCents: 1_900, currency: 'USD' } }] },
  });
  await post(`/v1/services/${serviceId}`, { pix: false });
  expect(await price({ amountCents: 0, currency: 'USD' })).toMatchObject(refusal('not_payable'));
  await price({ amountCents: 2_100, currency: 'EUR' });
  await post(`/v1/services/${serviceId}`, { pix: true });
  expect(await price({ amountCents: 0, currency: 'EUR' })).toMatchObject({
    body: { services: [{ card: null }] },
  });
  expect(await price({ amountCents: 1, currency: 'XXQ' })).toMatchObject({ status: 400 });
  expect(await post(`/v1/services/${serviceId}/price`, { amountCents: 1, currency: 'USD' })).toMatchObject(
    refusal('currency_not_allowed'),
  );
  const { body } = await ask('GET', `/v1/services/${serviceId}/history`);
  expect(body.prices).toMatchObject([
    { international: false, version: 1, amountCents: 8_000, by: 'manager', validFrom: clock.nowMs() },
    { international: true, version: 2, amountCents: 2_100, currency: 'EUR' },
    { international: true, version: 1, amountCents: 1_900, currency: 'USD' },
  ]);
  expect(body.changes).toMatchObject([
    { version: 7, kind: 'price_changed', before: { amountCents: 2_100 }, after: { amountCents: 0 } },
    { version: 6, kind: 'service_changed', before: { pix: false }, after: { pix: true } },
    { version: 5, kind: 'price_changed', before: { amountCents: 1_900 }, after: { amountCents: 2_100 } },
    { version: 4, kind: 'service_changed', by: 'manager', after: { pix: false } },
    { version: 3, kind: 'price_changed', before: { amountCents: 0 }, after: { amountCents: 1_900 } },
    { version: 2, kind: 'service_added', before: null, after: { name: 'Raio X', amountCents: 8_000 } },
  ]);
});

test('planned prices come true by themselves, each at its moment, once, whoever applies them', async () => {
  const unitId = await newUnit('Unidade Leste');
  const serviceId = await newService(unitId);
  const other = await newService(unitId, { name: 'Laudo', prefix: 'L' });
  const minute = 60_000;
  const from = clock.nowMs() + minute;
  const plan = (amountCents: number, at: number, id = serviceId) =>
    post(`/v1/services/${id}/price`, { amountCents, from: at });
  await plan(7_000, from);
  await plan(9_000, from);
  await plan(9_500, from + minute);
  const planned = (await plan(1, from + minute, other)).body as ManagedCatalog;
  const [, laudo] = planned.services;
  expect(planned.services[0]?.planned.map(({ amountCents }) => amountCents)).toEqual([9_000, 9_500]);
  await post(`/v1/services/${other}/plans/${laudo?.planned[0]?.planId}/withdraw`, {});
  expect(await post(`/v1/services/${other}/plans/${laudo?.planned[0]?.planId}/withdraw`, {})).toMatchObject(
    refusal('plan_unknown'),
  );
  expect(await plan(1, clock.nowMs() - 2 * minute)).toMatchObject(refusal('in_the_past'));

  const workers = [startPlannedPrices(context), startPlannedPrices({ ...context, workDue: context.workDue })];
  const priceNow = async () => (await newest(unitId))?.services.map(({ amountCents }) => amountCents);
  await vi.waitFor(() => expect(clock.pendingTasks).toBeGreaterThan(1));
  expect(await priceNow()).toEqual([8_000, 8_000]);
  clock.advance(minute);
  for (const worker of workers) worker.wake();
  await vi.waitFor(async () => expect(await priceNow()).toEqual([9_000, 8_000]));
  clock.advance(5 * minute);
  for (const worker of workers) worker.wake();
  await vi.waitFor(async () => expect(await priceNow()).toEqual([9_500, 8_000]));
  for (const worker of workers) await worker.stop();
  const { body } = await ask('GET', `/v1/services/${serviceId}/history`);
  // Valid from the planned moment, not from when it was found.
  expect(body.prices.map((each: { validFrom: number }) => each.validFrom)).toEqual([
    from + minute,
    from,
    from - minute,
  ]);
  expect(body.planned.map((each: { status: string }) => each.status).sort()).toEqual([
    'applied',
    'applied',
    'withdrawn',
  ]);
  expect((await feedCatalogs(unitId)).map(({ version }) => version)).toEqual([1, 2, 3, 4, 5]);
});

test('a planned price that nobody could pay is refused at its moment and says so', async () => {
  const unitId = await newUnit('Unidade Oeste');
  const serviceId = await newService(unitId, { amountCents: 0 });
  await post(`/v1/services/${serviceId}`, { pix: false });
  await post(`/v1/services/${serviceId}/price`, { amountCents: 100, from: clock.nowMs() + 1_000 });
  clock.advance(2_000);
  await startPlannedPrices(context).stop();
  const { body } = await ask('GET', `/v1/services/${serviceId}/history`);
  expect(body.planned).toMatchObject([
    { status: 'refused', detail: expect.stringContaining('nobody could pay') },
  ]);
  expect(await newest(unitId)).toMatchObject({ services: [{ amountCents: 0 }] });
});

test('a plan that is withdrawn at its very moment does not come true', async () => {
  const unitId = await newUnit('Unidade Porto');
  const serviceId = await newService(unitId);
  await post(`/v1/services/${serviceId}/price`, { amountCents: 100, from: clock.nowMs() + 1_000 });
  clock.advance(2_000);
  const { db } = database;
  const query: typeof db.query = async (sql, parameters) => {
    const rows = await db.query<never>(sql, parameters);
    // Between the look at what is due and the change.
    if (sql.includes('takes_effect_at <='))
      await db.query(
        "UPDATE planned_prices SET status = 'withdrawn', ended_at = now() WHERE service_id = $1",
        [serviceId],
      );
    return rows;
  };
  await startPlannedPrices({ ...context, db: { ...db, query } }).stop();
  expect(await newest(unitId)).toMatchObject({ services: [{ amountCents: 8_000 }] });
  const { body } = await ask('GET', `/v1/services/${serviceId}/history`);
  expect(body.planned).toMatchObject([{ status: 'withdrawn' }]);
});

test('changes at once take turns: every version is told once, in order', async () => {
  const unitId = await newUnit('Unidade Centro 2');
  const serviceId = await newService(unitId);
  const prices = Array.from({ length: 8 }, (_, index) => 100 + index);
  await Promise.all(prices.map((amountCents) => post(`/v1/services/${serviceId}/price`, { amountCents })));
  const told = await feedCatalogs(unitId);
  expect(told.map(({ version }) => version)).toEqual(Array.from({ length: 10 }, (_, index) => index + 1));
  const [row] = await database.db.query<{ amount: number }>(
    'SELECT amount_cents AS amount FROM services WHERE service_id = $1',
    [serviceId],
  );
  expect(told.at(-1)?.services[0]?.amountCents).toBe(row?.amount);
});

test('changes of the catalogue and sales beside them never wait for each other in a circle', async () => {
  const takenBack: unknown[] = [];
  const busy = await createTestDatabase((error) => takenBack.push(error));
  try {
    await seedShop(busy.db, clock.nowMs());
    const beside = testContext({ db: busy.db, clock });
    const bank = new ModelBank(clock, '9');
    const charge = chargeCreator(beside, onlyProvider(bank));
    const [free, ...priced] = [...DEMO_SERVICES].reverse();
    const sell = async (index: number): Promise<void> => {
      const service = priced[index % priced.length] ?? SERVICE;
      const request = chargeRequest(beside, {
        serviceId: service.serviceId,
        amountCents: service.amountCents,
      });
      if (!(await charge(KIOSK, request)).ok) return;
      const payment = await findBySession(beside.db, KIOSK.merchantId, request.sessionId);
      if (payment === undefined) throw new Error('no payment');
      bank.pay(request.txid, request.amountCents);
      await applyProviderCharge(beside, payment, bank.chargeOf(request.txid), 'webhook');
    };
    const key = (index: number) => ({
      merchantId: DEMO_MERCHANT_ID,
      serviceId: priced[index % priced.length]?.serviceId ?? free?.serviceId ?? '',
    });
    const price = { currency: 'BRL', international: false } as const;
    await Promise.all(
      Array.from({ length: 30 }, async (_, index) => {
        await sell(index);
        const amountCents = priced[index % priced.length]?.amountCents ?? 1;
        await changePrice(beside, key(index), { ...price, amountCents: amountCents + 1, from: null }, 'test');
        await changePrice(
          beside,
          key(index),
          { ...price, amountCents, from: clock.nowMs() + 1 + index },
          'test',
        );
        await sell(index + 1);
        await changeService(beside, key(index), { position: index }, 'test');
      }),
    );
    clock.advance(1_000);
    await Promise.all([startPlannedPrices(beside).stop(), startPlannedPrices(beside).stop(), sell(0)]);
    expect(takenBack).toEqual([]);
    const [count] = await busy.db.query<{ versions: number; told: number }>(
      `SELECT catalog_version AS versions, (SELECT count(*)::int FROM feed WHERE kind = 'catalog.changed') AS told
       FROM units WHERE unit_id = $1`,
      [DEMO_UNIT_ID],
    );
    expect(count?.told).toBe(count?.versions);
    expect(count?.versions).toBeGreaterThan(30);
  } finally {
    await busy.close();
  }
});

test('a counter that serves somebody stays', async () => {
  const [, second] = ['Guichê 1', 'Guichê 2'];
  await database.db.query(
    `INSERT INTO tickets (merchant_id, ticket_id, unit_id, kiosk_id, session_id, number, prefix, label, business_day,
       service_id, service_name, status, issued_at, received_at, counter, called_at, payment)
     VALUES ($1, gen_random_uuid(), $2, 'totem-1', gen_random_uuid(), 501, 'I', 'I501', '2026-01-01', $3, 'x', 'called',
       now(), now(), $4, now(), 'free')`,
    [DEMO_MERCHANT_ID, DEMO_UNIT_ID, DEMO_SERVICES[5].serviceId, second],
  );
  const change = { counters: ['Guichê 1'] };
  expect(await post(`/v1/units/${DEMO_UNIT_ID}`, change)).toMatchObject(refusal('counter_in_use'));
  await database.db.query("UPDATE tickets SET status = 'completed' WHERE label = 'I501'");
  expect(await post(`/v1/units/${DEMO_UNIT_ID}`, change)).toMatchObject({ status: 200 });
  expect(await newest()).toMatchObject({ unit: { counters: ['Guichê 1'] } });
});

test('a manager reaches its own merchant alone, and an operator nothing of it', async () => {
  const other = crypto.randomUUID();
  const unitId = crypto.randomUUID();
  await database.db.query("INSERT INTO merchants VALUES ($1, 'Outra', 'chave', now())", [other]);
  await database.db.query(
    "INSERT INTO units (merchant_id, unit_id, name, city, time_zone, counters) VALUES ($1, $2, 'U', 'C', 'America/Sao_Paulo', '{A}')",
    [other, unitId],
  );
  expect(await ask('GET', `/v1/units/${unitId}/services`)).toMatchObject(refusal('unit_unknown'));
  expect(await post('/v1/units', { unitId, name: 'U', city: 'C' })).toMatchObject(refusal('unit_conflict'));
  expect(await post(`/v1/units/${unitId}`, { name: 'minha' })).toMatchObject(refusal('unit_unknown'));
  expect(await ask('GET', '/v1/units', undefined, OPERATOR_TOKEN)).toMatchObject({ status: 403 });
});
