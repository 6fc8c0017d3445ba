import type { Clock, RandomBytes } from '../../domain/clock.ts';
import { type KioskDatabase, openKioskDatabase } from './database.ts';
import { migrateKiosk } from './migrate.ts';
import { createOutboxRepository, type OutboxRepository } from './outbox.ts';
import { createRefundRepository, type RefundRepository } from './refunds.ts';
import { createSessionRepository, type SessionRepository } from './sessions.ts';
import { createSyncStateRepository, type SyncStateRepository } from './sync-state.ts';
import { createTicketRepository, type TicketRepository } from './tickets.ts';

/** The file's name in a kiosk's data folder. */
export const KIOSK_DATABASE_FILE = 'kiosk.sqlite';

/** All that the kiosk knows, in one SQLite file. */
export interface KioskStore {
  readonly db: KioskDatabase;
  readonly sessions: SessionRepository;
  readonly tickets: TicketRepository;
  readonly outbox: OutboxRepository;
  readonly refunds: RefundRepository;
  readonly sync: SyncStateRepository;
  /** Runs `change` as one transaction, all or nothing; those who listen hear of it after the commit. */
  write<T>(change: () => T): T;
  /** @returns stops the listening */
  onCommit(listener: () => void): () => void;
  close(): void;
}

export interface StoreOptions {
  readonly file: string;
  readonly migrationsFolder: string;
  readonly clock: Clock;
  readonly randomBytes: RandomBytes;
}

/** @throws StartupFailure when the file belongs to a newer program or a migration was edited */
export function openKioskStore({ file, migrationsFolder, clock, randomBytes }: StoreOptions): KioskStore {
  const db = openKioskDatabase(file);
  try {
    migrateKiosk(db, migrationsFolder, clock.nowMs());
  } catch (error) {
    db.close();
    throw error;
  }
  const listeners = new Set<() => void>();
  return {
    db,
    sessions: createSessionRepository(db),
    tickets: createTicketRepository(db),
    outbox: createOutboxRepository(db, clock, randomBytes),
    refunds: createRefundRepository(db),
    sync: createSyncStateRepository(db),
    write(change) {
      const result = db.transaction(change).immediate();
      for (const listener of listeners) listener();
      return result;
    },
    onCommit(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    close() {
      db.close();
    },
  };
}
