import type { TicketView } from '../../domain/protocol/tickets.ts';
import { isTicketOpen, TicketStatus } from '../../domain/ticket.ts';
import type { KioskDatabase } from './database.ts';

/** A ticket of the unit; `own` when this kiosk issued it. */
export type StoredTicket = TicketView & { readonly own: boolean };

type Row = Omit<TicketView, 'rescued'> & { readonly own: 0 | 1; readonly rescued: 0 | 1 };

const SELECT = `SELECT ticket_id AS ticketId, session_id AS sessionId, kiosk_id AS kioskId, own, number, prefix, label,
  business_day AS businessDay, service_id AS serviceId, service_name AS serviceName, status, delivery, payment,
  amount_due_cents AS amountDueCents, rescued, received_cents AS receivedCents, received_at AS receivedAt,
  money_back AS moneyBack,
  issued_at AS issuedAt, queued_at AS queuedAt, counter, called_at AS calledAt, call_count AS callCount,
  started_at AS startedAt, ended_at AS endedAt, revision FROM tickets`;

const OPEN_STATUSES = TicketStatus.options
  .filter(isTicketOpen)
  .map((status) => `'${status}'`)
  .join(', ');

export type TicketRepository = ReturnType<typeof createTicketRepository>;

/** Rows in and out; which copy of a ticket wins is decided by `sync/ticket-merge.ts`. */
export function createTicketRepository(db: KioskDatabase) {
  const byId = db.prepare<[string], Row>(`${SELECT} WHERE ticket_id = ?`);
  const bySession = db.prepare<[string], Row>(`${SELECT} WHERE session_id = ?`);
  const ofDay = db.prepare<[string], Row>(`${SELECT} WHERE business_day = ?`);
  const ofQueue = db.prepare<[string, number], Row>(
    `${SELECT} WHERE business_day = ? OR status IN (${OPEN_STATUSES}) OR (status = 'no_show' AND ended_at >= ?)`,
  );
  const newestLate = db.prepare<[number], { label: string; issuedAt: number }>(
    `SELECT t.label, t.issued_at AS issuedAt FROM tickets t
     JOIN payment_sessions s ON s.session_id = t.session_id
     WHERE t.own = 1 AND s.late = 1 AND s.dismissed_at IS NOT NULL AND s.dismissed_at <= t.issued_at
       AND t.issued_at > ?
     ORDER BY t.issued_at DESC LIMIT 1`,
  );
  const put = db.prepare(`INSERT INTO tickets (ticket_id, session_id, kiosk_id, own, number, prefix, label,
      business_day, service_id, service_name, status, delivery, payment, amount_due_cents, rescued, received_cents, received_at, money_back, issued_at, queued_at,
      counter, called_at, call_count, started_at, ended_at, revision)
    VALUES (@ticketId, @sessionId, @kioskId, @own, @number, @prefix, @label, @businessDay, @serviceId, @serviceName,
      @status, @delivery, @payment, @amountDueCents, @rescued, @receivedCents, @receivedAt, @moneyBack, @issuedAt, @queuedAt, @counter, @calledAt, @callCount, @startedAt, @endedAt, @revision)
    ON CONFLICT (ticket_id) DO UPDATE SET status = excluded.status, delivery = excluded.delivery,
      rescued = excluded.rescued, received_cents = excluded.received_cents, received_at = excluded.received_at,
      money_back = excluded.money_back,
      issued_at = excluded.issued_at,
      queued_at = excluded.queued_at, counter = excluded.counter, called_at = excluded.called_at,
      call_count = excluded.call_count, started_at = excluded.started_at, ended_at = excluded.ended_at,
      revision = excluded.revision`);

  return {
    byId(ticketId: string): StoredTicket | undefined {
      return toTicket(byId.get(ticketId));
    },
    bySession(sessionId: string): StoredTicket | undefined {
      return toTicket(bySession.get(sessionId));
    },
    /** @param businessDay `YYYY-MM-DD` */
    ofDay(businessDay: string): StoredTicket[] {
      return ofDay.all(businessDay).map(ticketOf);
    },
    /** Those of the day, those of any day that are still open, and those that were missed since `missedSinceMs`. */
    ofQueue(businessDay: string, missedSinceMs: number): StoredTicket[] {
      return ofQueue.all(businessDay, missedSinceMs).map(ticketOf);
    },
    /** The newest own ticket of late money that was issued, after `sinceMs`, while its session was off the screen. */
    newestLateOffScreen(sinceMs: number): { label: string; issuedAt: number } | undefined {
      return newestLate.get(sinceMs);
    },
    /** Inserts the ticket, or replaces what may change of it: what it is for, and its number, never do. */
    put(ticket: StoredTicket): void {
      put.run({ ...ticket, own: Number(ticket.own), rescued: Number(ticket.rescued) });
    },
  };
}

function toTicket(row: Row | undefined): StoredTicket | undefined {
  return row === undefined ? undefined : ticketOf(row);
}

function ticketOf(row: Row): StoredTicket {
  return { ...row, own: row.own === 1, rescued: row.rescued === 1 };
}

/** As it travels and is shown: whose it is says its kiosk's id. */
export function toView({ own: _own, ...view }: StoredTicket): TicketView {
  return view;
}
