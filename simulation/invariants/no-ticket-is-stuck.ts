import { isBeforeQueue } from '../../domain/ticket.ts';
import type { Invariant } from './invariant.ts';

export const noTicketIsStuck: Invariant = {
  name: 'no ticket is stuck',
  says: 'At the end every ticket is in the queue or beyond it: its totem put it there, or an operator did.',
  atEnd({ history }) {
    for (const states of history.tickets.values()) {
      const ticket = states.at(-1);
      if (ticket !== undefined && isBeforeQueue(ticket.status))
        return `${ticket.label} of ${ticket.kioskId} is ${ticket.status} at the server`;
    }
    return null;
  },
};
