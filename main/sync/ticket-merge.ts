import type { TicketView } from '../../domain/protocol/tickets.ts';
import { isBeforeQueue } from '../../domain/ticket.ts';
import type { KioskStore } from '../store/store.ts';
import type { StoredTicket } from '../store/tickets.ts';

/**
 * Which copy of a ticket holds: the server's, by its revision, which never goes back. Until the ticket is in the
 * queue its status belongs to the kiosk that issued it: what the server says of that time is only an echo of our own
 * events, and may be older than what we already know.
 * @returns the ticket to store; null when `incoming` brings nothing new
 */
export function mergeTicket(
  known: StoredTicket | undefined,
  incoming: TicketView,
  kioskId: string,
): StoredTicket | null {
  if (known === undefined) return { ...incoming, own: incoming.kioskId === kioskId };
  if (incoming.revision <= known.revision) return null;
  if (known.own && isBeforeQueue(incoming.status)) return { ...known, revision: incoming.revision };
  return { ...incoming, own: known.own };
}

/**
 * Stores what the server said of a ticket, where it is news. While the server has not answered for calls that were
 * made here without it, it does not know of them, and its word waits. Inside a transaction.
 */
export function applyServerTicket(store: KioskStore, incoming: TicketView, kioskId: string): void {
  const { ticketId } = incoming;
  const known = store.tickets.byId(ticketId);
  if (known?.own === true && store.outbox.hasUnansweredCall(ticketId)) {
    store.localCalls.holdTicket(incoming);
    return;
  }
  const merged = mergeTicket(known, incoming, kioskId);
  if (merged !== null) store.tickets.put(merged);
}

/**
 * All local calls of a ticket are answered: the server's word holds again. Where a call was rejected the ticket
 * becomes what the server says also at an equal revision, as the local steps counted none. Inside a transaction.
 */
export function releaseServerTicket(store: KioskStore, ticketId: string, wasRejected: boolean): void {
  const known = store.tickets.byId(ticketId);
  const held = store.localCalls.releaseTicket(ticketId);
  if (known === undefined) return;
  if (held !== undefined && held.revision > known.revision && !isBeforeQueue(held.status)) {
    store.tickets.put({ ...held, own: known.own });
  } else if (wasRejected) {
    store.tickets.put(
      held === undefined || isBeforeQueue(held.status) ? backInQueue(known) : { ...held, own: known.own },
    );
  }
}

/** As if it had never been called: the server knows no more of the ticket than that, or not even so much. */
function backInQueue(ticket: StoredTicket): StoredTicket {
  return {
    ...ticket,
    status: 'in_queue',
    counter: null,
    calledAt: null,
    callCount: 0,
    startedAt: null,
    endedAt: null,
  };
}
