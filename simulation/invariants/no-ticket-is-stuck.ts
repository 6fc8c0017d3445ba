import type { Invariant } from './invariant.ts';

/** What a technician may still have to see to. */
const WITH_THE_TECHNICIAN = 'print_error';

export const noTicketIsStuck: Invariant = {
  name: 'no ticket is stuck',
  says: 'At the end every ticket is in the queue or beyond it, or with the technician of its totem; one whose totem has gone for good stays among those that are arriving, where the staff sees it.',
  atEnd({ hall, history }) {
    for (const states of history.tickets.values()) {
      const ticket = states.at(-1);
      if (ticket === undefined || (ticket.status !== 'paid' && ticket.status !== 'printing')) continue;
      const kiosk = hall.kiosks.find(({ kioskId }) => kioskId === ticket.kioskId);
      if (kiosk === undefined || kiosk.goneForGood) continue;
      const status = kiosk.db
        .prepare<[string], string>('SELECT status FROM tickets WHERE ticket_id = ?')
        .pluck()
        .get(ticket.ticketId);
      if (status !== WITH_THE_TECHNICIAN)
        return `${ticket.label} is ${ticket.status} at the server and ${status} at ${ticket.kioskId}`;
    }
    return null;
  },
};
