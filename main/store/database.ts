import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import Database from 'better-sqlite3';

export type KioskDatabase = Database.Database;

/** How long a statement waits for another connection (the support bundle's, the CLI's) before it fails. */
const BUSY_TIMEOUT_MS = 5_000;

/**
 * Opens the kiosk's database for writing. `synchronous=FULL`, because in WAL mode NORMAL may lose the last
 * acknowledged commits at a power cut, and one of those commits may be a ticket.
 */
export function openKioskDatabase(file: string): KioskDatabase {
  mkdirSync(dirname(file), { recursive: true });
  const db = new Database(file, { timeout: BUSY_TIMEOUT_MS });
  try {
    db.pragma('journal_mode = WAL');
    db.pragma('synchronous = FULL');
    db.pragma('foreign_keys = ON');
    // Name and CPF of a session that is over are set to NULL, and have to be gone from the file as well.
    db.pragma('secure_delete = ON');
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

/** Opens it beside a running kiosk, for reading alone. Throws when the file does not exist. */
export function openKioskDatabaseForReading(file: string): KioskDatabase {
  return new Database(file, { readonly: true, fileMustExist: true, timeout: BUSY_TIMEOUT_MS });
}
