import Database from 'better-sqlite3';
import type { Clock } from '../../domain/clock.ts';
import { isSessionOver, type SessionStatus } from '../../domain/payment-session.ts';
import {
  FEED_PAYLOADS,
  type FeedEntry,
  type FeedKind,
  type FeedPayload,
} from '../../domain/protocol/feed.ts';
import type { Log } from '../../platform/log.ts';
import { type ConfirmationOptions, takeConfirmation, ticketArrived } from '../checkout/confirmations.ts';
import { endSession } from '../checkout/session-life.ts';
import { diskTroubleOf } from '../store/disk-trouble.ts';
import type { KioskStore } from '../store/store.ts';
import { readableCatalog } from './readable-catalog.ts';
import type { LinkMonitor } from './server-link.ts';
import { applyServerTicket } from './ticket-merge.ts';

export interface FeedEffects {
  /**
   * Makes the entries true, in order, in one transaction with the cursor. Those at or below the cursor were applied
   * before and are passed over.
   */
  apply(entries: readonly FeedEntry[]): void;
}

export interface FeedEffectsOptions extends ConfirmationOptions {
  readonly clock: Clock;
  readonly link: LinkMonitor;
  readonly log: Log;
}

const CONTRADICTIONS = new Set([
  'SQLITE_CONSTRAINT_CHECK',
  'SQLITE_CONSTRAINT_FOREIGNKEY',
  'SQLITE_CONSTRAINT_NOTNULL',
  'SQLITE_CONSTRAINT_PRIMARYKEY',
  'SQLITE_CONSTRAINT_UNIQUE',
]);

/** Of an entry whose effect throws what is neither the disk's nor a contradiction: a bug, or a row that cannot be read. */
const MAX_TRIES = 3;

type Effects = { readonly [K in FeedKind]: (payload: FeedPayload<K>, nowMs: number) => void };

export function createFeedEffects(options: FeedEffectsOptions): FeedEffects {
  const { store, clock, link, log } = options;
  const effects = effectsOf(options);
  // A savepoint of its own for each entry: one that cannot be stored leaves nothing of itself behind.
  const runInSavepoint = store.db.transaction((kind: FeedKind, payload: FeedPayload<FeedKind>) =>
    runEffect(effects, kind, payload, clock.nowMs()),
  );

  let failing = { seq: 0, tries: 0 };

  function applyOne(entry: FeedEntry): void {
    if (!isFeedKind(entry.kind)) {
      // A newer server: what it says beyond our time must not stop what we do understand.
      log.info({ seq: entry.seq, kind: entry.kind }, 'feed entry of an unknown kind skipped');
      return;
    }
    const payload = FEED_PAYLOADS[entry.kind].safeParse(readable(entry));
    if (!payload.success) {
      skip(entry, payload.error.message);
      return;
    }
    try {
      runInSavepoint(entry.kind, payload.data);
    } catch (error) {
      if (mayPass(error) || !(isContradiction(error) || isLastTry(entry.seq))) throw error;
      skip(entry, error instanceof Error ? error.message : String(error));
    }
  }

  function isLastTry(seq: number): boolean {
    failing = { seq, tries: failing.seq === seq ? failing.tries + 1 : 1 };
    return failing.tries >= MAX_TRIES;
  }

  /** The payload without what a newer server put into it that is of no use to this release. */
  function readable({ seq, kind, payload }: FeedEntry): unknown {
    if (kind !== 'catalog.changed') return payload;
    const read = readableCatalog(payload);
    if (read.leftOut > 0) {
      const reason = `${read.leftOut} services of catalogue entry ${seq} cannot be sold by this release: update the totem`;
      log.error({ seq, leftOut: read.leftOut }, 'services of a newer server are left out');
      link.problem('skipped_entry', reason);
    }
    return read.payload;
  }

  /** Deterministic failures: to try again would stop the feed for ever, and with it every later payment. */
  function skip({ seq, kind }: FeedEntry, reason: string): void {
    log.error({ seq, kind, reason }, 'feed entry could not be applied and is skipped');
    link.problem('skipped_entry', `feed entry ${seq} (${kind}) was skipped: ${reason}`);
  }

  return {
    apply(entries) {
      store.write(() => {
        let cursor = store.sync.read().feedCursor;
        for (const entry of entries) {
          if (entry.seq <= cursor) continue;
          applyOne(entry);
          store.sync.moveCursor(entry.seq);
          cursor = entry.seq;
        }
      });
    },
  };
}

function effectsOf(options: FeedEffectsOptions): Effects {
  const { store, kioskId, log } = options;
  return {
    'catalog.changed': ({ catalog }) => {
      if (catalog.version >= (store.sync.read().catalogVersion ?? 0)) store.sync.saveCatalog(catalog);
    },
    'payment.confirmed': (confirmation, nowMs) => {
      const outcome = takeConfirmation(options, confirmation, nowMs);
      const { sessionId } = confirmation;
      if (outcome === 'issued') log.info({ sessionId, label: confirmation.ticket.label }, 'ticket issued');
      if (outcome === 'to_claim')
        log.warn({ sessionId }, 'a confirmation without a running lease: claimed first');
    },
    'refund.changed': (refund, nowMs) => {
      const session = ownSession(store, kioskId(), refund);
      if (session === undefined) return;
      store.refunds.put(refund, nowMs);
      if (refund.reason !== 'wrong_amount' || !mayFail(session.status)) return;
      // The provider closed the charge with the wrong money: nothing more can be paid on this QR code.
      endSession(store, session, 'failed', { cause: 'wrong_amount', reason: 'wrong_amount', atMs: nowMs });
    },
    'payment.closed': (closed, nowMs) => {
      const session = ownSession(store, kioskId(), closed);
      if (session === undefined || !mayFail(session.status)) return;
      endSession(store, session, 'failed', { cause: closed.reason, reason: 'closed_by_bank', atMs: nowMs });
    },
    'ticket.changed': ({ ticket }, nowMs) => {
      applyServerTicket(store, ticket, kioskId());
      ticketArrived(options, ticket.sessionId, nowMs);
    },
  };
}

function ownSession(store: KioskStore, kioskId: string, about: { sessionId: string; kioskId: string }) {
  return about.kioskId === kioskId ? store.sessions.byId(about.sessionId) : undefined;
}

function mayFail(status: SessionStatus): boolean {
  return !isSessionOver(status);
}

function runEffect<K extends FeedKind>(
  effects: Effects,
  kind: K,
  payload: FeedPayload<FeedKind>,
  nowMs: number,
): void {
  // The payload was parsed by this kind's own schema.
  effects[kind](payload as FeedPayload<K>, nowMs);
}

function isFeedKind(kind: string): kind is FeedKind {
  return Object.hasOwn(FEED_PAYLOADS, kind);
}

/** A full disk, a locked file: what was paid meanwhile has to wait for it, however long that takes. */
function mayPass(error: unknown): boolean {
  if (diskTroubleOf(error) !== null) return true;
  return error instanceof Database.SqliteError && /^SQLITE_(BUSY|LOCKED|NOMEM|INTERRUPT)/.test(error.code);
}

/** The entry contradicts what is stored. */
function isContradiction(error: unknown): boolean {
  return error instanceof Database.SqliteError && CONTRADICTIONS.has(error.code);
}
