import { mkdirSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { KioskDatabase } from './database.ts';
import { quickCheck, removeDatabase, syncFile, utcStamp } from './database-files.ts';

/** A week of days. A totem's disk is small, and whatever a backup lacks comes from the server. */
export const BACKUPS_KEPT = 7;

const BACKUP_NAME = /^kiosk-(\d{4})(\d{2})(\d{2})T(\d{2})(\d{2})(\d{2})Z\.sqlite$/;

export interface Backup {
  readonly file: string;
  /** Epoch ms, by the clock of the kiosk that made it. */
  readonly at: number;
}

/** Newest first; what is unfinished, or was put there under another name, does not count. */
export function listBackups(folder: string): Backup[] {
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory() !== true) return [];
  return readdirSync(folder)
    .flatMap((name) => {
      const match = BACKUP_NAME.exec(name);
      if (match === null) return [];
      const [, year, month, day, hour, minute, second] = match;
      const at = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
      return [{ file: join(folder, name), at }];
    })
    .sort((one, other) => other.at - one.at);
}

/** Copies the database while it is used, a few pages at a time. @throws Error when the copy fails or is not whole */
export async function backUp(db: KioskDatabase, folder: string, nowMs: number): Promise<Backup> {
  const part = startPart(folder, nowMs);
  await db.backup(part);
  return keep(part, folder, nowMs);
}

/** The same at once, for a program that does nothing else meanwhile. */
export function backUpAtOnce(db: KioskDatabase, folder: string, nowMs: number): Backup {
  const part = startPart(folder, nowMs);
  db.prepare('VACUUM INTO ?').run(part);
  return keep(part, folder, nowMs);
}

function startPart(folder: string, nowMs: number): string {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  for (const name of readdirSync(folder)) {
    // Of a program that was killed meanwhile.
    if (name.includes('.sqlite.part')) rmSync(join(folder, name));
  }
  return join(folder, `kiosk-${utcStamp(nowMs)}.sqlite.part`);
}

/** Only what SQLite itself finds whole counts as a backup, and only then an older one goes. */
function keep(part: string, folder: string, nowMs: number): Backup {
  const damage = quickCheck(part);
  if (damage !== null) {
    removeDatabase(part);
    throw new Error(`the copy is not whole: ${damage}`);
  }
  // The look itself may leave its companions.
  for (const suffix of ['-wal', '-shm']) rmSync(`${part}${suffix}`, { force: true });
  syncFile(part);
  const file = join(folder, basename(part, '.part'));
  renameSync(part, file);
  syncFile(folder);
  for (const old of listBackups(folder).slice(BACKUPS_KEPT)) rmSync(old.file);
  return { file, at: Math.floor(nowMs / 1_000) * 1_000 };
}
