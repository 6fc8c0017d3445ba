import { ticketIdOfSession } from '../../domain/ids.ts';
import type { KioskDatabase } from './database.ts';
import { createNumberLeaseRepository } from './number-leases.ts';
import type { Row, Salvage } from './salvage.ts';

export interface ImplantOptions {
  readonly nowMs: number;
  /** Where the database lies from which it was read, for the technician. */
  readonly file: string;
}

/**
 * Puts what was only local into a database that takes the other's place: a new one, or one restored from a backup.
 * What is there already stays; events keep their ids, by which the server tells those it has. Number leases are given
 * up, because the place they were counted up to is not known; papers are not printed again.
 * @returns how many events were put in
 */
export function implant(db: KioskDatabase, found: Salvage, { nowMs, file }: ImplantOptions): number {
  return db
    .transaction(() => {
      const insertSession = inserter(db, 'payment_sessions');
      const endSession = endOfSession(db);
      const insertTicket = inserter(db, 'tickets');
      const insertEvent = inserter(db, 'outbox', ['position']);
      const given = new Set(found.tickets.map((ticket) => ticket['ticket_id']));
      for (const session of found.sessions) {
        // Read from a damaged file, the two may contradict each other: the ticket is the later fact.
        if (given.has(ticketIdOfSession(String(session['session_id'])))) continue;
        // A sale that was under way when the backup was made, and came to its end since, would begin again.
        if (insertSession(session) === 0) endSession(session);
      }
      for (const ticket of found.tickets) insertTicket(ticket);
      let events = 0;
      for (const event of found.outbox) events += insertEvent(event);
      createNumberLeaseRepository(db).abandonAll();
      db.prepare(
        `UPDATE print_jobs SET status = 'uncertain', finished_at = ?,
           last_error = 'the database was replaced: it may have been printed'
         WHERE status IN ('queued', 'sending')`,
      ).run(nowMs);
      if (found.catalog !== null) {
        db.prepare(
          `UPDATE sync_state SET catalog_version = @version, catalog_json = @json
           WHERE coalesce(catalog_version, 0) < @version`,
        ).run({ version: found.catalog.version, json: JSON.stringify(found.catalog) });
      }
      db.prepare(
        `UPDATE sync_state SET rebuilding = 1, recovered_at = ?, recovered_file = ?, recovered_events = ?`,
      ).run(nowMs, file, events);
      return events;
    })
    .immediate();
}

/** @returns gives a session that is under way the end that the other database knows of; any other stays as it is */
function endOfSession(db: KioskDatabase): (row: Row) => void {
  const end = db.prepare<[Row]>(
    `UPDATE OR IGNORE payment_sessions SET status = @status, ended_at = @ended_at, problem = NULL,
       failure_reason = @failure_reason, dismissed_at = @dismissed_at, customer_sealed = NULL
     WHERE session_id = @session_id AND status IN ('open', 'awaiting_payment')
       AND @status IN ('failed', 'cancelled', 'expired')`,
  );
  return (row) => {
    end.run(row);
  };
}

/** @returns inserts a row, of which it takes the columns that this schema has, and answers 1, or 0 when it was there */
function inserter(db: KioskDatabase, table: string, without: readonly string[] = []): (row: Row) => number {
  const columns = db
    .prepare<[string], string>('SELECT name FROM pragma_table_info(?)')
    .pluck()
    .all(table)
    .filter((column) => !without.includes(column));
  return (row) => {
    const present = columns.filter((column) => Object.hasOwn(row, column));
    const sql = `INSERT OR IGNORE INTO ${table} (${present.join(', ')}) VALUES (${present.map(() => '?').join(', ')})`;
    return db.prepare(sql).run(present.map((column) => row[column])).changes;
  };
}
