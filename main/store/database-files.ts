import { closeSync, existsSync, fsyncSync, openSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import Database from 'better-sqlite3';

/** What SQLite keeps beside a database in WAL mode. */
const COMPANIONS = ['-wal', '-shm'] as const;

/** `20261122T052700Z`: sorts by time, and is a file name everywhere. */
export function utcStamp(atMs: number): string {
  return `${new Date(atMs).toISOString().slice(0, 19).replaceAll(/[-:]/g, '')}Z`;
}

/** A second within which nothing was set aside yet, from `atMs` on: what was set aside before is never overwritten. */
export function freeAsideFile(file: string, what: 'damaged' | 'replaced', atMs: number): string {
  for (let at = atMs; ; at += 1_000) {
    const aside = `${file}.${what}-${utcStamp(at)}`;
    if (!existsSync(aside) && !existsSync(`${aside}.json`)) return aside;
  }
}

/**
 * Puts `next`, a whole and closed database, in the place of `file`, which is kept as `asideFile`. Killed at any
 * moment it is done by the next `finishReplacing`: as long as `next` stands beside `file`, nothing has happened yet;
 * once `file` is gone, `next` is what comes.
 */
export function replaceDatabase(file: string, next: string, asideFile: string): void {
  syncFile(next);
  if (existsSync(file)) renameSync(file, asideFile);
  moveCompanions(file, asideFile);
  renameSync(next, file);
  syncFile(dirname(file));
}

/** Ends what a killed `replaceDatabase` left half done, or throws away what it had only prepared. */
export function finishReplacing(file: string, next: string): void {
  if (!existsSync(next)) return;
  if (existsSync(file)) {
    removeDatabase(next);
    return;
  }
  const prefix = `${basename(file)}.`;
  const newestAside = readdirSync(dirname(file))
    .filter((name) => name.startsWith(prefix) && /Z$/.test(name))
    .sort((one, other) => one.slice(-16).localeCompare(other.slice(-16)))
    .at(-1);
  // A log that were left beside another database would be played into it.
  if (newestAside !== undefined) moveCompanions(file, join(dirname(file), newestAside));
  renameSync(next, file);
  syncFile(dirname(file));
}

export function removeDatabase(file: string): void {
  for (const suffix of ['', ...COMPANIONS]) rmSync(`${file}${suffix}`, { force: true });
}

/** SQLite's own look at every page, without comparing the indexes. @returns what is wrong; null when nothing is */
export function quickCheck(file: string): string | null {
  let db: Database.Database | null = null;
  try {
    db = new Database(file, { readonly: true, fileMustExist: true });
    const found = db.pragma('quick_check(1)', { simple: true });
    return found === 'ok' ? null : String(found);
  } catch (error) {
    return (error as Error).message;
  } finally {
    db?.close();
  }
}

/** To the disk itself: what a rename points at must be there after a power cut. Works on folders as well. */
export function syncFile(file: string): void {
  const descriptor = openSync(file, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

function moveCompanions(file: string, asideFile: string): void {
  for (const suffix of COMPANIONS) {
    if (existsSync(`${file}${suffix}`)) renameSync(`${file}${suffix}`, `${asideFile}${suffix}`);
  }
}
