import { join } from 'node:path';
import { type FolderLock, lockFolder } from '../platform/folder-lock.ts';
import { StartupFailure } from '../platform/service.ts';
import { KIOSK_DATABASE_FILE } from './store/store.ts';

/** Where things lie in a kiosk's data folder. */
export function kioskPaths(dataDir: string) {
  return {
    database: join(dataDir, KIOSK_DATABASE_FILE),
    /** Seals names and CPFs; without it they cannot be read from a copied database. */
    personalDataKey: join(dataDir, 'personal-data.key'),
    /** Who this totem is at its server, with the key that proves it. */
    identity: join(dataDir, 'identity.json'),
    /** Copies of the database, one a day. */
    backups: join(dataDir, 'backups'),
    /** Where the mock printer writes its pictures and texts. */
    mockPapers: join(dataDir, 'papers'),
  } as const;
}

/** @throws StartupFailure when another kiosk works in the folder */
export function lockKioskFolder(dataDir: string): FolderLock {
  const lock = lockFolder(dataDir);
  if (lock !== null) return lock;
  throw new StartupFailure(
    `another kiosk is already running on ${dataDir}: stop it first, or choose another data folder`,
  );
}
