import { join } from 'node:path';
import { type AppliedMigration, type Migration, planMigrations } from '../../domain/migrations.ts';
import { migrationRefusal, readMigrations } from '../../platform/migration-files.ts';
import { StartupFailure } from '../../platform/service.ts';
import type { Database, Transaction } from './database.ts';

const SERVER_MIGRATIONS = join(import.meta.dirname, '..', '..', 'migrations', 'server');

/** Any number, as long as it is this one for ever: PostgreSQL keeps one queue of migrators per number. */
const ADVISORY_LOCK = 7_683_121;

/**
 * Brings the database to the newest schema, forward only, one transaction a migration. Several processes may do it at
 * once: they take turns, and one that finds the work done is as content as the one that did it.
 * @returns the names that this call applied, in order
 * @throws StartupFailure when an applied file was changed, or a newer version of the program wrote the database
 */
export async function migrateDatabase(
  db: Database,
  migrations: readonly Migration[] = readMigrations(SERVER_MIGRATIONS),
): Promise<string[]> {
  const applied: string[] = [];
  for (;;) {
    const name = await db.transaction((transaction) => applyNext(transaction, migrations));
    if (name === null) return applied;
    applied.push(name);
  }
}

/** @returns the name of the migration that was applied; null when there is none left */
async function applyNext(transaction: Transaction, migrations: readonly Migration[]): Promise<string | null> {
  // A migration, and the wait for another process's, may take longer than any statement of the running server.
  await transaction.query('SET LOCAL statement_timeout = 0');
  await transaction.query('SELECT pg_advisory_xact_lock($1)', [ADVISORY_LOCK]);
  const plan = planMigrations(migrations, await readApplied(transaction));
  if (!plan.ok) throw new StartupFailure(migrationRefusal(plan.reason, plan.migrationName));
  const next = plan.pending[0];
  if (next === undefined) return null;
  await transaction.query(next.sql);
  await transaction.query('INSERT INTO schema_migrations (version, name, checksum) VALUES ($1, $2, $3)', [
    next.version,
    next.name,
    next.checksum,
  ]);
  return next.name;
}

async function readApplied(transaction: Transaction): Promise<AppliedMigration[]> {
  await transaction.query(`
    CREATE TABLE IF NOT EXISTS schema_migrations (
      version integer PRIMARY KEY,
      name text NOT NULL,
      checksum text NOT NULL,
      applied_at timestamptz NOT NULL DEFAULT now()
    )`);
  return transaction.query<{ version: number; name: string; checksum: string }>(
    'SELECT version, name, checksum FROM schema_migrations ORDER BY version',
  );
}
