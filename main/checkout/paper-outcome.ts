import type { Clock } from '../../domain/clock.ts';
import type { PrintJobView } from '../../domain/protocol/screens.ts';
import { isBeforeQueue, type TicketDelivery } from '../../domain/ticket.ts';
import type { PrintJobOutcome } from '../printing/print-outcome.ts';
import type { KioskStore } from '../store/store.ts';
import type { StoredTicket } from '../store/tickets.ts';

/** `ticket.print_finished` bounds its detail. */
const MAX_DETAIL_CHARS = 500;

/**
 * What the end of a paper means for its ticket. Called inside the transaction that ends the print job.
 * A ticket that waited for its paper enters the queue when it has reached its customer: on paper, or, when the printer
 * could not, on the screen if the customer still stands before it. Otherwise it stays with the technician.
 */
export function recordPaper(
  store: KioskStore,
  clock: Pick<Clock, 'nowMs'>,
  job: PrintJobView,
  outcome: PrintJobOutcome,
): void {
  if (job.ticketId === null) return;
  const ticket = store.tickets.byId(job.ticketId);
  if (ticket === undefined) throw new Error(`print job ${job.jobId} is of an unknown ticket ${job.ticketId}`);
  store.outbox.append('ticket.print_finished', {
    ticketId: ticket.ticketId,
    jobId: job.jobId,
    copyNumber: job.copyNumber,
    attempts: job.attempts,
    outcome: outcome.kind,
    detail: 'detail' in outcome ? outcome.detail.slice(0, MAX_DETAIL_CHARS) : null,
    finishedAt: job.finishedAt ?? clock.nowMs(),
  });
  // A reprint of a ticket that is in the queue, called or served changes nothing of it.
  if (!isBeforeQueue(ticket.status)) return;
  const delivery = outcome.kind === 'failed' ? onScreen(store, ticket) : outcome.kind;
  if (delivery === null) {
    store.tickets.put({ ...ticket, status: 'print_error' });
    return;
  }
  const queuedAt = clock.nowMs();
  store.tickets.put({ ...ticket, status: 'in_queue', delivery, queuedAt });
  store.outbox.append('ticket.queued', { ticketId: ticket.ticketId, delivery, queuedAt });
}

/** A technician asked for one more paper of a ticket that has none: it is being printed again. */
export function markReprinting(store: KioskStore, ticketId: string): void {
  const ticket = store.tickets.byId(ticketId);
  if (ticket?.status === 'print_error') store.tickets.put({ ...ticket, status: 'printing' });
}

function onScreen(store: KioskStore, ticket: StoredTicket): TicketDelivery | null {
  return store.sessions.onScreen()?.sessionId === ticket.sessionId ? 'screen' : null;
}
