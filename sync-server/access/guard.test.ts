import { createHmac } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { TOKEN_TTL_MS, UnauthorizedDetails } from '../../domain/protocol/identity.ts';
import { ErrorBody } from '../../domain/protocol/primitives.ts';
import { ManualClock } from '../../platform/testing/manual-clock.ts';
import { DEMO_KIOSK_ID, DEMO_MERCHANT_ID } from '../catalog/demo-shop.ts';
import type { ServerContext } from '../context.ts';
import { type App, createApp } from '../http/app.ts';
import { createBacenPixProvider } from '../providers/bacen-pix/bacen-pix.ts';
import { watchProvider } from '../providers/provider-health.ts';
import { registerRoutes } from '../server.ts';
import { kioskToken, newTestKey, SECOND_KIOSK_ID, signToken, testKeyOf } from '../testing/kiosk-identity.ts';
import { MANAGER_TOKEN, seedShop, testConfig, testContext } from '../testing/test-context.ts';
import { createTestDatabase, type TestDatabase } from '../testing/test-database.ts';
import { revokeKiosk } from './fleet.ts';

interface Route {
  readonly method: 'GET' | 'POST';
  readonly url: string;
}

/** What a stranger may reach. The page and its assets are the same for everyone and hold no data. */
const OPEN = new Set([
  'GET /v1/health',
  'POST /v1/enrol',
  'GET /v1/checkouts/:token',
  'GET /v1/receipt-pages/:token',
  'POST /v1/receipt-pages/:token/address',
  'POST /v1/webhooks/bacen-pix',
  'POST /v1/webhooks/bacen-pix/*',
  'GET /admin',
  'GET /admin/*',
  'GET /icon.svg',
  'GET /assets/*',
]);

const clock = new ManualClock();
const routes: Route[] = [];
let database: TestDatabase;
let rendererDir: string;
let context: ServerContext;
let app: App;

beforeAll(async () => {
  database = await createTestDatabase();
  await seedShop(database.db, clock.nowMs());
  rendererDir = mkdtempSync(join(tmpdir(), 'totem-guard-'));
  mkdirSync(join(rendererDir, 'assets'));
  writeFileSync(join(rendererDir, 'index.html'), '<!doctype html><title>Totem</title>');
  context = testContext({ db: database.db, clock, config: testConfig({ rendererDir }) });
  app = await createApp(context);
  // The only route that is there before the hook.
  routes.push({ method: 'GET', url: '/openapi.json' });
  app.addHook('onRoute', ({ method, url }) => {
    for (const one of [method].flat())
      if (one !== 'HEAD') routes.push({ method: one as Route['method'], url });
  });
  const watched = watchProvider(createBacenPixProvider(context.config.pix, clock), clock);
  const running = { ...watched, wakeInbox: () => undefined };
  await registerRoutes(app, context, { national: [running], international: null });
  await app.ready();
});
afterAll(async () => {
  await app.close();
  await database.close();
  rmSync(rendererDir, { recursive: true, force: true });
});
// So that the failures of one test are no failures of the next, and each token is one of its time.
beforeEach(() => clock.advance(120_000));

/** @param address of one, only so many wrong tokens are taken within a minute */
const call = async (
  route: Route,
  token: string | null,
  address = '127.0.0.1',
): Promise<Awaited<ReturnType<App['inject']>>> =>
  app.inject({
    method: route.method,
    url: route.url,
    remoteAddress: address,
    headers: token === null ? {} : { authorization: `Bearer ${token}` },
  });

const guarded = (): Route[] => routes.filter(({ method, url }) => !OPEN.has(`${method} ${url}`));

/** A token as its owner would make it, of which one thing is wrong. */
const key = testKeyOf(DEMO_KIOSK_ID);
const seconds = (): number => Math.floor(clock.nowMs() / 1000);
const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');

const WRONG: Readonly<Record<string, () => string | null>> = {
  'no token': () => null,
  'an unknown token': () => 'not-a-token',
  'three parts that are no JWT': () => 'a.b.c',
  'a key that nobody enrolled': () => signToken(newTestKey(), DEMO_KIOSK_ID, clock),
  'signed by another key than it names': () =>
    signToken({ keyId: key.keyId, privateKey: newTestKey().privateKey }, DEMO_KIOSK_ID, clock),
  "one totem's key for another totem's name": () => signToken(key, SECOND_KIOSK_ID, clock),
  'alg none': () => {
    const [, claims] = kioskToken(DEMO_KIOSK_ID, clock).split('.');
    return `${part({ alg: 'none', kid: key.keyId })}.${claims}.`;
  },
  'HS256 with the public key as the secret': () => {
    const [, claims] = kioskToken(DEMO_KIOSK_ID, clock).split('.');
    const signed = `${part({ alg: 'HS256', kid: key.keyId })}.${claims}`;
    const secret = Buffer.from(key.publicKey.x, 'base64url');
    return `${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`;
  },
  'a changed claim under a good signature': () => {
    const [header, , signature] = kioskToken(DEMO_KIOSK_ID, clock).split('.');
    return `${header}.${part({ sub: DEMO_KIOSK_ID, aud: 'totem-sync-server' })}.${signature}`;
  },
  'another audience': () => signToken(key, DEMO_KIOSK_ID, clock, { claims: { aud: 'somebody else' } }),
  'no end': () => signToken(key, DEMO_KIOSK_ID, clock, { claims: { exp: undefined } }),
  'good for longer than a token may be': () =>
    signToken(key, DEMO_KIOSK_ID, clock, { claims: { exp: seconds() + TOKEN_TTL_MS / 1000 + 1 } }),
};

