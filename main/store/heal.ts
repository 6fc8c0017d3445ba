import { existsSync } from 'node:fs';
import { basename } from 'node:path';
import { writeWholeSecretFile } from '../../platform/whole-file.ts';
import { type KioskDatabase, openKioskDatabase } from './database.ts';
import { finishReplacing, freeAsideFile, removeDatabase, replaceDatabase } from './database-files.ts';
import { diskTroubleOf } from './disk-trouble.ts';
import { implant } from './implant.ts';
import { migrateKiosk } from './migrate.ts';
import { describeSalvage, type Salvage, salvage } from './salvage.ts';

export interface Healed {
  /** Where the damaged database lies now. */
  readonly file: string;
  /** SQLite's own words. */
  readonly why: string;
  /** Events that the server had not taken yet, and that will be sent. */
  readonly savedEvents: number;
  /** Tables that could not be read, or not wholly. */
  readonly unreadable: readonly string[];
}

export interface HealOptions {
  readonly file: string;
  readonly migrationsFolder: string;
  readonly nowMs: number;
}

/**
 * Opens the database if it is whole. A damaged one is set aside, never deleted: what was only local is read out of it
 * into a new database (and into a file for people), and all else comes from the server again, from the feed's
 * beginning. @returns the open database, and what had to be done for it
 */
export function openHealthy(options: HealOptions): { db: KioskDatabase; healed: Healed | null } {
  const { file } = options;
  finishReplacing(file, nextFileOf(file));
  if (!existsSync(file)) return { db: openKioskDatabase(file), healed: null };
  const opened = openChecked(file);
  if ('db' in opened) return { db: opened.db, healed: null };
  const healed = setAside(options, opened.damage);
  return { db: openKioskDatabase(file), healed };
}

/** Where the database grows that takes the place of `file`. */
export function nextFileOf(file: string): string {
  return `${file}.next`;
}

function openChecked(file: string): { db: KioskDatabase } | { damage: string } {
  let db: KioskDatabase | null = null;
  try {
    db = openKioskDatabase(file);
    const found = db.pragma('quick_check(1)', { simple: true });
    if (found === 'ok') return { db };
    db.close();
    return { damage: String(found) };
  } catch (error) {
    db?.close();
    if (diskTroubleOf(error) !== 'damaged') throw error;
    return { damage: (error as Error).message };
  }
}

function setAside({ file, migrationsFolder, nowMs }: HealOptions, why: string): Healed {
  const asideFile = freeAsideFile(file, 'damaged', nowMs);
  const found = salvage(file, nowMs);
  writeWholeSecretFile(`${asideFile}.json`, describeSalvage(found, { atMs: nowMs, why }));
  const savedEvents = growNext(nextFileOf(file), found, { migrationsFolder, nowMs, asideFile });
  replaceDatabase(file, nextFileOf(file), asideFile);
  return { file: asideFile, why, savedEvents, unreadable: found.unreadable };
}

function growNext(
  next: string,
  found: Salvage,
  { migrationsFolder, nowMs, asideFile }: { migrationsFolder: string; nowMs: number; asideFile: string },
): number {
  removeDatabase(next);
  const db = openKioskDatabase(next);
  try {
    migrateKiosk(db, migrationsFolder, nowMs);
    return implant(db, found, { nowMs, file: basename(asideFile) });
  } finally {
    // The last connection takes its log into the file: nothing lies beside it any more.
    db.close();
  }
}
