import type { Database } from 'better-sqlite3';

/** A notification that is owed to a key's webhook. */
export interface Callback {
  readonly id: number;
  readonly key: string;
  readonly endToEndId: string;
  /** The refund that reached its end; null for the receipt itself. */
  readonly refundId: string | null;
  readonly attempts: number;
}

export interface CallbackTable {
  owe(callback: Pick<Callback, 'key' | 'endToEndId' | 'refundId'>, dueAt: number): void;
  dueBy(nowMs: number): Callback[];
  nextDueAt(): number | null;
  delivered(ids: readonly number[]): void;
  retryAt(id: number, dueAt: number, error: string): void;
  giveUp(id: number, error: string): void;
}

export function openCallbacks(database: Database): CallbackTable {
  const owe = database.prepare(
    'INSERT INTO callbacks (key, end_to_end_id, refund_id, due_at) VALUES (?, ?, ?, ?)',
  );
  const due = database.prepare<[number], Callback>(
    `SELECT id, key, end_to_end_id AS endToEndId, refund_id AS refundId, attempts FROM callbacks
     WHERE state = 'due' AND due_at <= ? ORDER BY due_at, id`,
  );
  const next = database
    .prepare<[], number | null>(`SELECT min(due_at) FROM callbacks WHERE state = 'due'`)
    .pluck();
  const deliver = database.prepare(
    `UPDATE callbacks SET state = 'delivered', attempts = attempts + 1 WHERE id = ?`,
  );
  const retry = database.prepare(
    'UPDATE callbacks SET attempts = attempts + 1, due_at = ?, last_error = ? WHERE id = ?',
  );
  const giveUp = database.prepare(
    `UPDATE callbacks SET state = 'given_up', attempts = attempts + 1, last_error = ? WHERE id = ?`,
  );
  return {
    owe: ({ key, endToEndId, refundId }, dueAt) => {
      owe.run(key, endToEndId, refundId, dueAt);
    },
    dueBy: (nowMs) => due.all(nowMs),
    nextDueAt: () => next.get() ?? null,
    delivered: (ids) => {
      for (const id of ids) deliver.run(id);
    },
    retryAt: (id, dueAt, error) => {
      retry.run(dueAt, error, id);
    },
    giveUp: (id, error) => {
      giveUp.run(error, id);
    },
  };
}
