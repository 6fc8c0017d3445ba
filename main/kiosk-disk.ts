import { accessSync, constants, statfsSync } from 'node:fs';
import type { Clock, RandomBytes } from '../domain/clock.ts';
import type { Log } from '../platform/log.ts';
import { StartupFailure } from '../platform/service.ts';
import { kioskPaths, lockKioskFolder } from './data-folder.ts';
import { type BackupSchedule, createBackupSchedule } from './store/backup-schedule.ts';
import { diskAdvice, diskTroubleOf } from './store/disk-trouble.ts';
import { KIOSK_MIGRATIONS_FOLDER } from './store/migrate.ts';
import { type KioskStore, openKioskStore } from './store/store.ts';

/** A kiosk's data folder in use: nobody else's, its database open, its backups kept. */
export interface KioskDisk {
  readonly store: KioskStore;
  readonly backups: BackupSchedule;
  /** Ends the backup under way, closes the database, gives the folder back. */
  close(): Promise<void>;
  /** The same at once, while no backup has been begun. */
  release(): void;
}

export interface KioskDiskOptions {
  readonly dataDir: string;
  readonly clock: Clock;
  readonly randomBytes: RandomBytes;
  readonly log: Log;
  /** The database went bad while it was in use. The program has to end: the next start mends it. */
  readonly onDamaged: () => void;
}

/**
 * @throws StartupFailure when the folder is in use, its database belongs to a newer version, or its disk is full, can
 * only be read, or fails
 */
export function openKioskDisk(options: KioskDiskOptions): KioskDisk {
  const { dataDir, clock, randomBytes, log, onDamaged } = options;
  return withDiskAdvice(dataDir, () => {
    const folder = lockKioskFolder(dataDir);
    try {
      const paths = kioskPaths(dataDir);
      const store = openKioskStore({
        file: paths.database,
        migrationsFolder: KIOSK_MIGRATIONS_FOLDER,
        backupsFolder: paths.backups,
        clock,
        randomBytes,
        freeBytes: () => freeBytes(dataDir),
      });
      if (store.healed !== null) {
        log.error(
          { ...store.healed },
          'the database was damaged: it was set aside, and is read from the server anew',
        );
      }
      store.onDamaged((error) => {
        log.fatal({ err: error }, 'the database is damaged: leaving, so that the next start sets it aside');
        onDamaged();
      });
      const backups = createBackupSchedule({ db: store.db, folder: paths.backups, clock, log });
      const release = (): void => {
        store.close();
        folder.release();
      };
      return { store, backups, release, close: () => backups.stop().then(release) };
    } catch (error) {
      folder.release();
      throw error;
    }
  });
}

/** Runs what a start does on its disk, and puts a failure of the disk into a line that says what to do. */
export function withDiskAdvice<T>(dataDir: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    const answered = diskTroubleOf(error);
    if (answered === null) throw error;
    // SQLite says of a file that it may not make only that it cannot be opened.
    const trouble = answered === 'failing' && !isWritable(dataDir) ? 'read_only' : answered;
    throw new StartupFailure(diskAdvice(trouble, dataDir, (error as Error).message), { cause: error });
  }
}

function isWritable(folder: string): boolean {
  try {
    accessSync(folder, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

function freeBytes(dataDir: string): number {
  const { bavail, bsize } = statfsSync(dataDir);
  return bavail * bsize;
}