test('every route is walked, and the open ones are those that are meant to be', async () => {
  expect(guarded().length).toBeGreaterThan(12);
  const open = routes.map(({ method, url }) => `${method} ${url}`).filter((name) => OPEN.has(name));
  expect(new Set(open)).toEqual(OPEN);
  // Fastify makes a HEAD route of each GET by itself.
  for (const { url } of guarded().filter(({ method }) => method === 'GET'))
    expect((await app.inject({ method: 'HEAD', url })).statusCode, url).toBe(401);
});

test.each(Object.entries(WRONG))('%s: 401 on every route', async (_name, tokenOf) => {
  for (const [index, route] of guarded().entries()) {
    const answer = await call(route, tokenOf(), `10.0.0.${index}`);
    expect(answer.statusCode, `${route.method} ${route.url}`).toBe(401);
    const { error } = ErrorBody.parse(answer.json());
    expect(error.code).toBe('unauthorized');
    expect(UnauthorizedDetails.parse(error.details)).toEqual({ serverTime: clock.nowMs() });
  }
});

test('a token of another time: 401 on every route, with the server’s time to sign by', async () => {
  const stale = kioskToken(DEMO_KIOSK_ID, clock);
  clock.advance(TOKEN_TTL_MS + 31_000);
  const early = kioskToken(DEMO_KIOSK_ID, { nowMs: () => clock.nowMs() + 60_000 });
  for (const token of [stale, early]) {
    for (const [index, route] of guarded().entries()) {
      const answer = await call(route, token, `10.0.0.${index}`);
      expect(answer.statusCode, `${route.method} ${route.url}`).toBe(401);
      expect(answer.json().error).toMatchObject({
        code: 'token_expired',
        details: { serverTime: clock.nowMs() },
      });
    }
  }
});

test('the twin: the same totem’s good token opens what is its own and nothing else', async () => {
  const statuses = await Promise.all(
    guarded().map(async (route) => (await call(route, kioskToken(DEMO_KIOSK_ID, clock))).statusCode),
  );
  expect(statuses).not.toContain(401);
  expect(statuses).toContain(403);
  expect(
    (await call({ method: 'GET', url: '/v1/catalog' }, kioskToken(DEMO_KIOSK_ID, clock))).statusCode,
  ).toBe(200);
});

test('a token is good until its end, and a little longer for a clock that is measured', async () => {
  const token = kioskToken(DEMO_KIOSK_ID, clock);
  const status = async (): Promise<number> =>
    (await call({ method: 'GET', url: '/v1/catalog' }, token)).statusCode;
  expect(await status()).toBe(200);
  clock.advance(TOKEN_TTL_MS + 29_000);
  expect(await status()).toBe(200);
  clock.advance(2_000);
  expect(await status()).toBe(401);
});

test('a revoked totem: 401 on every route from the next request on, also with a token that was good before', async () => {
  const catalog: Route = { method: 'GET', url: '/v1/catalog' };
  const token = kioskToken(SECOND_KIOSK_ID, clock);
  expect((await call(catalog, token)).statusCode).toBe(200);
  // By another process: nothing in this one was told of it.
  await revokeKiosk(testContext({ db: database.db, clock }), DEMO_MERCHANT_ID, SECOND_KIOSK_ID);
  for (const route of guarded()) {
    for (const one of [token, kioskToken(SECOND_KIOSK_ID, clock)]) {
      const answer = await call(route, one);
      expect(answer.statusCode, `${route.method} ${route.url}`).toBe(401);
      expect(answer.json().error.code).toBe('revoked');
    }
  }
  const forged = signToken(
    { keyId: testKeyOf(SECOND_KIOSK_ID).keyId, privateKey: newTestKey().privateKey },
    SECOND_KIOSK_ID,
    clock,
  );
  expect((await call(catalog, forged)).json().error.code).toBe('unauthorized');
  expect((await call(catalog, kioskToken(DEMO_KIOSK_ID, clock))).statusCode).toBe(200);
});

test('a stranger does not try tokens for long, and totems are not kept waiting by it', async () => {
  const status: Route = { method: 'GET', url: '/v1/integration/status' };
  let refused = 0;
  let answer = await call(status, 'guess');
  while (answer.statusCode === 401) {
    refused += 1;
    answer = await call(status, `guess-${refused}`);
  }
  expect(refused).toBe(60);
  expect(answer.statusCode).toBe(429);
  expect(answer.headers['retry-after']).toBe('60');
  expect((await call(status, MANAGER_TOKEN)).statusCode).toBe(429);
  expect(
    (await call({ method: 'GET', url: '/v1/catalog' }, kioskToken(DEMO_KIOSK_ID, clock))).statusCode,
  ).toBe(200);
  clock.advance(60_000);
  expect((await call(status, MANAGER_TOKEN)).statusCode).toBe(200);
});
