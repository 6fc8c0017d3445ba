import type { Clock, RandomBytes } from '../../domain/clock.ts';
import { newId } from '../../domain/ids.ts';
import {
  MAX_PUSH_EVENTS,
  OUTBOX_PAYLOADS,
  OUTBOX_VERSION,
  type OutboxEvent,
  type OutboxKind,
  type OutboxPayload,
  type PushResult,
} from '../../domain/protocol/sync.ts';
import type { KioskDatabase } from './database.ts';

/** As long as somebody may still ask what became of a sale at this totem; the server knows it for good. */
const TAKEN_KEPT_MS = 30 * 24 * 60 * 60_000;
/** Twice the largest push, so that forgetting keeps up with it, and a transaction stays short. */
const MAX_FORGOTTEN = 2 * MAX_PUSH_EVENTS;

/** What the technician is shown of those that are not sent any more. */
const MAX_LISTED = 50;

/** An event that is not sent any more until somebody looks, or its time comes again. */
export interface UnsentEvent {
  readonly eventId: string;
  readonly kind: string;
  readonly at: number;
  readonly outcome: 'rejected' | 'set_aside';
  readonly reason: string | null;
}

export interface OutboxCounts {
  readonly pending: number;
  readonly rejected: number;
  /** Epoch ms; null when nothing is pending. */
  readonly oldestPendingAt: number | null;
}

export type OutboxRepository = ReturnType<typeof createOutboxRepository>;

