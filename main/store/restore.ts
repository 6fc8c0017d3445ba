import { copyFileSync, existsSync } from 'node:fs';
import { basename } from 'node:path';
import { StartupFailure } from '../../platform/service.ts';
import { openKioskDatabase } from './database.ts';
import {
  finishReplacing,
  freeAsideFile,
  quickCheck,
  removeDatabase,
  replaceDatabase,
} from './database-files.ts';
import { nextFileOf } from './heal.ts';
import { implant } from './implant.ts';
import { migrateKiosk } from './migrate.ts';
import { type Salvage, salvage } from './salvage.ts';

export interface Restored {
  /** Where the database lies that was in use; null when there was none. */
  readonly asideFile: string | null;
  /** Events that only the set-aside database held, and that will be sent. */
  readonly savedEvents: number;
  readonly unreadable: readonly string[];
}

export interface RestoreOptions {
  /** The kiosk's database; its folder is locked by the caller. */
  readonly file: string;
  readonly backup: string;
  readonly migrationsFolder: string;
  readonly nowMs: number;
}

const NOTHING: Salvage = {
  outbox: [],
  sessions: [],
  tickets: [],
  printJobs: [],
  catalog: null,
  unreadable: [],
};

/**
 * Puts a backup in the database's place. The database in use is set aside, and what only it knew (events that the
 * server has not taken, tickets that were given out, open sessions) comes into the restored one; the rest of the time
 * since the backup comes from the server's feed.
 * @throws StartupFailure when the backup is not whole, or of a newer version
 */
export function restoreBackup({ file, backup, migrationsFolder, nowMs }: RestoreOptions): Restored {
  const next = nextFileOf(file);
  finishReplacing(file, next);
  const damage = existsSync(backup) ? quickCheck(backup) : 'there is no such file';
  if (damage !== null) throw new StartupFailure(`${backup} cannot be restored: ${damage}`);
  const hadDatabase = existsSync(file);
  const asideFile = freeAsideFile(file, 'replaced', nowMs);
  const found = hadDatabase ? salvage(file, nowMs) : NOTHING;
  removeDatabase(next);
  copyFileSync(backup, next);
  const db = openKioskDatabase(next);
  let savedEvents: number;
  try {
    migrateKiosk(db, migrationsFolder, nowMs);
    savedEvents = implant(db, found, { nowMs, file: hadDatabase ? basename(asideFile) : basename(backup) });
  } catch (error) {
    db.close();
    removeDatabase(next);
    throw error;
  }
  db.close();
  replaceDatabase(file, next, asideFile);
  return { asideFile: hadDatabase ? asideFile : null, savedEvents, unreadable: found.unreadable };
}
