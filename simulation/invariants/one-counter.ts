import type { TicketView } from '../../domain/protocol/tickets.ts';
import type { Invariant } from './invariant.ts';

const isAtCounter = (ticket: TicketView): boolean => ticket.status === 'called' || ticket.status === 'in_progress';

export const oneCounter: Invariant = {
  name: 'one ticket, one counter',
  says: 'In the server’s history a ticket is never at two counters without having left the first, and a counter never holds two tickets.',
  afterStep({ history }) {
    if (history.fresh.length === 0) return null;
    const holding = new Map<string, string>();
    const states = new Map<string, TicketView>();
    for (const entry of history.entries) {
      if (entry.kind !== 'ticket.changed') continue;
      const { ticket } = entry.payload as { ticket: TicketView };
      const before = states.get(ticket.ticketId);
      states.set(ticket.ticketId, ticket);
      if (before !== undefined && isAtCounter(before)) {
        if (isAtCounter(ticket) && before.counter !== ticket.counter)
          return `${ticket.label} went from ${before.counter} to ${ticket.counter} without being given back`;
        if (before.counter !== null) holding.delete(before.counter);
      }
      if (!isAtCounter(ticket) || ticket.counter === null) continue;
      const other = holding.get(ticket.counter);
      if (other !== undefined && other !== ticket.ticketId)
        return `${ticket.counter} has ${ticket.label} and ${states.get(other)?.label}`;
      holding.set(ticket.counter, ticket.ticketId);
    }
    return null;
  },
};