/** What the server must still hear. An event is pending until the server has answered for it by its id. */
export function createOutboxRepository(
  db: KioskDatabase,
  clock: Pick<Clock, 'nowMs'>,
  randomBytes: RandomBytes,
) {
  const insert = db.prepare(
    'INSERT INTO outbox (event_id, kind, at, v, payload_json) VALUES (@id, @kind, @at, @v, @payloadJson)',
  );
  const pending = db.prepare<[], EventRow>(`${SELECT_EVENT} WHERE outcome IS NULL ORDER BY position`);
  const allSetAside = db.prepare<[], EventRow>(
    `${SELECT_EVENT} WHERE outcome = 'set_aside' ORDER BY position`,
  );
  const newestTaken = db.prepare<[], EventRow>(
    `${SELECT_EVENT} WHERE outcome IN ('applied', 'duplicate') ORDER BY answered_at DESC LIMIT 1`,
  );
  const sendAgain = db.prepare(
    `UPDATE outbox SET event_id = @newId, outcome = NULL, reason = NULL, answered_at = NULL, failures = 0
     WHERE event_id = @id`,
  );
  const fail = db
    .prepare<[string], number>(
      'UPDATE outbox SET failures = failures + 1 WHERE event_id = ? RETURNING failures',
    )
    .pluck();
  const unsent = db.prepare<[], UnsentEvent & { readonly position: number }>(
    // Each half has an index of its own; asked for in one condition, both would be missed.
    `SELECT event_id AS eventId, kind, at, outcome, reason, position FROM outbox WHERE outcome = 'rejected'
     UNION ALL
     SELECT event_id AS eventId, kind, at, outcome, reason, position FROM outbox WHERE outcome = 'set_aside'
     ORDER BY position DESC LIMIT ${MAX_LISTED}`,
  );
  const callOf = db.prepare<[string], EventRow>(
    `${SELECT_EVENT} WHERE kind = 'queue.executed_locally'
     AND json_extract(payload_json, '$.command.commandId') = ? LIMIT 1`,
  );
  const unansweredOf = db.prepare<[string], number>(
    `SELECT 1 FROM outbox WHERE kind = 'queue.executed_locally' AND outcome IS NULL
     AND json_extract(payload_json, '$.ticketId') = ? LIMIT 1`,
  );
  const unanswered = db.prepare<[], number>(
    `SELECT 1 FROM outbox INDEXED BY outbox_unanswered_calls
     WHERE kind = 'queue.executed_locally' AND outcome IS NULL LIMIT 1`,
  );
  const settle = db.prepare(
    `UPDATE outbox SET outcome = @outcome, reason = @reason, answered_at = @at
     WHERE event_id = @id AND outcome IS NULL`,
  );
  const forget = db.prepare(
    `DELETE FROM outbox WHERE position IN (SELECT position FROM outbox
       WHERE outcome IN ('applied', 'duplicate') AND answered_at < ? ORDER BY answered_at LIMIT ${MAX_FORGOTTEN})`,
  );
  const pendingCount = db.prepare<[], { pending: number; oldestPendingAt: number | null }>(
    'SELECT count(*) AS pending, min(at) AS oldestPendingAt FROM outbox WHERE outcome IS NULL',
  );
  const newest = db.prepare<[], number>('SELECT coalesce(max(position), 0) FROM outbox').pluck();
  const rejectedCount = db.prepare<[], { rejected: number }>(
    `SELECT count(*) AS rejected FROM outbox WHERE outcome = 'rejected'`,
  );

  return {
    /** Call it inside the transaction that makes the event true. The payload is checked before it is written. */
    append<K extends OutboxKind>(kind: K, payload: OutboxPayload<K>): void {
      const checked = OUTBOX_PAYLOADS[kind].parse(payload);
      insert.run({
        id: newId(clock, randomBytes),
        kind,
        at: clock.nowMs(),
        v: OUTBOX_VERSION,
        payloadJson: JSON.stringify(checked),
      });
    },
    /** Rises with each event: tells whether one was added. */
    newestPosition(): number {
      return newest.get() ?? 0;
    },
    /** Oldest first, without those that `isHeld` says have to wait. */
    pending(limit: number, isHeld: (event: OutboxEvent) => boolean = () => false): OutboxEvent[] {
      const events: OutboxEvent[] = [];
      for (const row of pending.iterate()) {
        if (events.length >= limit) break;
        const event = eventOf(row);
        if (!isHeld(event)) events.push(event);
      }
      return events;
    },
    setAside(id: string, reason: string): void {
      settle.run({ id, outcome: 'set_aside', reason, at: clock.nowMs() });
    },
    /** Oldest first. */
    setAsideEvents(): OutboxEvent[] {
      return allSetAside.all().map(eventOf);
    },
    /**
     * What was set aside is pending again, at its old place. Each has a new id: the server keeps its answer to the old
     * one, and knows by the content of an event what it has done already.
     */
    retrySetAside(): void {
      for (const { id } of allSetAside.all()) sendAgain.run({ id, newId: newId(clock, randomBytes) });
    },
    /** The newest that the server has answered for without a complaint. */
    newestTaken(): OutboxEvent | undefined {
      const row = newestTaken.get();
      return row === undefined ? undefined : eventOf(row);
    },
    /** The server failed over this event alone. @returns how often by now */
    countFailure(id: string): number {
      return fail.get(id) ?? 0;
    },
    /** Rejected and set aside, newest first, bounded. */
    unsent(): UnsentEvent[] {
      return unsent.all().map(({ position: _position, ...event }) => event);
    },
    /** The ticket of the local call that a command made; undefined when none was made by it. */
    ticketOfCall(commandId: string): string | undefined {
      const row = callOf.get(commandId);
      return row === undefined
        ? undefined
        : OUTBOX_PAYLOADS['queue.executed_locally'].parse(JSON.parse(row.payload)).ticketId;
    },
    /** Whether the server has yet to answer for a local call: of this ticket, or of any. */
    hasUnansweredCall(ticketId?: string): boolean {
      return (ticketId === undefined ? unanswered.get() : unansweredOf.get(ticketId)) !== undefined;
    },
    settle({ id, outcome, reason }: Pick<PushResult, 'id' | 'outcome' | 'reason'>): void {
      settle.run({ id, outcome, reason, at: clock.nowMs() });
    },
    /** Drops, a bounded number at a time, what the server took a month ago. What it rejected stays to be looked at. */
    forgetTaken(): void {
      forget.run(clock.nowMs() - TAKEN_KEPT_MS);
    },
    counts(): OutboxCounts {
      const row = pendingCount.get();
      return {
        pending: row?.pending ?? 0,
        oldestPendingAt: row?.oldestPendingAt ?? null,
        rejected: rejectedCount.get()?.rejected ?? 0,
      };
    },
  };
}

interface EventRow {
  readonly id: string;
  readonly kind: string;
  readonly at: number;
  readonly v: number;
  readonly payload: string;
}

const SELECT_EVENT = 'SELECT event_id AS id, kind, at, v, payload_json AS payload FROM outbox';

function eventOf(row: EventRow): OutboxEvent {
  return { ...row, payload: JSON.parse(row.payload) as unknown };
}
