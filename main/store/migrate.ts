import { fileURLToPath } from 'node:url';
import { type AppliedMigration, planMigrations } from '../../domain/migrations.ts';
import { migrationRefusal, readMigrations } from '../../platform/migration-files.ts';
import { StartupFailure } from '../../platform/service.ts';
import type { KioskDatabase } from './database.ts';

/** Where the repository keeps the kiosk's steps; a packaged program passes its own folder. */
export const KIOSK_MIGRATIONS_FOLDER = fileURLToPath(new URL('../../migrations/kiosk', import.meta.url));

/**
 * Brings the database to the newest schema, one transaction a step.
 * @returns the names of the steps that were applied now
 * @throws StartupFailure when the database is newer than this program, or a shipped step was edited
 */
export function migrateKiosk(db: KioskDatabase, folder: string, nowMs: number): string[] {
  db.exec(`CREATE TABLE IF NOT EXISTS schema_migrations (
    version INTEGER PRIMARY KEY, name TEXT NOT NULL, checksum TEXT NOT NULL, applied_at INTEGER NOT NULL
  ) STRICT`);
  const applied = db
    .prepare<[], AppliedMigration>('SELECT version, name, checksum FROM schema_migrations ORDER BY version')
    .all();
  const plan = planMigrations(readMigrations(folder), applied);
  if (!plan.ok) throw new StartupFailure(migrationRefusal(plan.reason, plan.migrationName));

  const record = db.prepare(
    'INSERT INTO schema_migrations (version, name, checksum, applied_at) VALUES (?, ?, ?, ?)',
  );
  for (const step of plan.pending) {
    db.transaction(() => {
      // Recorded first: of two programs that migrate at once, the second fails here and changes nothing.
      record.run(step.version, step.name, step.checksum, nowMs);
      db.exec(step.sql);
    }).immediate();
  }
  return plan.pending.map((step) => step.name);
}
