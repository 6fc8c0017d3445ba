import { Catalog } from '../../domain/protocol/catalog.ts';
import type { KioskDatabase } from './database.ts';

export interface SyncState {
  readonly feedCursor: number;
  readonly catalogVersion: number | null;
  /** The server's clock minus ours, ms. */
  readonly clockSkewMs: number | null;
  readonly lastContactAt: number | null;
}

/** A database that this one took the place of, damaged or replaced by a backup. */
export interface Recovery {
  readonly at: number;
  /** Its name in the data folder. */
  readonly file: string;
  /** Events of it that were put into this one. */
  readonly savedEvents: number;
}

export type SyncStateRepository = ReturnType<typeof createSyncStateRepository>;

/** How far the kiosk has read, and the catalogue that it sells from. One row. */
export function createSyncStateRepository(db: KioskDatabase) {
  const read = db.prepare<[], SyncState>(
    `SELECT feed_cursor AS feedCursor, catalog_version AS catalogVersion, clock_skew_ms AS clockSkewMs,
     last_contact_at AS lastContactAt FROM sync_state`,
  );
  const readCatalog = db.prepare<[], { json: string | null }>('SELECT catalog_json AS json FROM sync_state');
  const moveCursor = db.prepare('UPDATE sync_state SET feed_cursor = ? WHERE feed_cursor < ?');
  const saveCatalog = db.prepare('UPDATE sync_state SET catalog_version = ?, catalog_json = ?');
  const saveContact = db.prepare('UPDATE sync_state SET clock_skew_ms = ?, last_contact_at = ?');
  const recovery = db.prepare<[], Recovery>(
    `SELECT recovered_at AS at, recovered_file AS file, recovered_events AS savedEvents FROM sync_state
     WHERE recovered_at IS NOT NULL`,
  );
  const rebuilding = db.prepare<[], 0 | 1>('SELECT rebuilding FROM sync_state').pluck();
  const rebuilt = db.prepare('UPDATE sync_state SET rebuilding = 0');
  const touch = db.prepare('UPDATE sync_state SET feed_cursor = feed_cursor');
  // Snapshots ask for the catalogue many times a second; it is parsed once a version.
  let parsed: { readonly json: string; readonly catalog: Catalog } | null = null;

  return {
    read(): SyncState {
      const row = read.get();
      if (row === undefined) throw new Error('sync_state has lost its row');
      return row;
    },
    catalog(): Catalog | null {
      const json = readCatalog.get()?.json ?? null;
      if (json === null) return null;
      if (parsed?.json !== json) parsed = { json, catalog: Catalog.parse(JSON.parse(json)) };
      return parsed.catalog;
    },
    /** Only forwards. */
    moveCursor(sequence: number): void {
      moveCursor.run(sequence, sequence);
    },
    saveCatalog(catalog: Catalog): void {
      saveCatalog.run(catalog.version, JSON.stringify(catalog));
    },
    saveContact(clockSkewMs: number, atMs: number): void {
      saveContact.run(clockSkewMs, atMs);
    },
    recovery: (): Recovery | null => recovery.get() ?? null,
    /** The feed is being read anew after a database was lost: what it confirms may be on paper already. */
    isRebuilding: (): boolean => rebuilding.get() === 1,
    finishRebuilding: (): void => void rebuilt.run(),
    /** Writes without changing anything: tells whether the disk takes it. */
    touch: (): void => void touch.run(),
  };
}
