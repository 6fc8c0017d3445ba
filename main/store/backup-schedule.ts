import type { CancelTimer, Clock } from '../../domain/clock.ts';
import type { Log } from '../../platform/log.ts';
import { backUp, listBackups } from './backup.ts';
import type { KioskDatabase } from './database.ts';

/**
 * Once a day. More would not save a sale: what a backup lacks comes from the server, and what the server lacks is
 * read out of the database that the backup takes the place of.
 */
export const BACKUP_EVERY_MS = 24 * 60 * 60_000;
/** After a failure, and at most this long after a start: a totem that is switched off at night has its backup too. */
const LOOK_EVERY_MS = 10 * 60_000;

export interface BackupSchedule {
  /** Epoch ms of the newest backup; null when there is none. */
  readonly lastAt: number | null;
  /** Why the last attempt failed; null when it did not. */
  readonly error: string | null;
  start(): void;
  /** Resolves when the copy under way has ended. */
  stop(): Promise<void>;
}

export interface BackupScheduleOptions {
  readonly db: KioskDatabase;
  readonly folder: string;
  readonly clock: Clock;
  readonly log: Log;
}

export function createBackupSchedule({ db, folder, clock, log }: BackupScheduleOptions): BackupSchedule {
  let lastAt = listBackups(folder)[0]?.at ?? null;
  let error: string | null = null;
  let cancelTimer: CancelTimer = () => {};
  let underWay: Promise<void> = Promise.resolve();
  let running = false;

  function look(): void {
    cancelTimer = clock.schedule(LOOK_EVERY_MS, look);
    const age = lastAt === null ? Number.POSITIVE_INFINITY : clock.nowMs() - lastAt;
    // A clock that was set back must not end the backups.
    if (age >= 0 && age < BACKUP_EVERY_MS) return;
    underWay = backUp(db, folder, clock.nowMs()).then(
      ({ file, at }) => {
        lastAt = at;
        error = null;
        log.info({ file }, 'backup made');
      },
      (cause: Error) => {
        if (!running) return;
        error = cause.message;
        log.error({ err: cause }, 'the backup failed, will try again');
      },
    );
  }

  return {
    get lastAt() {
      return lastAt;
    },
    get error() {
      return error;
    },
    start() {
      running = true;
      look();
    },
    async stop() {
      running = false;
      cancelTimer();
      await underWay;
    },
  };
}
