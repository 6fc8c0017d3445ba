import type { Database } from 'better-sqlite3';
import { z } from 'zod';

const Updates = z.array(z.object({ status: z.string(), data: z.string() }));
const Body = z.record(z.string(), z.unknown());

export const Agreement = z.object({
  idRec: z.string(),
  createdAt: z.int(),
  status: z.enum(['CRIADA', 'APROVADA', 'REJEITADA', 'EXPIRADA', 'CANCELADA']),
  /** What the receiver asked for, as on the wire. */
  body: Body,
  locationId: z.int().nullable(),
  journey: z.string(),
  journeyTxid: z.string().nullable(),
  updates: Updates,
  ending: Body.nullable(),
});
export type Agreement = z.infer<typeof Agreement>;

export const Confirmation = z.object({
  idSolicRec: z.string(),
  status: z.enum(['CRIADA', 'ENVIADA', 'RECEBIDA', 'REJEITADA', 'ACEITA', 'EXPIRADA', 'CANCELADA']),
  body: Body,
  updates: Updates,
});
export type Confirmation = z.infer<typeof Confirmation>;

export const RecurringCharge = z.object({
  txid: z.string(),
  createdAt: z.int(),
  status: z.enum(['CRIADA', 'ATIVA', 'CONCLUIDA', 'EXPIRADA', 'REJEITADA', 'CANCELADA']),
  body: Body,
  updates: Updates,
  attempts: z.array(Body),
});
export type RecurringCharge = z.infer<typeof RecurringCharge>;

export const Location = z.object({ id: z.int(), location: z.string(), createdAt: z.int() });
export type Location = z.infer<typeof Location>;

export const AutomaticWebhook = z.object({ url: z.string(), createdAt: z.int() });
export type AutomaticWebhook = z.infer<typeof AutomaticWebhook>;

interface Documents<T> {
  put(id: string, document: T): void;
  get(id: string): T | undefined;
  all(): T[];
  remove(id: string): boolean;
}

export interface AutomaticCallback {
  readonly id: number;
  /** "rec" or "cobr": whose webhook, and what is appended to its address. */
  readonly path: string;
  readonly body: string;
  readonly attempts: number;
}

/** Pix Automático: documents by their ids, and the notifications that are owed for them. */
export interface AutomaticTables {
  readonly agreements: Documents<Agreement>;
  readonly confirmations: Documents<Confirmation>;
  readonly charges: Documents<RecurringCharge>;
  readonly locations: Documents<Location>;
  readonly webhooks: Documents<AutomaticWebhook>;
  owe(path: string, body: unknown, dueAt: number): void;
  nextDueAt(): number | null;
  dueBy(nowMs: number): AutomaticCallback[];
  /** @param dueAt of the next attempt; null when there is none */
  attempted(id: number, dueAt: number | null): void;
}

export const AUTOMATIC_SCHEMA = `
CREATE TABLE IF NOT EXISTS automatic_documents (
  kind TEXT NOT NULL,
  id TEXT NOT NULL,
  json TEXT NOT NULL,
  PRIMARY KEY (kind, id)
) STRICT;
CREATE TABLE IF NOT EXISTS automatic_callbacks (
  id INTEGER PRIMARY KEY,
  path TEXT NOT NULL,
  body TEXT NOT NULL,
  attempts INTEGER NOT NULL DEFAULT 0,
  due_at INTEGER
) STRICT;
`;

export function openAutomatic(database: Database): AutomaticTables {
  database.exec(AUTOMATIC_SCHEMA);
  const owe = database.prepare('INSERT INTO automatic_callbacks (path, body, due_at) VALUES (?, ?, ?)');
  const next = database.prepare<[], number | null>('SELECT min(due_at) FROM automatic_callbacks').pluck();
  const due = database.prepare<[number], AutomaticCallback>(
    'SELECT id, path, body, attempts FROM automatic_callbacks WHERE due_at <= ? ORDER BY id',
  );
  const attempted = database.prepare(
    'UPDATE automatic_callbacks SET attempts = attempts + 1, due_at = ? WHERE id = ?',
  );
  return {
    agreements: openDocuments(database, 'agreement', Agreement),
    confirmations: openDocuments(database, 'confirmation', Confirmation),
    charges: openDocuments(database, 'charge', RecurringCharge),
    locations: openDocuments(database, 'location', Location),
    webhooks: openDocuments(database, 'webhook', AutomaticWebhook),
    owe: (path, body, dueAt) => {
      owe.run(path, JSON.stringify(body), dueAt);
    },
    nextDueAt: () => next.get() ?? null,
    dueBy: (nowMs) => due.all(nowMs),
    attempted: (id, dueAt) => {
      attempted.run(dueAt, id);
    },
  };
}

function openDocuments<T>(database: Database, kind: string, schema: z.ZodType<T>): Documents<T> {
  const put = database.prepare(
    `INSERT INTO automatic_documents (kind, id, json) VALUES (?, ?, ?)
     ON CONFLICT (kind, id) DO UPDATE SET json = excluded.json`,
  );
  const get = database
    .prepare<[string, string], string>('SELECT json FROM automatic_documents WHERE kind = ? AND id = ?')
    .pluck();
  const all = database
    .prepare<[string], string>('SELECT json FROM automatic_documents WHERE kind = ? ORDER BY rowid')
    .pluck();
  const remove = database.prepare('DELETE FROM automatic_documents WHERE kind = ? AND id = ?');
  const read = (json: string): T => schema.parse(JSON.parse(json));
  return {
    put: (id, document) => {
      put.run(kind, id, JSON.stringify(document));
    },
    get: (id) => {
      const json = get.get(kind, id);
      return json === undefined ? undefined : read(json);
    },
    all: () => all.all(kind).map(read),
    remove: (id) => remove.run(kind, id).changes > 0,
  };
}
