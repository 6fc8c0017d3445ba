import { chmodSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import type { TestProject } from 'vitest/node';
import { silentLog } from '../../platform/log.ts';
import { openDatabase } from '../db/database.ts';
import { startEmbeddedPostgres } from '../db/embedded-postgres.ts';
import { migrateDatabase } from '../db/migrate.ts';
import { findPostmaster, isAlive, stopPostmaster } from '../db/postmaster.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    /** Any database of the server on which the tests may create their own. */
    postgresUrl: string;
    /** A migrated database without rows, which every test file clones. */
    templateDatabase: string;
  }
}

/** Followed by the number of the process that made it. */
const FOLDER_PREFIX = 'totem-test-postgres-';

/** One PostgreSQL for the whole run: the one of DATABASE_URL, or an embedded one in a folder that is deleted. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const server = await startServer(process.env['DATABASE_URL']);
  const templateDatabase = `totem_test_template_${process.pid}`;
  const admin = openDatabase(server.url, () => undefined);
  await admin.query(`CREATE DATABASE ${templateDatabase}`);
  const template = openDatabase(databaseUrl(server.url, templateDatabase), () => undefined);
  await migrateDatabase(template);
  await template.close();

  project.provide('postgresUrl', server.url);
  project.provide('templateDatabase', templateDatabase);
  return async () => {
    await admin.query(`DROP DATABASE ${templateDatabase} WITH (FORCE)`);
    await admin.close();
    await server.stop();
  };
}

async function startServer(url: string | undefined): Promise<{ url: string; stop(): Promise<void> }> {
  if (url !== undefined) return { url, stop: async () => undefined };
  await removeLeftovers();
  const folder = mkdtempSync(join(tmpdir(), `${FOLDER_PREFIX}${process.pid}-`));
  chmodSync(folder, 0o755);
  const postgres = await startEmbeddedPostgres(folder, 0, silentLog);
  return {
    url: postgres.url,
    stop: async () => {
      await postgres.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** A run that was killed could not clean up: its PostgreSQL outlives it by design. */
async function removeLeftovers(): Promise<void> {
  for (const name of readdirSync(tmpdir())) {
    if (!name.startsWith(FOLDER_PREFIX) || isAlive(Number(name.slice(FOLDER_PREFIX.length).split('-', 1)[0])))
      continue;
    const folder = join(tmpdir(), name);
    const postmaster = findPostmaster(join(folder, 'postgres', 'cluster'));
    if (postmaster !== null) await stopPostmaster(postmaster.pid);
    rmSync(folder, { recursive: true, force: true });
  }
}

function databaseUrl(serverUrl: string, database: string): string {
  const url = new URL(serverUrl);
  url.pathname = `/${database}`;
  return url.href;
}
