import { Catalog } from '../../domain/protocol/catalog.ts';
import type { KioskDatabase } from './database.ts';

export interface SyncState {
  readonly feedCursor: number;
  readonly catalogVersion: number | null;
  /** The server's clock minus ours, ms. */
  readonly clockSkewMs: number | null;
  readonly lastContactAt: number | null;
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
  };
}
