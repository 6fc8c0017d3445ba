import { spawn } from 'node:child_process';
import { closeSync, existsSync, openSync, readFileSync, renameSync, statSync } from 'node:fs';
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import type { Log } from '../../platform/log.ts';
import { StartupFailure } from '../../platform/service.ts';
import { findPostgresBinaries } from './postgres-binaries.ts';
import {
  createCluster,
  type PostgresFolder,
  postgresEnvironment,
  preparePostgresFolder,
} from './postgres-cluster.ts';
import { findPostmaster, isAlive, type Postmaster, stopPostmaster } from './postmaster.ts';

export interface EmbeddedPostgres {
  /** Connection string of the database "postgres". */
  readonly url: string;
  /** The postmaster's process number, as it is now: it changes when a dead PostgreSQL is started anew. */
  readonly pid: number;
  /** Ends the watching and stops PostgreSQL, also one that was adopted. */
  stop(): Promise<void>;
}

/** Recovery after a kill reads the log since the last checkpoint: seconds on a slow disk. */
const READY_TIMEOUT_MS = 60_000;
const READY_POLL_MS = 30;
/** How soon a PostgreSQL that died under us is noticed. */
const WATCH_MS = 250;
/** Between two attempts: the children of a killed postmaster need a moment to notice and go. */
const RETRY_MS = 300;
const START_ATTEMPTS = 20;
/** The log is kept once more under ".1", then overwritten. */
const MAX_LOG_BYTES = 10 * 1024 * 1024;

const SETTINGS = [
  'listen_addresses=127.0.0.1',
  // No socket file: its folder would have to be found, shared and cleaned.
  'unix_socket_directories=',
  'log_min_messages=warning',
  // A server takes fourteen at most. Several run at once, and the connections of a killed one stay for a while.
  'max_connections=200',
];

/**
 * The server's own PostgreSQL, in `dataDir`/postgres: made at the first start, reached over 127.0.0.1 with a random
 * password. It runs in a process group of its own, so that Ctrl-C reaches this program first, and it outlives a kill
 * of this program: the next start adopts it instead of starting a second. When it dies under us it is started again on
 * the same port, and the pool reconnects.
 *
 * The waiting here is for processes of the operating system, so it takes real time and not the injected clock.
 * @param port 0 takes a free one
 * @throws StartupFailure with one line on what to do
 */
export async function startEmbeddedPostgres(
  dataDir: string,
  port: number,
  log: Log,
): Promise<EmbeddedPostgres> {
  const folder = preparePostgresFolder(dataDir);
  const binaries = findPostgresBinaries(folder.root, folder.user);
  await createCluster(folder, binaries.initdb);

  let postmaster = await adoptOrStart(folder, binaries.postgres, port, log);
  const watch = new AbortController();
  const watching = watchPostmaster();

  async function watchPostmaster(): Promise<void> {
    while (!watch.signal.aborted) {
      await sleep(WATCH_MS, undefined, { signal: watch.signal }).catch(() => undefined);
      if (watch.signal.aborted || isAlive(postmaster.pid)) continue;
      log.error({ pid: postmaster.pid }, 'PostgreSQL has died, starting it again');
      try {
        postmaster = await adoptOrStart(folder, binaries.postgres, postmaster.port, log);
        log.info({ pid: postmaster.pid }, 'PostgreSQL is back');
      } catch (error) {
        log.error({ error }, 'PostgreSQL does not start; trying again');
      }
    }
  }

  return {
    url: urlOf(folder, postmaster.port),
    get pid() {
      return postmaster.pid;
    },
    async stop() {
      watch.abort();
      await watching;
      await stopPostmaster(postmaster.pid);
    },
  };
}

async function adoptOrStart(
  folder: PostgresFolder,
  program: string,
  wantedPort: number,
  log: Log,
): Promise<Postmaster> {
  let complaint = '';
  for (let attempt = 0; attempt < START_ATTEMPTS; attempt += 1) {
    const running = findPostmaster(folder.cluster);
    if (running !== null) {
      if (await becomesReady(folder, running)) {
        log.info({ pid: running.pid }, 'PostgreSQL was running already, adopted');
        return running;
      }
      continue;
    }
    const port = wantedPort === 0 ? await freePort() : wantedPort;
    const logBytes = rotateLog(folder.log);
    const started = { pid: spawnPostgres(folder, program, port), port };
    if (await becomesReady(folder, started)) return started;
    complaint = newLogText(folder.log, logBytes);
    if (wantedPort !== 0 && complaint.includes('Address already in use')) {
      throw new StartupFailure(`port ${wantedPort} is in use, PostgreSQL cannot take it: choose other ports`);
    }
    await sleep(RETRY_MS);
  }
  throw new StartupFailure(`PostgreSQL does not start, see ${folder.log}: ${complaint}`);
}

function spawnPostgres(folder: PostgresFolder, program: string, port: number): number {
  const log = openSync(folder.log, 'a', 0o644);
  try {
    const child = spawn(
      program,
      ['-D', folder.cluster, '-p', String(port), ...SETTINGS.flatMap((setting) => ['-c', setting])],
      {
        ...folder.user,
        cwd: folder.cluster,
        env: postgresEnvironment(),
        detached: true,
        stdio: ['ignore', log, log],
      },
    );
    child.once('error', () => undefined);
    child.unref();
    if (child.pid === undefined) throw new StartupFailure(`${program} does not run`);
    return child.pid;
  } finally {
    closeSync(log);
  }
}

/** Waits until it answers, with our password and from our folder; false when the process ends before that. */
async function becomesReady(folder: PostgresFolder, postmaster: Postmaster): Promise<boolean> {
  for (let waitedMs = 0; waitedMs < READY_TIMEOUT_MS; waitedMs += READY_POLL_MS) {
    if (!isAlive(postmaster.pid)) return false;
    if (await answers(folder, postmaster.port)) return true;
    await sleep(READY_POLL_MS);
  }
  throw new StartupFailure(
    `PostgreSQL (process ${postmaster.pid}) does not answer after ${READY_TIMEOUT_MS / 1000} s, see ${folder.log}`,
  );
}

async function answers(folder: PostgresFolder, port: number): Promise<boolean> {
  const client = new pg.Client({
    connectionString: urlOf(folder, port),
    connectionTimeoutMillis: 2_000,
    query_timeout: 2_000,
  });
  // A connection that breaks while it is made rejects the call as well; the event alone would end the process.
  client.on('error', () => undefined);
  try {
    await client.connect();
    const { rows } = await client.query<{ data_directory: string }>('SHOW data_directory');
    return rows[0]?.data_directory === folder.cluster;
  } catch {
    // Not there yet, or still recovering: asked again until the caller's deadline.
    return false;
  } finally {
    await client.end().catch(() => undefined);
  }
}

function urlOf(folder: PostgresFolder, port: number): string {
  return `postgres://totem:${folder.password}@127.0.0.1:${port}/postgres`;
}

function rotateLog(file: string): number {
  if (!existsSync(file)) return 0;
  const { size } = statSync(file);
  if (size <= MAX_LOG_BYTES) return size;
  renameSync(file, `${file}.1`);
  return 0;
}

function newLogText(file: string, fromByte: number): string {
  return readFileSync(file).subarray(fromByte).toString('utf8').trim().replaceAll('\n', ' ').slice(-500);
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}
