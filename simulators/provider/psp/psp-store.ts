import { join } from 'node:path';
import Database from 'better-sqlite3';
import type { z } from 'zod';

/** A simulator's database, so without migrations: delete the folder of an older version. Times in epoch ms. */
const SCHEMA = `
CREATE TABLE IF NOT EXISTS documents (
  place INTEGER PRIMARY KEY,
  kind TEXT NOT NULL,
  id TEXT NOT NULL,
  json TEXT NOT NULL,
  UNIQUE (kind, id)
) STRICT;

CREATE TABLE IF NOT EXISTS deliveries (
  id INTEGER PRIMARY KEY,
  -- "pagarme" or "appmax": who sends it, and signs it in the way of the day.
  sender TEXT NOT NULL,
  body TEXT NOT NULL,
  due_at INTEGER NOT NULL,
  attempts INTEGER NOT NULL DEFAULT 0,
  state TEXT NOT NULL DEFAULT 'due' CHECK (state IN ('due','delivered','given_up')),
  last_error TEXT
) STRICT;
CREATE INDEX IF NOT EXISTS deliveries_due ON deliveries (due_at) WHERE state = 'due';
`;

export interface Delivery {
  readonly id: number;
  readonly sender: string;
  readonly body: string;
  readonly attempts: number;
}

/** What the simulated payment companies keep: their orders, their settings, and the webhooks that they owe. */
export interface PspStore {
  /** Writes it, or over it. */
  put(kind: string, id: string, document: unknown): void;
  get<S extends z.ZodType>(kind: string, id: string, schema: S): z.output<S> | undefined;
  /** Oldest first. */
  all<S extends z.ZodType>(kind: string, schema: S): z.output<S>[];
  count(kind: string): number;
  owe(sender: string, body: string, dueAt: number): void;
  nextDueAt(): number | null;
  dueBy(nowMs: number): Delivery[];
  delivered(id: number): void;
  retryAt(id: number, dueAt: number, error: string): void;
  giveUp(id: number, error: string): void;
  transaction<T>(work: () => T): T;
  close(): void;
}

export function openPspStore(dataDir: string): PspStore {
  const database = new Database(join(dataDir, 'psp.db'));
  database.pragma('journal_mode = WAL');
  database.pragma('synchronous = FULL');
  database.exec(SCHEMA);
  const put = database.prepare(
    `INSERT INTO documents (kind, id, json) VALUES (?, ?, ?)
     ON CONFLICT (kind, id) DO UPDATE SET json = excluded.json`,
  );
  const get = database
    .prepare<[string, string], string>('SELECT json FROM documents WHERE kind = ? AND id = ?')
    .pluck();
  const all = database
    .prepare<[string], string>('SELECT json FROM documents WHERE kind = ? ORDER BY place')
    .pluck();
  const count = database.prepare<[string], number>('SELECT count(*) FROM documents WHERE kind = ?').pluck();
  const owe = database.prepare('INSERT INTO deliveries (sender, body, due_at) VALUES (?, ?, ?)');
  const due = database.prepare<[number], Delivery>(
    `SELECT id, sender, body, attempts FROM deliveries WHERE state = 'due' AND due_at <= ? ORDER BY due_at, id`,
  );
  const next = database
    .prepare<[], number | null>(`SELECT min(due_at) FROM deliveries WHERE state = 'due'`)
    .pluck();
  const end = database.prepare(
    'UPDATE deliveries SET state = ?, attempts = attempts + 1, last_error = ? WHERE id = ?',
  );
  const retry = database.prepare(
    'UPDATE deliveries SET attempts = attempts + 1, due_at = ?, last_error = ? WHERE id = ?',
  );
  return {
    put: (kind, id, document) => {
      put.run(kind, id, JSON.stringify(document));
    },
    get: (kind, id, schema) => {
      const json = get.get(kind, id);
      return json === undefined ? undefined : schema.parse(JSON.parse(json));
    },
    all: (kind, schema) => all.all(kind).map((json) => schema.parse(JSON.parse(json))),
    count: (kind) => count.get(kind) ?? 0,
    owe: (sender, body, dueAt) => {
      owe.run(sender, body, dueAt);
    },
    nextDueAt: () => next.get() ?? null,
    dueBy: (nowMs) => due.all(nowMs),
    delivered: (id) => {
      end.run('delivered', null, id);
    },
    retryAt: (id, dueAt, error) => {
      retry.run(dueAt, error, id);
    },
    giveUp: (id, error) => {
      end.run('given_up', error, id);
    },
    transaction: (work) => database.transaction(work)(),
    close: () => {
      database.close();
    },
  };
}
