import { TicketView } from '../../domain/protocol/tickets.ts';
import type { KioskDatabase } from './database.ts';

/** A local call that lost. */
export interface QueueConflict {
  readonly ticketId: string;
  readonly label: string;
  readonly yourCounter: string;
  readonly winner: string | null;
  readonly at: number;
}

/** Nobody looks at an older one. */
const KEPT_MS = 24 * 60 * 60_000;

export type LocalCallRepository = ReturnType<typeof createLocalCallRepository>;

/** What comes of calls that were made without the server: its word that has to wait, and the calls that lost. */
export function createLocalCallRepository(db: KioskDatabase) {
  const hold = db.prepare(
    `INSERT INTO held_tickets (ticket_id, revision, ticket_json) VALUES (?, ?, ?)
     ON CONFLICT (ticket_id) DO UPDATE SET revision = excluded.revision, ticket_json = excluded.ticket_json
     WHERE excluded.revision > held_tickets.revision`,
  );
  const release = db
    .prepare<[string], string>('DELETE FROM held_tickets WHERE ticket_id = ? RETURNING ticket_json')
    .pluck();
  const insert = db.prepare(
    `INSERT OR REPLACE INTO queue_conflicts (event_id, ticket_id, label, your_counter, winner, at)
     VALUES (@eventId, @ticketId, @label, @yourCounter, @winner, @at)`,
  );
  const forget = db.prepare('DELETE FROM queue_conflicts WHERE at < ?');
  const since = db.prepare<[number], QueueConflict>(
    `SELECT ticket_id AS ticketId, label, your_counter AS yourCounter, winner, at FROM queue_conflicts
     WHERE at >= ? ORDER BY at DESC, event_id DESC`,
  );

  return {
    /** Keeps the server's newest word of a ticket until its local calls are answered. */
    holdTicket(ticket: TicketView): void {
      hold.run(ticket.ticketId, ticket.revision, JSON.stringify(ticket));
    },
    releaseTicket(ticketId: string): TicketView | undefined {
      const json = release.get(ticketId);
      return json === undefined ? undefined : TicketView.parse(JSON.parse(json));
    },
    addConflict(eventId: string, conflict: QueueConflict): void {
      forget.run(conflict.at - KEPT_MS);
      insert.run({ ...conflict, eventId });
    },
    /** Newest first, each ticket once. */
    conflictsSince(sinceMs: number): QueueConflict[] {
      const seen = new Set<string>();
      return since.all(sinceMs).filter(({ ticketId }) => !seen.has(ticketId) && seen.add(ticketId));
    },
  };
}
