import { fork } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { silentLog } from '../../platform/log.ts';
import { StartupFailure } from '../../platform/service.ts';
import { openDatabase } from './database.ts';
import { type EmbeddedPostgres, startEmbeddedPostgres } from './embedded-postgres.ts';
import { closedFolder } from './postgres-binaries.ts';
import { findPostmaster, isAlive, stopPostmaster } from './postmaster.ts';
import { isDatabaseUnavailable } from './unavailable.ts';

let dataDir: string;
let cluster: string;
let postgres: EmbeddedPostgres;

const start = (): Promise<EmbeddedPostgres> => startEmbeddedPostgres(dataDir, 0, silentLog);

beforeAll(async () => {
  dataDir = mkdtempSync(join(tmpdir(), 'totem-embedded-'));
  chmodSync(dataDir, 0o755);
  cluster = join(dataDir, 'postgres', 'cluster');
  // What a kill in the middle of the first start leaves behind.
  mkdirSync(join(`${cluster}.new`, 'data', 'base'), { recursive: true });
  postgres = await start();
});
beforeEach(async () => {
  if (!isAlive(postgres.pid)) postgres = await start();
});
afterAll(async () => {
  await postgres.stop();
  rmSync(dataDir, { recursive: true, force: true });
});

async function query(url: string, sql: string): Promise<Record<string, unknown>[]> {
  const db = openDatabase(url, () => undefined);
  try {
    return await db.query(sql);
  } finally {
    await db.close();
  }
}

test('a first start that was killed half-way is done anew', () => {
  expect(existsSync(join(cluster, 'PG_VERSION'))).toBe(true);
  expect(existsSync(`${cluster}.new`)).toBe(false);
});

test('commits wait for the disk, and the password is for the owner alone', async () => {
  expect(await query(postgres.url, 'SHOW fsync')).toEqual([{ fsync: 'on' }]);
  expect(await query(postgres.url, 'SHOW synchronous_commit')).toEqual([{ synchronous_commit: 'on' }]);
  expect(statSync(join(dataDir, 'postgres', 'password')).mode & 0o077).toBe(0);
  const wrong = postgres.url.replace(/:[0-9a-f]{48}@/, ':wrong@');
  await expect(query(wrong, 'SELECT 1')).rejects.toThrow('password authentication failed');
});

test('what was written is there after a clean stop and a start', async () => {
  await query(postgres.url, 'CREATE TABLE kept AS SELECT 42 AS answer');
  const { pid } = postgres;
  await postgres.stop();
  expect(isAlive(pid)).toBe(false);
  postgres = await start();
  expect(await query(postgres.url, 'SELECT answer FROM kept')).toEqual([{ answer: 42 }]);
});

test('PostgreSQL killed under the server comes back by itself, and the pool finds it', async () => {
  const db = openDatabase(postgres.url, () => undefined);
  await db.query('CREATE TABLE acknowledged (id integer)');
  const killed = postgres.pid;
  let acknowledged = 0;
  const broken: unknown[] = [];
  const writeOne = async (): Promise<void> => {
    try {
      await db.transaction((transaction) =>
        transaction.query('INSERT INTO acknowledged VALUES ($1)', [acknowledged + 1]),
      );
      acknowledged += 1;
    } catch (error) {
      broken.push(error);
    }
  };
  while (acknowledged < 20) await writeOne();
  process.kill(killed, 'SIGKILL');
  await vi.waitUntil(
    async () => {
      await writeOne();
      return postgres.pid !== killed && acknowledged > 40;
    },
    { timeout: 60_000, interval: 5 },
  );
  expect(broken.length).toBeGreaterThan(0);
  expect(broken.filter((error) => !isDatabaseUnavailable(error))).toEqual([]);
  const [row] = await db.query<{ ids: number }>('SELECT count(DISTINCT id) AS ids FROM acknowledged');
  expect(row?.ids).toBeGreaterThanOrEqual(acknowledged);
  await db.close();
});

test('a server killed with -9 leaves PostgreSQL running; the next start adopts it', async () => {
  await postgres.stop();
  const server = fork(join(import.meta.dirname, '..', 'testing', 'postgres-child.ts'), [dataDir]);
  const [pid] = (await once(server, 'message')) as [number];
  server.kill('SIGKILL');
  await once(server, 'exit');
  expect(isAlive(pid)).toBe(true);
  postgres = await start();
  expect(postgres.pid).toBe(pid);
  await postgres.stop();
  expect(isAlive(pid)).toBe(false);
});

test('both killed with -9: what postmaster.pid still says does not matter', async () => {
  const { pid } = postgres;
  const abandoned = postgres;
  process.kill(pid, 'SIGKILL');
  await abandoned.stop();
  const left = findPostmaster(cluster);
  if (left !== null) await stopPostmaster(left.pid);
  // Its number has gone to a program that is alive, and is no PostgreSQL: this one.
  writeFileSync(join(cluster, 'postmaster.pid'), `${process.pid}\n${cluster}\n0\n5432\n\n127.0.0.1\n`);
  expect(findPostmaster(cluster)).toBeNull();
  postgres = await start();
  expect(await query(postgres.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
});

test('a port that is taken is told in one line', async () => {
  await postgres.stop();
  const holder = createServer();
  await once(holder.listen(0, '127.0.0.1'), 'listening');
  const { port } = holder.address() as { port: number };
  const failure = await startEmbeddedPostgres(dataDir, port, silentLog).catch((error: unknown) => error);
  holder.close();
  expect(failure).toBeInstanceOf(StartupFailure);
  expect((failure as StartupFailure).message).toContain(`port ${port} is in use`);
});

test('the folder that shuts PostgreSQL out is found, however deep', () => {
  const nobody = { uid: 65_534, gid: 65_534 };
  const shut = join(dataDir, 'shut');
  mkdirSync(join(shut, 'open'), { recursive: true });
  expect(closedFolder(join(shut, 'open'), nobody)).toBeNull();
  chmodSync(shut, 0o700);
  expect(closedFolder(join(shut, 'open'), nobody)).toBe(shut);
});
