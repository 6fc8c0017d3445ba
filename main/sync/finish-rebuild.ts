import type { Clock } from '../../domain/clock.ts';
import type { Log } from '../../platform/log.ts';
import type { KioskStore } from '../store/store.ts';
import type { StoredTicket } from '../store/tickets.ts';

export interface FinishRebuildOptions {
  readonly store: KioskStore;
  readonly clock: Pick<Clock, 'nowMs'>;
  readonly log: Log;
}

/**
 * To be called when the feed has been read to its head. After a database was lost, with or without one in its place,
 * its papers' fate is lost with it: a ticket of ours that still waits for its paper then would wait for ever. It is
 * valid without one, so it goes into the queue, its delivery uncertain; nothing is printed by itself.
 */
export function finishRebuild({ store, clock, log }: FinishRebuildOptions): void {
  // An emptied folder leaves no mark in the new database: its tickets alone tell.
  if (!store.sync.isRebuilding() && strandedTickets(store).length === 0) return;
  const stranded = store.write(() => {
    const tickets = strandedTickets(store);
    for (const ticket of tickets) queueWithoutPaper(store, ticket, clock.nowMs());
    store.sync.finishRebuilding();
    return tickets;
  });
  log.info(
    { queued: stranded.map((ticket) => ticket.label) },
    'the database is whole again: the feed was read to its head',
  );
}

/** Not those whose paper is still to come, nor those whose failed paper the technician sees. */
function strandedTickets(store: KioskStore): StoredTicket[] {
  return store.db
    .prepare<[], string>(
      `SELECT ticket_id FROM tickets AS ticket WHERE own = 1 AND status IN ('paid', 'printing', 'print_error')
         AND NOT EXISTS (SELECT 1 FROM print_jobs AS job
           WHERE job.ticket_id = ticket.ticket_id AND job.status IN ('queued', 'sending', 'failed'))`,
    )
    .pluck()
    .all()
    .flatMap((ticketId) => store.tickets.byId(ticketId) ?? []);
}

function queueWithoutPaper(store: KioskStore, ticket: StoredTicket, queuedAt: number): void {
  const { ticketId, sessionId, number, prefix, label, businessDay, serviceId, serviceName, issuedAt } =
    ticket;
  // The event of its issue may have been lost. To the server, told twice is told once.
  if (ticket.revision === 0 && ticket.payment === 'pix') {
    const about = {
      ticketId,
      sessionId,
      number,
      prefix,
      label,
      businessDay,
      serviceId,
      serviceName,
      issuedAt,
    };
    store.outbox.append('ticket.issued', about);
  }
  store.tickets.put({ ...ticket, status: 'in_queue', delivery: 'uncertain', queuedAt });
  store.outbox.append('ticket.queued', { ticketId, delivery: 'uncertain', queuedAt });
}
