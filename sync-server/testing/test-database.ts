import { randomBytes } from 'node:crypto';
import { inject } from 'vitest';
import { type Database, openDatabase } from '../db/database.ts';

export interface TestDatabase {
  readonly url: string;
  readonly db: Database;
  /** Drops it, with whoever is still connected. */
  close(): Promise<void>;
}

/** A database of its own for one test file, with the newest schema and no rows. */
export function createTestDatabase(onTakenBack?: (error: unknown) => void): Promise<TestDatabase> {
  return createDatabase(`TEMPLATE ${inject('templateDatabase')}`, onTakenBack);
}

/** The same without any schema: for the tests of the migrations themselves. */
export function createEmptyDatabase(): Promise<TestDatabase> {
  return createDatabase('');
}

async function createDatabase(
  options: string,
  onTakenBack?: (error: unknown) => void,
): Promise<TestDatabase> {
  const name = `totem_test_${randomBytes(8).toString('hex')}`;
  const serverUrl = inject('postgresUrl');
  await administer(serverUrl, `CREATE DATABASE ${name} ${options}`);
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  const db = openDatabase(url.href, () => undefined, onTakenBack);
  return {
    url: url.href,
    db,
    async close() {
      await db.close();
      await administer(serverUrl, `DROP DATABASE ${name} WITH (FORCE)`);
    },
  };
}

async function administer(serverUrl: string, sql: string): Promise<void> {
  const admin = openDatabase(serverUrl, () => undefined);
  try {
    // A checkpoint on a busy machine takes longer than any statement of a running server.
    const patient = await admin.connect({ statementTimeoutMs: 0, onBroken: () => undefined });
    await patient.query(sql);
    await patient.close();
  } finally {
    await admin.close();
  }
}
