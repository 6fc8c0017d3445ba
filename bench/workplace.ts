import { chmodSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { createLog } from '../platform/log.ts';
import {
  type ServiceDefinition,
  type SupervisedService,
  superviseService,
} from '../scripts/start/supervisor.ts';
import { startEmbeddedPostgres } from '../sync-server/db/embedded-postgres.ts';
import type { BenchmarkContext } from './benchmark.ts';

/** Where one benchmark runs: a temporary folder, a PostgreSQL of its own, and the processes it has started. */
export interface Workplace {
  readonly folder: string;
  /** Makes an empty database and answers its connection string. */
  createDatabase(name: string): Promise<string>;
  /** Starts a process that reports its addresses as every service of ours does, and waits for them. */
  start(definition: ServiceDefinition): Promise<SupervisedService>;
  /** Something else that must be stopped at the end, before PostgreSQL. */
  onClose(stop: () => Promise<void>): void;
  /** Stops everything, the last started first, and deletes the folder; the second call waits for the first. */
  close(): Promise<void>;
}

/**
 * Runs one benchmark in a workplace of its own, which is cleared away whatever happens, an interruption included.
 * @param name part of the folder's name
 */
export async function inWorkplace<T>(
  name: string,
  { say, signal }: BenchmarkContext,
  work: (workplace: Workplace) => Promise<T>,
): Promise<T> {
  const workplace = await openWorkplace(name, say);
  // What the measurement waits for ends with its processes, so that it fails at once and is cleared away below.
  signal.addEventListener('abort', () => void workplace.close().catch(() => undefined));
  try {
    signal.throwIfAborted();
    return await work(workplace);
  } finally {
    await workplace.close();
  }
}

/** @param say told of a process that fell during a measurement */
async function openWorkplace(name: string, say: (line: string) => void): Promise<Workplace> {
  const folder = mkdtempSync(join(tmpdir(), `totem-bench-${name}-`));
  // PostgreSQL does not run as root: its own user must find the way in.
  chmodSync(folder, 0o755);
  const closers: (() => Promise<void>)[] = [async () => rmSync(folder, { recursive: true, force: true })];
  let closing: Promise<void> | undefined;
  const closeAll = async (): Promise<void> => {
    const failures: unknown[] = [];
    for (const close of closers.toReversed()) await close().catch((error: unknown) => failures.push(error));
    if (failures.length > 0) throw new AggregateError(failures, 'the benchmark could not be cleared away');
  };
  const close = (): Promise<void> => {
    closing ??= closeAll();
    return closing;
  };

  try {
    const postgres = await startEmbeddedPostgres(
      mkdirIn(folder, 'database'),
      0,
      createLog('bench-postgres', 'warn'),
    );
    closers.push(() => postgres.stop());
    return {
      folder,
      close,
      createDatabase: (database) => createDatabase(postgres.url, database),
      async start(definition) {
        const service = await superviseService(definition, folder, say);
        closers.push(() => service.stop());
        return service;
      },
      onClose: (stop) => closers.push(stop),
    };
  } catch (error) {
    await close();
    throw error;
  }
}

function mkdirIn(folder: string, name: string): string {
  const path = join(folder, name);
  mkdirSync(path);
  return path;
}

async function createDatabase(serverUrl: string, name: string): Promise<string> {
  const client = new pg.Client(serverUrl);
  await client.connect();
  try {
    await client.query(`CREATE DATABASE ${pg.escapeIdentifier(name)}`);
  } finally {
    await client.end();
  }
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  return url.href;
}

/** @throws when the process has not reported an address of that name */
export function addressOf(service: SupervisedService, name: string): string {
  const address = service.addresses[name];
  if (address === undefined) throw new Error(`${service.name} reports no address "${name}"`);
  return address;
}
