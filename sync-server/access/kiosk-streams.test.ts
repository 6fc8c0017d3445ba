import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { ManualClock } from '../../platform/testing/manual-clock.ts';
import { DEMO_KIOSK_ID, DEMO_MERCHANT_ID } from '../catalog/demo-shop.ts';
import { type App, createApp } from '../http/app.ts';
import { registerFeedRoutes } from '../sync/feed-routes.ts';
import { readEvents } from '../testing/event-reader.ts';
import { kioskAuthorization, SECOND_KIOSK_ID } from '../testing/kiosk-identity.ts';
import { OPERATOR_TOKEN, seedShop, testContext } from '../testing/test-context.ts';
import { createTestDatabase, type TestDatabase } from '../testing/test-database.ts';
import { readFleet, revokeKiosk } from './fleet.ts';

const PROVIDER_HEALTH: Parameters<typeof registerFeedRoutes>[2] = {
  report: () => ({ name: 'test', status: 'ok', downSince: null, lastError: null }),
  onChange: () => () => undefined,
};

let database: TestDatabase;
let clock: ManualClock;
let app: App;
let feedUrl: string;

beforeAll(async () => {
  database = await createTestDatabase();
  await seedShop(database.db);
});
afterAll(() => database.close());
beforeEach(async () => {
  clock = new ManualClock();
  await database.db.query('UPDATE kiosks SET revoked_at = NULL, last_seen_at = $1', [
    new Date(clock.nowMs()),
  ]);
  const context = testContext({ db: database.db, clock });
  app = await createApp(context);
  registerFeedRoutes(app, context, PROVIDER_HEALTH);
  feedUrl = `${await app.listen({ port: 0, host: '127.0.0.1' })}/v1/feed`;
});
afterEach(() => app.close());

const revoke = (kioskId: string): Promise<unknown> =>
  revokeKiosk(testContext({ db: database.db, clock }), DEMO_MERCHANT_ID, kioskId);

test('a totem that only listens is seen, and an operator’s screen is nobody’s totem', async () => {
  const totem = await readEvents(feedUrl, kioskAuthorization(DEMO_KIOSK_ID, clock));
  const operator = await readEvents(feedUrl, { authorization: `Bearer ${OPERATOR_TOKEN}` });
  await totem.next();
  await operator.next();
  const lastSeen = async (kioskId: string): Promise<number> =>
    (await readFleet(database.db, DEMO_MERCHANT_ID)).find((kiosk) => kiosk.kioskId === kioskId)?.lastSeenAt ??
    0;
  const startMs = clock.nowMs();
  await vi.waitUntil(async () => {
    clock.advance(2_000);
    return (await lastSeen(DEMO_KIOSK_ID)) >= startMs + 15_000;
  });
  expect(await lastSeen(SECOND_KIOSK_ID)).toBe(startMs);
  totem.close();
  operator.close();
  await vi.waitUntil(() => app.eventStreams.size === 0);
});

test('a revoked totem’s open stream is cut within seconds, and those of the others are not', async () => {
  const revoked = await readEvents(feedUrl, kioskAuthorization(SECOND_KIOSK_ID, clock));
  const other = await readEvents(feedUrl, kioskAuthorization(DEMO_KIOSK_ID, clock));
  const operator = await readEvents(feedUrl, { authorization: `Bearer ${OPERATOR_TOKEN}` });
  for (const reader of [revoked, other, operator]) await reader.next();
  clock.advance(2_000);
  expect(app.eventStreams.size).toBe(3);
  await revoke(SECOND_KIOSK_ID);
  await vi.waitUntil(() => {
    clock.advance(2_000);
    return app.eventStreams.size === 2;
  });
  await revoked.ended;
  await expect(readEvents(feedUrl, kioskAuthorization(SECOND_KIOSK_ID, clock))).rejects.toThrow('401');
  expect([...app.eventStreams].filter(({ keyId }) => keyId !== null)).toHaveLength(1);
  other.close();
  operator.close();
  await vi.waitUntil(() => app.eventStreams.size === 0);
});

test('a totem whose push is under way does not keep a revoked one’s stream open', async () => {
  const revoked = await readEvents(feedUrl, kioskAuthorization(SECOND_KIOSK_ID, clock));
  const busy = await readEvents(feedUrl, kioskAuthorization(DEMO_KIOSK_ID, clock));
  for (const reader of [revoked, busy]) await reader.next();
  const pushed = Promise.withResolvers<void>();
  const locked = Promise.withResolvers<void>();
  const push = database.db.transaction(async (transaction) => {
    await transaction.query('SELECT 1 FROM kiosks WHERE kiosk_id = $1 FOR UPDATE', [DEMO_KIOSK_ID]);
    locked.resolve();
    await pushed.promise;
  });
  await locked.promise;
  // Long enough for both to be due to be seen.
  for (let turn = 0; turn < 10; turn += 1) {
    clock.advance(2_000);
    await vi.waitUntil(() => clock.pendingTasks > 0);
    await database.db.query('SELECT 1');
  }
  await revoke(SECOND_KIOSK_ID);
  await vi.waitUntil(
    () => {
      clock.advance(2_000);
      return app.eventStreams.size === 1;
    },
    { timeout: 60_000 },
  );
  pushed.resolve();
  await push;
  busy.close();
  await vi.waitUntil(() => app.eventStreams.size === 0);
});

test('without streams of totems nothing is scheduled', async () => {
  expect(clock.pendingTasks).toBe(0);
  const reader = await readEvents(feedUrl, kioskAuthorization(DEMO_KIOSK_ID, clock));
  await reader.next();
  expect(clock.pendingTasks).toBeGreaterThan(0);
  reader.close();
  await vi.waitUntil(() => {
    clock.advance(2_000);
    return clock.pendingTasks === 0;
  });
  expect(app.eventStreams.size).toBe(0);
});
