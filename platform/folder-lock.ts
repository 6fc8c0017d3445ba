import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';

export interface FolderLock {
  release(): void;
}

/**
 * Makes this process the only one that works in `folder`, until it releases the lock or dies: the lock is SQLite's own
 * on a file, which the operating system drops with the process, even at kill -9. Answers null when another holds it.
 */
export function lockFolder(folder: string, name = 'in-use'): FolderLock | null {
  mkdirSync(folder, { recursive: true });
  const holder = new Database(join(folder, `${name}.lock`), { timeout: 0 });
  try {
    holder.pragma('locking_mode = EXCLUSIVE');
    holder.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    holder.close();
    if ((error as { code?: string }).code?.startsWith('SQLITE_BUSY') === true) return null;
    throw error;
  }
  return { release: () => holder.close() };
}
