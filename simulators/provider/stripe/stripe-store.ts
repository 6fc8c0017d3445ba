import { join } from 'node:path';
import Database from 'better-sqlite3';
import { z } from 'zod';
import type { StripeObject } from './objects.ts';

/** A simulator's database, so without migrations: delete the folder of an older version. Times in epoch ms. */
const SCHEMA = `
CREATE TABLE IF NOT EXISTS objects (
  id TEXT PRIMARY KEY,
  object TEXT NOT NULL,
  -- The PaymentIntent that it hangs on; its own id for a PaymentIntent.
  intent TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  json TEXT NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS objects_by_intent ON objects (intent, object);

CREATE TABLE IF NOT EXISTS idempotency (
  key TEXT PRIMARY KEY,
  request TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  json TEXT NOT NULL
) STRICT;

CREATE TABLE IF NOT EXISTS events (
  id TEXT PRIMARY KEY,
  json TEXT NOT NULL,
  due_at INTEGER NOT NULL,
  -- How often it is still to be delivered: 2 for a duplicate.
  copies INTEGER NOT NULL DEFAULT 1,
  attempts INTEGER NOT NULL DEFAULT 0,
  last_error TEXT
) STRICT;
CREATE INDEX IF NOT EXISTS events_due ON events (due_at) WHERE copies > 0;

CREATE TABLE IF NOT EXISTS settings (one INTEGER PRIMARY KEY CHECK (one = 1), json TEXT NOT NULL) STRICT;
`;

export const StripeSettings = z.strictObject({
  /** Where events go, and what signs them; null as long as nobody has asked for any. */
  webhook: z.strictObject({ url: z.url(), secret: z.string().startsWith('whsec_') }).nullable(),
  /** Events that belong together come the last one first. */
  outOfOrder: z.boolean(),
});
export type StripeSettings = z.infer<typeof StripeSettings>;

export interface StoredAnswer {
  readonly request: string;
  readonly json: string;
}
export interface OwedEvent {
  readonly id: string;
  readonly json: string;
  readonly attempts: number;
  readonly copies: number;
}

export interface StripeStore {
  /** Inserts it, or takes the place of the one with its id. */
  put(object: StripeObject, intent: string, createdAtMs: number): void;
  get<T extends StripeObject>(kind: T['object'], id: string): T | undefined;
  /** Newest first. */
  of<T extends StripeObject>(kind: T['object'], intent: string): T[];
  /** Created before `untilMs`, newest first. */
  newest<T extends StripeObject>(kind: T['object'], untilMs: number, limit: number): T[];
  answerOf(key: string, notBeforeMs: number): StoredAnswer | undefined;
  keepAnswer(key: string, answer: StoredAnswer, atMs: number): void;
  oweEvent(id: string, json: string, dueAtMs: number, copies: number): void;
  eventsDueBy(nowMs: number, limit: number): OwedEvent[];
  nextEventDueAt(): number | null;
  eventDelivered(id: string, nextCopyAtMs: number): void;
  eventRetryAt(id: string, dueAtMs: number, error: string): void;
  eventGivenUp(id: string, error: string): void;
  settings(): StripeSettings;
  putSettings(settings: StripeSettings): void;
  transaction<T>(work: () => T): T;
  close(): void;
}

/** Everything that was answered survives `kill -9`, as in the bank's database beside it. */
export function openStripeStore(dataDir: string): StripeStore {
  const database = new Database(join(dataDir, 'stripe.db'));
  database.pragma('journal_mode = WAL');
  database.pragma('synchronous = FULL');
  database.exec(SCHEMA);
  const put = database.prepare(
    `INSERT INTO objects (id, object, intent, created_at, json) VALUES (?, ?, ?, ?, ?)
     ON CONFLICT (id) DO UPDATE SET json = excluded.json`,
  );
  const get = database
    .prepare<[string, string], string>('SELECT json FROM objects WHERE object = ? AND id = ?')
    .pluck();
  const of = database
    .prepare<[string, string], string>(
      'SELECT json FROM objects WHERE object = ? AND intent = ? ORDER BY created_at DESC, rowid DESC',
    )
    .pluck();
  const newest = database
    .prepare<[string, number, number], string>(
      `SELECT json FROM objects WHERE object = ? AND created_at < ?
       ORDER BY created_at DESC, rowid DESC LIMIT ?`,
    )
    .pluck();
  const forget = database.prepare('DELETE FROM idempotency WHERE created_at < ?');
  const answerOf = database.prepare<[string], StoredAnswer>(
    'SELECT request, json FROM idempotency WHERE key = ?',
  );
  const keep = database.prepare(
    'INSERT INTO idempotency (key, request, created_at, json) VALUES (?, ?, ?, ?)',
  );
  const owe = database.prepare('INSERT INTO events (id, json, due_at, copies) VALUES (?, ?, ?, ?)');
  const due = database.prepare<[number, number], OwedEvent>(
    `SELECT id, json, attempts, copies FROM events WHERE copies > 0 AND due_at <= ?
     ORDER BY due_at, rowid LIMIT ?`,
  );
  const next = database.prepare<[], number | null>('SELECT min(due_at) FROM events WHERE copies > 0').pluck();
  const delivered = database.prepare(
    'UPDATE events SET copies = copies - 1, attempts = attempts + 1, due_at = ? WHERE id = ?',
  );
  const retry = database.prepare(
    'UPDATE events SET attempts = attempts + 1, due_at = ?, last_error = ? WHERE id = ?',
  );
  const giveUp = database.prepare('UPDATE events SET copies = 0, last_error = ? WHERE id = ?');
  const readSettings = database.prepare<[], string>('SELECT json FROM settings').pluck();
  const writeSettings = database.prepare(
    'INSERT INTO settings (one, json) VALUES (1, ?) ON CONFLICT (one) DO UPDATE SET json = excluded.json',
  );
  return {
    put: (object, intent, createdAtMs) => {
      put.run(object.id, object.object, intent, createdAtMs, JSON.stringify(object));
    },
    get: (kind, id) => {
      const json = get.get(kind, id);
      return json === undefined ? undefined : JSON.parse(json);
    },
    of: (kind, intent) => of.all(kind, intent).map((json) => JSON.parse(json)),
    newest: (kind, untilMs, limit) => newest.all(kind, untilMs, limit).map((json) => JSON.parse(json)),
    answerOf: (key, notBeforeMs) => {
      forget.run(notBeforeMs);
      return answerOf.get(key);
    },
    keepAnswer: (key, { request, json }, atMs) => {
      keep.run(key, request, atMs, json);
    },
    oweEvent: (id, json, dueAtMs, copies) => {
      owe.run(id, json, dueAtMs, copies);
    },
    eventsDueBy: (nowMs, limit) => due.all(nowMs, limit),
    nextEventDueAt: () => next.get() ?? null,
    eventDelivered: (id, nextCopyAtMs) => {
      delivered.run(nextCopyAtMs, id);
    },
    eventRetryAt: (id, dueAtMs, error) => {
      retry.run(dueAtMs, error, id);
    },
    eventGivenUp: (id, error) => {
      giveUp.run(error, id);
    },
    settings: () => {
      const json = readSettings.get();
      return json === undefined
        ? { webhook: null, outOfOrder: false }
        : StripeSettings.parse(JSON.parse(json));
    },
    putSettings: (settings) => {
      writeSettings.run(JSON.stringify(settings));
    },
    transaction: (work) => database.transaction(work)(),
    close: () => {
      database.close();
    },
  };
}
