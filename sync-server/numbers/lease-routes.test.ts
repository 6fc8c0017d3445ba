import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { NumberLeaseResponse } from '../../domain/protocol/leases.ts';
import { ManualClock } from '../../platform/testing/manual-clock.ts';
import { DEMO_KIOSK_ID } from '../catalog/demo-shop.ts';
import { type App, createApp } from '../http/app.ts';
import { kioskAuthorization } from '../testing/kiosk-identity.ts';
import { OPERATOR_TOKEN, seedShop, testContext } from '../testing/test-context.ts';
import { createTestDatabase, type TestDatabase } from '../testing/test-database.ts';
import { registerNumberLeaseRoutes } from './lease-routes.ts';

const clock = new ManualClock();
let database: TestDatabase;
let app: App;

beforeAll(async () => {
  database = await createTestDatabase();
  await seedShop(database.db, clock.nowMs());
  const context = testContext({ db: database.db, clock });
  app = await createApp(context);
  registerNumberLeaseRoutes(app, context);
});
afterAll(async () => {
  await app.close();
  await database.close();
});

const ask = (prefix: string) => ({ leaseId: randomUUID(), prefix, businessDay: '2026-03-10' });

function post(leases: unknown, headers: Record<string, string>) {
  return app.inject({ method: 'POST', url: '/v1/number-leases', headers, payload: { leases } });
}

test('a totem is given its ranges, and what is not granted is left out', async () => {
  const wanted = ask('I');
  const answer = await post([wanted, ask('C')], kioskAuthorization(DEMO_KIOSK_ID, clock));
  expect(answer.statusCode, answer.body).toBe(200);
  expect(NumberLeaseResponse.parse(answer.json())).toEqual({
    leases: [{ ...wanted, from: 501, to: 520 }],
    serverTime: clock.nowMs(),
  });
});

test('nobody else is, and nobody too many at once', async () => {
  const operator = await post([ask('I')], { authorization: `Bearer ${OPERATOR_TOKEN}` });
  expect(operator.statusCode).toBe(403);
  const many = Array.from({ length: 51 }, () => ask('I'));
  expect((await post(many, kioskAuthorization(DEMO_KIOSK_ID, clock))).statusCode).toBe(400);
});
