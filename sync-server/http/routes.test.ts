import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ErrorBody } from '../../domain/protocol/primitives.ts';
import { ManualClock } from '../../platform/testing/manual-clock.ts';
import { DEMO_KIOSK_ID } from '../catalog/demo-shop.ts';
import { createBacenPixProvider } from '../providers/bacen-pix/bacen-pix.ts';
import { watchProvider } from '../providers/provider-health.ts';
import { registerRoutes } from '../server.ts';
import { kioskAuthorization, kioskToken } from '../testing/kiosk-identity.ts';
import { MANAGER_TOKEN, OPERATOR_TOKEN, seedShop, testConfig, testContext } from '../testing/test-context.ts';
import { createTestDatabase, type TestDatabase } from '../testing/test-database.ts';
import { type App, createApp } from './app.ts';

interface Route {
  readonly method: string;
  readonly url: string;
  readonly access: unknown;
  readonly hidden: boolean;
}

interface Operation {
  summary?: string;
  security?: unknown[];
  requestBody?: { content: Record<string, { schema: object }> };
  responses: Record<string, { content?: Record<string, { schema: object }> }>;
}

const clock = new ManualClock();
const routes: Route[] = [];
let database: TestDatabase;
let rendererDir: string;
let app: App;

beforeAll(async () => {
  database = await createTestDatabase();
  await seedShop(database.db);
  rendererDir = mkdtempSync(join(tmpdir(), 'totem-screens-'));
  mkdirSync(join(rendererDir, 'assets'));
  writeFileSync(join(rendererDir, 'index.html'), '<!doctype html><title>Totem</title>');
  writeFileSync(join(rendererDir, 'icon.svg'), '<svg xmlns="http://www.w3.org/2000/svg"/>');
  writeFileSync(join(rendererDir, 'assets', 'main-abc.js'), 'export {}');
  const context = testContext({ db: database.db, clock, config: testConfig({ rendererDir }) });
  app = await createApp(context);
  app.addHook('onRoute', ({ method, url, config, schema }) => {
    for (const one of [method].flat()) {
      if (one !== 'HEAD')
        routes.push({ method: one, url, access: config?.access, hidden: schema?.hide === true });
    }
  });
  const watched = watchProvider(createBacenPixProvider(context.config.pix, context.clock), context.clock);
  const running = { ...watched, wakeInbox: () => undefined };
  await registerRoutes(app, context, { national: [running], international: null });
  await app.ready();
});
afterAll(async () => {
  await app.close();
  await database.close();
  rmSync(rendererDir, { recursive: true, force: true });
});

const bearer = (token: string): { authorization: string } => ({ authorization: `Bearer ${token}` });

/** OpenAPI writes `{name}` where a route says `:name`. */
const documentedPath = (url: string): string => url.replaceAll(/:(\w+)/g, '{$1}');

async function openapi(): Promise<{ openapi: string; paths: Record<string, Record<string, Operation>> }> {
  return (await app.inject({ url: '/openapi.json', headers: bearer(OPERATOR_TOKEN) })).json();
}

test('the OpenAPI document describes every route that is not hidden, and who may call it', async () => {
  const document = await openapi();
  expect(document.openapi).toBe('3.1.0');
  const documented = Object.entries(document.paths).flatMap(([path, operations]) =>
    Object.keys(operations).map((method) => `${method.toUpperCase()} ${path}`),
  );
  const expected = routes
    .filter(({ hidden }) => !hidden)
    .map(({ method, url }) => `${method} ${documentedPath(url)}`);
  expect(documented.sort()).toEqual([...expected, 'GET /openapi.json'].sort());
  for (const { method, url, access } of routes.filter(({ hidden }) => !hidden)) {
    const operation = document.paths[documentedPath(url)]?.[method.toLowerCase()];
    expect(operation?.summary, url).toMatch(/\w/);
    expect(operation?.security, url).toEqual(access === 'public' ? undefined : [{ bearer: access }]);
  }
});

test('every schema of the document is a valid JSON Schema 2020-12', async () => {
  const ajv = new Ajv2020({ strict: false });
  addFormats.default(ajv);
  const { paths } = await openapi();
  let schemas = 0;
  for (const operation of Object.values(paths).flatMap((operations) => Object.values(operations))) {
    const bodies = [operation.requestBody, ...Object.values(operation.responses)];
    for (const { schema } of bodies.flatMap((body) => Object.values(body?.content ?? {}))) {
      expect(() => ajv.compile(schema)).not.toThrow();
      schemas += 1;
    }
  }
  expect(schemas).toBeGreaterThan(20);
});

test('nothing but health, enrolment, webhooks, the empty page and the payment that a token names is open', async () => {
  const open = routes.filter(({ access }) => access === 'public').map(({ url }) => url);
  expect(new Set(open)).toEqual(
    new Set([
      '/v1/health',
      '/v1/enrol',
      // Its token is the key: the customer's page of a card payment.
      '/v1/checkouts/:token',
      // The page on which a customer asks for the receipt.
      '/v1/receipt-pages/:token',
      '/v1/receipt-pages/:token/address',
      '/v1/webhooks/bacen-pix',
      '/v1/webhooks/bacen-pix/*',
      '/admin',
      '/admin/*',
      '/icon.svg',
      '/assets/*',
    ]),
  );
  for (const { method, url } of routes.filter(({ access }) => access !== 'public')) {
    // So many wrong tokens within a minute would be answered 429.
    clock.advance(2_000);
    for (const headers of [{}, bearer('not-a-token'), { authorization: `Basic ${OPERATOR_TOKEN}` }]) {
      const answer = await app.inject({ method: method as 'GET', url, headers });
      expect(answer.statusCode, `${method} ${url}`).toBe(401);
      expect(ErrorBody.parse(answer.json()).error.code).toBe('unauthorized');
    }
  }
});

