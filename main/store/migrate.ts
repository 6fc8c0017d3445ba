import { fileURLToPath } from 'node:url';
import { type AppliedMigration, planMigrations } from '../../domain/migrations.ts';
import { migrationRefusal, readMigrations } from '../../platform/migration-files.ts';
import { StartupFailure } from '../../platform/service.ts';
import type { KioskDatabase } from './database.ts';

/** Where the repository keeps the kiosk's steps; a packaged program passes its own folder. */
export const KIOSK_MIGRATIONS_FOLDER = fileURLToPath(new URL('../../migrations/kiosk', import.meta.url));

/** Whether the database holds something, and `migrateKiosk` would change its schema. */
export function hasStepsPending(db: KioskDatabase, folder: string): boolean {
  const applied = db
    .prepare<[], number>(`SELECT count(*) FROM sqlite_schema WHERE name = 'schema_migrations'`)
    .pluck()
    .get();
  if (applied !== 1) return false;
  const newest = db.prepare<[], number>('SELECT coalesce(max(version), 0) FROM schema_migrations').pluck();
  return readMigrations(folder).some((step) => step.version > (newest.get() ?? 0));
}

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
  if (plan.pending.length === 0) return [];
  // A step that makes a table anew drops the old one, which foreign keys would take for the loss of its rows; SQLite
  // ignores the pragma inside a transaction, so each step checks them at its end instead.
  db.pragma('foreign_keys = OFF');
  try {
    for (const step of plan.pending) {
      db.transaction(() => {
        // Recorded first: of two programs that migrate at once, the second fails here and changes nothing.
        record.run(step.version, step.name, step.checksum, nowMs);
        db.exec(step.sql);
        const broken = db.pragma('foreign_key_check') as readonly unknown[];
        if (broken.length > 0) throw new Error(`migration ${step.name} breaks ${broken.length} foreign keys`);
      }).immediate();
    }
  } finally {
    db.pragma('foreign_keys = ON');
  }
  return plan.pending.map((step) => step.name);
}
