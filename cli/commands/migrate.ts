import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { openKioskDatabase } from '../../main/store/database.ts';
import { KIOSK_MIGRATIONS_FOLDER, migrateKiosk } from '../../main/store/migrate.ts';
import { KIOSK_DATABASE_FILE } from '../../main/store/store.ts';
import { lockFolder } from '../../platform/folder-lock.ts';
import { createLog } from '../../platform/log.ts';
import { StartupFailure } from '../../platform/service.ts';
import { openDatabase } from '../../sync-server/db/database.ts';
import { startEmbeddedPostgres } from '../../sync-server/db/embedded-postgres.ts';
import { migrateDatabase } from '../../sync-server/db/migrate.ts';
import { defaultDataDir } from '../data-dir.ts';
import { type Outcome, reportOutcome, type Terminal } from '../output.ts';

interface MigrateOptions {
  readonly data?: string;
  readonly databaseUrl?: string;
}

interface Migrated {
  readonly database: string;
  /** Names of the steps applied now; empty when it was up to date. */
  readonly applied: readonly string[];
}

export function addMigrateCommand(program: Command, terminal: Terminal): void {
  reportOutcome<MigrateOptions>(
    program
      .command('migrate')
      .description('bring databases to this version’s schema (a start does the same by itself)')
      .option('--data <folder>', 'data folder of a stopped Totem: its totems and its embedded PostgreSQL')
      .option('--database-url <url>', 'a PostgreSQL of your own instead (DATABASE_URL)'),
    terminal,
    (_args, options) => migrate(options),
  );
}

async function migrate(options: MigrateOptions): Promise<Outcome> {
  try {
    const databaseUrl = options.databaseUrl ?? process.env['DATABASE_URL'];
    const migrated =
      options.data === undefined && databaseUrl !== undefined
        ? [await migrateServer(databaseUrl)]
        : await migrateFolder(options.data ?? defaultDataDir());
    const lines = migrated.map(
      ({ database, applied }) => `${database}: ${applied.length === 0 ? 'up to date' : applied.join(', ')}`,
    );
    return { ok: true, data: migrated, text: lines.join('\n') };
  } catch (error) {
    if (error instanceof StartupFailure) return { ok: false, code: 'refused', message: error.message };
    return { ok: false, code: 'failed', message: (error as Error).message };
  }
}

async function migrateFolder(dataDir: string): Promise<Migrated[]> {
  if (!existsSync(dataDir))
    throw new StartupFailure(`there is no folder ${dataDir}: give the data folder with --data`);
  const lock = lockFolder(dataDir);
  if (lock === null)
    throw new StartupFailure(`Totem is running on ${dataDir}: it migrated its databases when it started`);
  try {
    const migrated: Migrated[] = [];
    for (const folder of readdirSync(dataDir).sort()) {
      const file = join(dataDir, folder, KIOSK_DATABASE_FILE);
      if (existsSync(file)) migrated.push(migrateKioskFile(folder, file));
    }
    const serverDir = join(dataDir, 'server');
    if (existsSync(serverDir)) {
      const postgres = await startEmbeddedPostgres(serverDir, 0, createLog('totem', 'warn'));
      try {
        migrated.push(await migrateServer(postgres.url));
      } finally {
        await postgres.stop();
      }
    }
    return migrated;
  } finally {
    lock.release();
  }
}

function migrateKioskFile(name: string, file: string): Migrated {
  const db = openKioskDatabase(file);
  try {
    return { database: name, applied: migrateKiosk(db, KIOSK_MIGRATIONS_FOLDER, Date.now()) };
  } finally {
    db.close();
  }
}

async function migrateServer(url: string): Promise<Migrated> {
  const db = openDatabase(url, () => {
    // The statement that needs the connection fails by itself, and says so.
  });
  try {
    return { database: 'sync-server', applied: await migrateDatabase(db) };
  } finally {
    await db.close();
  }
}
