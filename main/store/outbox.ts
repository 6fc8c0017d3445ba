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
  const pending = db.prepare<[number], { id: string; kind: string; at: number; v: number; payload: string }>(
    `SELECT event_id AS id, kind, at, v, payload_json AS payload FROM outbox
     WHERE outcome IS NULL ORDER BY position LIMIT ?`,
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
    /** Oldest first. */
    pending(limit: number): OutboxEvent[] {
      return pending.all(limit).map((row) => ({ ...row, payload: JSON.parse(row.payload) as unknown }));
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
