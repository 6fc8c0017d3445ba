import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { silentLog } from '../platform/log.ts';
import { StartupFailure } from '../platform/service.ts';
import { systemClock, systemRandom } from '../platform/system.ts';
import { DEMO_KIOSK_ID } from './catalog/demo-shop.ts';
import { findPostmaster } from './db/postmaster.ts';
import { type RunningServer, startServer } from './server.ts';
import { readEvents } from './testing/event-reader.ts';
import { enrolOverHttp, kioskAuthorization } from './testing/kiosk-identity.ts';
import { MANAGER_TOKEN, testConfig } from './testing/test-context.ts';

const environment = { clock: systemClock, randomBytes: systemRandom, log: silentLog };
const headers = kioskAuthorization(DEMO_KIOSK_ID, systemClock);

let dataDir: string;
let cluster: string;
let server: RunningServer;

beforeAll(async () => {
  dataDir = mkdtempSync(join(tmpdir(), 'totem-server-'));
  chmodSync(dataDir, 0o755);
  cluster = join(dataDir, 'postgres', 'cluster');
  server = await startServer(testConfig({ dataDir }), environment);
  await enrolOverHttp(server.urls.syncServer, MANAGER_TOKEN, DEMO_KIOSK_ID, systemClock);
});
afterAll(async () => {
  await server.close();
  rmSync(dataDir, { recursive: true, force: true });
});

const get = (path: string): Promise<Response> => fetch(`${server.urls.syncServer}${path}`, { headers });

test('starts on an empty folder with the demonstration shop, and says how it is', async () => {
  const catalog = (await (await get('/v1/catalog')).json()) as { services: unknown[] };
  expect(catalog.services).toHaveLength(6);
  const health = await (await get('/v1/health')).json();
  expect(health).toMatchObject({ database: 'ok', provider: { name: 'bacen-pix' } });
});

test('PostgreSQL killed under the server: 503 with a code, streams end, and all is back by itself', async () => {
  const reader = await readEvents(`${server.urls.syncServer}/v1/feed?after=1`, headers);
  await reader.next();
  const postmaster = findPostmaster(cluster);
  process.kill(postmaster?.pid ?? 0, 'SIGKILL');
  const statuses = new Set<number>();
  let away: unknown;
  await vi.waitUntil(
    async () => {
      const answer = await get('/v1/catalog');
      statuses.add(answer.status);
      const body = await answer.json();
      if (answer.status === 503) away = body;
      return away !== undefined && answer.status === 200;
    },
    { timeout: 60_000, interval: 10 },
  );
  expect([...statuses].sort()).toEqual([200, 503]);
  expect(away).toEqual({
    error: { code: 'database_unavailable', message: 'the database is away: try again shortly' },
  });
  // The listener reconnects and wakes the stream, which goes on or has ended: either way the next one is whole.
  reader.close();
  const again = await readEvents(`${server.urls.syncServer}/v1/feed?after=0`, headers);
  await again.next();
  expect(JSON.parse((await again.next()).data)).toMatchObject({ seq: 1, kind: 'catalog.changed' });
  again.close();
});

test('closes with streams open, keeps its data, and starts again without seeding twice', async () => {
  const reader = await readEvents(`${server.urls.syncServer}/v1/feed?after=0`, headers);
  await reader.next();
  const key = readFileSync(join(dataDir, 'personal-data.key'), 'utf8');
  await server.close();
  await reader.ended;
  expect(findPostmaster(cluster)).toBeNull();
  server = await startServer(testConfig({ dataDir }), environment);
  const page = (await (await get('/v1/feed')).json()) as { head: number };
  expect(page.head).toBe(1);
  expect(readFileSync(join(dataDir, 'personal-data.key'), 'utf8')).toBe(key);
});

test('a database that is not there is told in one line, and nothing is left running', async () => {
  const config = testConfig({ dataDir, databaseUrl: 'postgres://nobody@127.0.0.1:9/none' });
  const failure = await startServer(config, environment).catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(StartupFailure);
  expect((failure as StartupFailure).message).toContain('DATABASE_URL does not answer');
});
