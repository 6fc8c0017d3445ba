import type { Clock, RandomBytes } from '../../domain/clock.ts';
import { backUpAtOnce } from './backup.ts';
import { type ConfirmationRepository, createConfirmationRepository } from './confirmations.ts';
import type { KioskDatabase } from './database.ts';
import { diskTroubleOf } from './disk-trouble.ts';
import { type Healed, openHealthy } from './heal.ts';
import { createLocalCallRepository, type LocalCallRepository } from './local-calls.ts';
import { hasStepsPending, migrateKiosk } from './migrate.ts';
import { createNumberLeaseRepository, type NumberLeaseRepository } from './number-leases.ts';
import { createOutboxRepository, type OutboxRepository } from './outbox.ts';
import { createRefundRepository, type RefundRepository } from './refunds.ts';
import { createSessionRepository, type SessionRepository } from './sessions.ts';
import { createStorageMonitor, type StorageMonitor } from './storage-monitor.ts';
import { createSyncStateRepository, type SyncStateRepository } from './sync-state.ts';
import { createTicketRepository, type TicketRepository } from './tickets.ts';
import { watchStatements } from './watch-statements.ts';

/** The file's name in a kiosk's data folder. */
export const KIOSK_DATABASE_FILE = 'kiosk.sqlite';

/** All that the kiosk knows, in one SQLite file. */
export interface KioskStore {
  readonly db: KioskDatabase;
  readonly sessions: SessionRepository;
  readonly tickets: TicketRepository;
  readonly outbox: OutboxRepository;
  readonly localCalls: LocalCallRepository;
  readonly refunds: RefundRepository;
  readonly confirmations: ConfirmationRepository;
  readonly sync: SyncStateRepository;
  /** Whether the disk takes what has to be stored. */
  readonly storage: StorageMonitor;
  /** The damaged database that this one has just taken the place of; null when it was whole. */
  readonly healed: Healed | null;
  readonly leases: NumberLeaseRepository;
  /** Runs `change` as one transaction, all or nothing; those who listen hear of it after the commit. */
  write<T>(change: () => T): T;
  /** @returns stops the listening */
  onCommit(listener: () => void): () => void;
  /** The database turned out to be damaged while it was in use: only opening it anew mends that. */
  onDamaged(listener: (error: Error) => void): void;
  close(): void;
}

export interface StoreOptions {
  readonly file: string;
  readonly migrationsFolder: string;
  readonly clock: Clock;
  readonly randomBytes: RandomBytes;
  /** Where a copy is put before steps change a database that holds something; without it none is made. */
  readonly backupsFolder?: string;
  /** Of the disk that holds the file; without it only a failed write tells of a full one. */
  readonly freeBytes?: () => number;
}

/**
 * Opens the kiosk's database; a damaged one is set aside and a new one takes its place (heal.ts).
 * @throws StartupFailure when the file belongs to a newer program or a migration was edited
 */
export function openKioskStore(options: StoreOptions): KioskStore {
  const { file, migrationsFolder, clock, randomBytes, backupsFolder, freeBytes } = options;
  const { db, healed } = openHealthy({ file, migrationsFolder, nowMs: clock.nowMs() });
  try {
    if (backupsFolder !== undefined && hasStepsPending(db, migrationsFolder)) {
      backUpAtOnce(db, backupsFolder, clock.nowMs());
    }
    migrateKiosk(db, migrationsFolder, clock.nowMs());
  } catch (error) {
    db.close();
    throw error;
  }
  const listeners = new Set<() => void>();
  const damageListeners = new Set<(error: Error) => void>();
  const storage = createStorageMonitor({
    clock,
    ...(freeBytes === undefined ? {} : { freeBytes }),
    tryWrite: () => void store.write(() => store.sync.touch()),
  });
  const noteFailure = (error: unknown): void => {
    storage.failed(error);
    if (diskTroubleOf(error) !== 'damaged') return;
    for (const listener of damageListeners) listener(error as Error);
  };
  watchStatements(db, noteFailure);
  const store: KioskStore = {
    db,
    sessions: createSessionRepository(db),
    tickets: createTicketRepository(db),
    outbox: createOutboxRepository(db, clock, randomBytes),
    localCalls: createLocalCallRepository(db),
    refunds: createRefundRepository(db),
    confirmations: createConfirmationRepository(db),
    sync: createSyncStateRepository(db),
    leases: createNumberLeaseRepository(db),
    storage,
    healed,
    write(change) {
      const result = commit(change);
      for (const listener of listeners) listener();
      return result;
    },
    onCommit(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    onDamaged: (listener) => void damageListeners.add(listener),
    close() {
      storage.stop();
      db.close();
    },
  };

  function commit<T>(change: () => T): T {
    try {
      return db.transaction(change).immediate();
    } catch (error) {
      // The commit itself is no statement of ours, and most full disks are met there.
      noteFailure(error);
      throw error;
    }
  }

  storage.start();
  return store;
}
