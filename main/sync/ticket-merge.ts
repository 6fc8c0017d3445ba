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

/** Stores what the server said of a ticket, where it is news. Inside a transaction. */
export function applyServerTicket(store: KioskStore, incoming: TicketView, kioskId: string): void {
  const merged = mergeTicket(store.tickets.byId(incoming.ticketId), incoming, kioskId);
  if (merged !== null) store.tickets.put(merged);
}
