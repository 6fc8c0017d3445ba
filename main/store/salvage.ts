import type Database from 'better-sqlite3';
import { Catalog } from '../../domain/protocol/catalog.ts';
import { openKioskDatabaseForReading } from './database.ts';

export type Row = Readonly<Record<string, unknown>>;

/** What only the kiosk knew, as far as it can still be read. Everything else is read from the server again. */
export interface Salvage {
  /** Events that the server has not taken, in their order: pending, rejected, set aside. */
  readonly outbox: readonly Row[];
  /** Sessions that may still turn into a ticket: open ones, and those that ended lately without money. */
  readonly sessions: readonly Row[];
  /** This kiosk's own tickets of the last days: what is here has been given out, and is not given out again. */
  readonly tickets: readonly Row[];
  /** Papers that were on their way, or may be on paper. They are not printed by themselves any more. */
  readonly printJobs: readonly Row[];
  /** So that the totem can sell before it has read everything anew; null when it cannot be read. */
  readonly catalog: Catalog | null;
  /** What could not be read, or not wholly, by name. */
  readonly unreadable: readonly string[];
}

/** Late money comes within hours, at a fraud review within a day; a week is beyond doubt. */
const SESSIONS_KEPT_MS = 7 * 24 * 60 * 60_000;
/** A confirmation whose ticket was issued longer ago has long been answered for by the server. */
const TICKETS_KEPT_MS = 3 * 24 * 60 * 60_000;

/**
 * Reads what it can of a database, damaged or not, and changes nothing of it. A damaged page ends a query, so each
 * table is read from both ends and by more than one way.
 */
export function salvage(file: string, nowMs: number): Salvage {
  const unreadable: string[] = [];
  let db: Database.Database;
  try {
    db = openKioskDatabaseForReading(file);
  } catch {
    return {
      outbox: [],
      sessions: [],
      tickets: [],
      printJobs: [],
      catalog: null,
      unreadable: ['everything'],
    };
  }
  const read = (table: string, columns: string, key: string, where: string): Row[] =>
    readBothWays(db, { table, columns, key, where }, () => unreadable.push(table));
  try {
    return {
      outbox: read('outbox', '*', 'position', `(outcome IS NULL OR outcome IN ('rejected', 'set_aside'))`),
      sessions: read(
        'payment_sessions',
        '*',
        'session_id',
        `(status IN ('open', 'awaiting_payment')
          OR (status IN ('failed', 'cancelled', 'expired') AND opened_at > ${nowMs - SESSIONS_KEPT_MS}))`,
      ),
      tickets: read('tickets', '*', 'ticket_id', `own = 1 AND issued_at > ${nowMs - TICKETS_KEPT_MS}`),
      // Without the document: it may hold a CPF, and nobody prints from this.
      printJobs: read(
        'print_jobs',
        'job_id, ticket_id, kind, copy_number, label, status, attempts, created_at, last_error',
        'job_id',
        `status IN ('queued', 'sending', 'uncertain')`,
      ),
      catalog: readCatalog(db),
      unreadable,
    };
  } finally {
    db.close();
  }
}

interface Query {
  readonly table: string;
  readonly columns: string;
  readonly key: string;
  readonly where: string;
}

/** In the order of insertion, each row once. */
function readBothWays(db: Database.Database, query: Query, onDamage: () => void): Row[] {
  const { table, columns, key, where } = query;
  const byKey = new Map<unknown, Row>();
  let damaged = false;
  const ways = [
    `SELECT ${columns} FROM ${table} WHERE ${where}`,
    `SELECT ${columns} FROM ${table} NOT INDEXED WHERE ${where} ORDER BY rowid`,
    `SELECT ${columns} FROM ${table} NOT INDEXED WHERE ${where} ORDER BY rowid DESC`,
  ];
  for (const sql of ways) {
    try {
      for (const row of db.prepare<[], Row>(sql).iterate()) byKey.set(row[key], row);
    } catch {
      // What came before the damaged page is kept; the next way comes from the other side.
      damaged = true;
    }
    // One whole reading is all that there is.
    if (!damaged) break;
  }
  if (damaged) onDamage();
  return [...byKey.values()].sort((one, other) =>
    typeof one[key] === 'number' && typeof other[key] === 'number' ? one[key] - other[key] : 0,
  );
}

function readCatalog(db: Database.Database): Catalog | null {
  try {
    const json = db.prepare<[], string | null>('SELECT catalog_json FROM sync_state').pluck().get();
    return json == null ? null : (Catalog.safeParse(JSON.parse(json)).data ?? null);
  } catch {
    // It is the server's: it comes again with the feed.
    return null;
  }
}

/**
 * The salvage as a file for people. Names and CPFs stay sealed (base64), and what pays (BR Code, address of a checkout) stays out.
 * @param why SQLite's own words
 */
export function describeSalvage(found: Salvage, { atMs, why }: { atMs: number; why: string }): string {
  const report = {
    setAsideAt: new Date(atMs).toISOString(),
    why,
    note: 'Read from a database that was set aside. The events were put into the new database and go to the server by themselves; nothing here has to be typed in again.',
    unreadable: found.unreadable,
    pendingEvents: found.outbox,
    openSessions: found.sessions.map(
      ({ br_code: _brCode, checkout_url: _checkoutUrl, ...session }) => session,
    ),
    ownTickets: found.tickets,
    printJobsInDoubt: found.printJobs,
  };
  return `${JSON.stringify(report, sealedAsText, 2)}\n`;
}

/** Buffers know how to become JSON, as a list of numbers, and do so before a replacer sees them. */
function sealedAsText(_key: string, value: unknown): unknown {
  const bytes = value as { readonly type?: unknown; readonly data?: unknown } | null;
  if (bytes?.type === 'Buffer' && Array.isArray(bytes.data)) {
    return `sealed:${Buffer.from(bytes.data as number[]).toString('base64')}`;
  }
  return value;
}