test('each role calls its own routes alone', async () => {
  const tokens = {
    kiosk: kioskToken(DEMO_KIOSK_ID, clock),
    operator: OPERATOR_TOKEN,
    manager: MANAGER_TOKEN,
  };
  for (const { method, url, access } of routes.filter((route) => Array.isArray(route.access))) {
    for (const [role, token] of Object.entries(tokens)) {
      if ((access as string[]).includes(role)) continue;
      const answer = await app.inject({ method: method as 'GET', url, headers: bearer(token) });
      expect(answer.statusCode, `${role}: ${method} ${url}`).toBe(403);
    }
  }
});

test('a route that does not say who may call it stops the server at its start', async () => {
  const careless = await createApp(testContext({ db: database.db }));
  expect(() => careless.get('/v1/secret', async () => 'everything')).toThrow('does not say who may call it');
  await careless.close();
});

test('the catalogue is the demonstration shop; a manager names the unit', async () => {
  const mine = await app.inject({ url: '/v1/catalog', headers: kioskAuthorization(DEMO_KIOSK_ID, clock) });
  expect(mine.json()).toMatchObject({
    version: 1,
    unit: { merchantName: 'Clínica Aurora', unitName: 'Unidade Centro', timeZone: 'America/Sao_Paulo' },
    services: [
      { name: 'Consulta geral', prefix: 'C', amountCents: 5_000, currency: 'BRL' },
      {},
      {},
      {},
      {},
      {},
    ],
  });
  const { unitId } = mine.json().unit;
  const named = await app.inject({ url: `/v1/catalog?unitId=${unitId}`, headers: bearer(MANAGER_TOKEN) });
  expect(named.json()).toEqual(mine.json());
  const elsewhere = '0198c1a0-0000-7000-8000-0000000000ff';
  const unknown = await app.inject({
    url: `/v1/catalog?unitId=${elsewhere}`,
    headers: bearer(MANAGER_TOKEN),
  });
  expect(unknown.statusCode).toBe(404);
});

test('what is wrong with a request is said, with the place', async () => {
  const post = (
    payload: string,
    type = 'application/json',
  ): Promise<{ statusCode: number; json(): ErrorBody }> =>
    app.inject({
      method: 'POST',
      url: '/v1/queue/commands',
      headers: { ...bearer(OPERATOR_TOKEN), 'content-type': type },
      payload,
    });
  const invalid = await post('{"kind":"queue.start","commandId":"x","counter":"1"}');
  expect(invalid.statusCode).toBe(400);
  expect(invalid.json().error).toMatchObject({ code: 'invalid_request' });
  expect(invalid.json().error.details).toContainEqual({ path: '/commandId', message: 'Invalid UUID' });
  expect((await post('{broken')).statusCode).toBe(400);
  expect((await post('<command/>', 'application/xml')).json().error.code).toBe('unsupported_media_type');
  expect((await post(`"${'x'.repeat(300_000)}"`)).json().error.code).toBe('body_too_large');
  const cursor = await app.inject({
    url: '/v1/feed?after=-1',
    headers: kioskAuthorization(DEMO_KIOSK_ID, clock),
  });
  expect(cursor.json().error.message).toContain('querystring: /after');
  const lost = await app.inject('/v1/nothing?token=secret');
  expect(lost.statusCode).toBe(404);
  expect(lost.body).not.toContain('secret');
});

test('a failure of ours tells the caller nothing but the request id', async () => {
  const broken = await createApp(testContext({ db: database.db }));
  broken.get('/v1/broken', { config: { access: 'public' } }, async () => {
    throw new Error('secret detail');
  });
  const answer = await broken.inject({ url: '/v1/broken', headers: { 'x-request-id': 'mine-1' } });
  expect(answer.statusCode).toBe(500);
  expect(answer.headers['x-request-id']).toBe('mine-1');
  expect(answer.body).not.toContain('secret detail');
  expect(answer.body).not.toContain('at ');
  await broken.close();
});

test("the manager's page comes with a strict policy, and nothing outside of its folder", async () => {
  const page = await app.inject('/admin');
  expect(page.statusCode).toBe(200);
  expect(page.headers['content-security-policy']).toContain("default-src 'none'; script-src 'self'");
  expect(page.headers['content-security-policy']).not.toContain('unsafe');
  const asset = await app.inject('/assets/main-abc.js');
  expect(asset.headers['cache-control']).toContain('immutable');
  for (const path of [
    '/assets/../index.html',
    '/assets/%2e%2e/index.html',
    '/assets/..%2f..%2fetc%2fpasswd',
  ]) {
    expect((await app.inject(path)).statusCode, path).toBeGreaterThanOrEqual(400);
  }
});
