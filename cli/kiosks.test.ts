import { afterAll, beforeAll, expect, test } from 'vitest';
import { ManualClock } from '../platform/testing/manual-clock.ts';
import { registerAccessRoutes } from '../sync-server/access/access-routes.ts';
import { DEMO_UNIT_ID } from '../sync-server/catalog/demo-shop.ts';
import { type App, createApp } from '../sync-server/http/app.ts';
import { enrolRequest, newTestKey } from '../sync-server/testing/kiosk-identity.ts';
import { MANAGER_TOKEN, OPERATOR_TOKEN, seedShop, testContext } from '../sync-server/testing/test-context.ts';
import { createTestDatabase, type TestDatabase } from '../sync-server/testing/test-database.ts';
import { totem } from './testing/command-line.ts';

const clock = new ManualClock();
let database: TestDatabase;
let app: App;
let server: string;

beforeAll(async () => {
  database = await createTestDatabase();
  await seedShop(database.db, clock.nowMs());
  const context = testContext({ db: database.db, clock });
  app = await createApp(context);
  registerAccessRoutes(app, context);
  server = await app.listen({ port: 0, host: '127.0.0.1' });
});
afterAll(async () => {
  await app.close();
  await database.close();
});

const asManager = (...args: string[]): ReturnType<typeof totem> =>
  totem(...args, '--server', server, '--token', MANAGER_TOKEN);
const enrolArgs = (kiosk: string, unit: string = DEMO_UNIT_ID): string[] => [
  'enrol',
  '--unit',
  unit,
  '--kiosk',
  kiosk,
];

test('a code made here enrols a totem, which is listed, and revoked', async () => {
  const spoken = await asManager(...enrolArgs('totem-3'));
  expect(spoken).toMatchObject({ exitCode: 0, err: '' });
  expect(spoken.out).toMatch(/^[A-Z2-9]{4}-[A-Z2-9]{4}\nfor totem-3/);

  const { data } = JSON.parse((await asManager(...enrolArgs('totem-3'), '--json')).out);
  expect(data).toMatchObject({ kioskId: 'totem-3', expiresAt: clock.nowMs() + 15 * 60_000 });
  const enrolled = await app.inject({
    method: 'POST',
    url: '/v1/enrol',
    payload: enrolRequest(newTestKey(), data.code, clock),
  });
  expect(enrolled.statusCode).toBe(200);

  expect((await asManager('kiosks', 'list')).out).toMatch(/^totem-3 +enrolled +last seen 2026-/m);
  expect((await asManager('kiosks', 'revoke', 'totem-3')).out).toContain('totem-3 is revoked');
  const listed = JSON.parse((await asManager('kiosks', 'list', '--json')).out);
  expect(listed.data).toContainEqual(
    expect.objectContaining({ kioskId: 'totem-3', revokedAt: clock.nowMs() }),
  );
});

test.each([
  ['a unit that is not there', enrolArgs('totem-3', '0198c1a0-0000-7000-8000-0000000000ff'), 'unit_unknown'],
  ['a unit that is no id', enrolArgs('totem-3', 'centro'), 'invalid_unit'],
  ['a name that no totem has', enrolArgs('Totem 3'), 'invalid_kiosk'],
  ['a totem that is not there', ['kiosks', 'revoke', 'totem-99'], 'kiosk_unknown'],
])('exit 1 with the reason: %s', async (_what, args, code) => {
  const refused = await asManager(...args);
  expect(refused).toMatchObject({ exitCode: 1, out: '' });
  expect(refused.err).toContain(`[${code}]`);
});

test('exit 1 with the reason: no token, a wrong one, another role’s, a server that is not there', async () => {
  const list = ['kiosks', 'list', '--server'];
  expect((await totem(...list, server)).err).toContain('[no_token]');
  expect((await totem(...list, server, '--token', 'wrong')).err).toContain('[unauthorized]');
  expect((await totem(...list, server, '--token', OPERATOR_TOKEN)).err).toContain('[forbidden]');
  const away = await totem(...list, 'http://127.0.0.1:9', '--token', MANAGER_TOKEN, '--json');
  expect(away.exitCode).toBe(1);
  expect(JSON.parse(away.out)).toMatchObject({ ok: false, code: 'server_unreachable' });
  expect((await totem(...list, 'nowhere', '--token', MANAGER_TOKEN)).err).toContain('[invalid_server]');
});
