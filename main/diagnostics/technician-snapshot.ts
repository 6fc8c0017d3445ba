import { businessDayOf } from '../../domain/business-day.ts';
import type { Layers } from '../../domain/protocol/machine-state.ts';
import type { TechnicianSnapshot } from '../../domain/protocol/screens.ts';
import type { KioskIdentity } from '../identity/kiosk-identity.ts';
import type { PrintQueue } from '../printing/print-queue.ts';
import { ticketsOfToday } from '../queue/business-today.ts';
import type { BackupSchedule } from '../store/backup-schedule.ts';
import type { KioskStore } from '../store/store.ts';
import type { LinkMonitor } from '../sync/server-link.ts';

/** No business day, whatever the time zone and its change of hours, lasts longer. */
const LONGEST_DAY_MS = 26 * 60 * 60_000;

export interface TechnicianSurroundings {
  readonly identity: KioskIdentity;
  readonly version: string;
  readonly startedAt: number;
  readonly serverUrl: string;
  readonly link: LinkMonitor;
  readonly printQueue: PrintQueue;
  readonly layers: Layers;
  readonly backups: BackupSchedule | undefined;
}

export function technicianSnapshot(
  store: KioskStore,
  { identity, version, startedAt, serverUrl, link, printQueue, layers, backups }: TechnicianSurroundings,
  nowMs: number,
): TechnicianSnapshot {
  const { feedCursor, catalogVersion } = store.sync.read();
  const outbox = store.outbox.counts();
  const enrolled = identity.current();
  return {
    screen: 'technician',
    at: nowMs,
    kioskId: enrolled?.kioskId ?? null,
    enrolment: identity.status(),
    identity:
      enrolled === null
        ? null
        : { keyId: enrolled.keyId, enrolledAt: enrolled.enrolledAt, warning: identity.warning() },
    version,
    startedAt,
    layers,
    storage: store.storage.state,
    printer: printQueue.state(),
    lastBackupAt: backups?.lastAt ?? null,
    backupError: backups?.error ?? null,
    recovery: store.sync.recovery(),
    needsAttention: printQueue.needsAttention(),
    recentJobs: printQueue.recentJobs(),
    sync: {
      server: link.state,
      serverUrl,
      lastContactAt: link.lastContactAt,
      lastError: link.lastError,
      feedCursor,
      outboxPending: outbox.pending,
      outboxOldestAgeMs: outbox.oldestPendingAt === null ? null : Math.max(0, nowMs - outbox.oldestPendingAt),
      outboxRejected: outbox.rejected,
      setAside: store.outbox.unsent(),
      clockSkewMs: link.clockSkewMs,
      catalogVersion,
    },
    sessionsToday: sessionsToday(store, nowMs),
  };
}

function sessionsToday(store: KioskStore, nowMs: number): TechnicianSnapshot['sessionsToday'] {
  const timeZone = store.sync.catalog()?.unit.timeZone;
  if (timeZone === undefined) return { opened: 0, paid: 0, tickets: 0 };
  const today = businessDayOf(nowMs, timeZone);
  const sessions = store.sessions
    .openedSince(nowMs - LONGEST_DAY_MS)
    .filter((session) => businessDayOf(session.openedAt, timeZone) === today);
  return {
    opened: sessions.length,
    paid: sessions.filter((session) => session.status === 'paid').length,
    tickets: ticketsOfToday(store, nowMs).filter((ticket) => ticket.own).length,
  };
}
