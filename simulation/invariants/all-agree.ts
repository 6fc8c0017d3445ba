import { isBeforeQueue, type TicketStatus } from '../../domain/ticket.ts';
import type { Invariant } from './invariant.ts';

interface Row {
  readonly id: string;
  readonly label: string;
  readonly status: TicketStatus;
  readonly counter: string | null;
  readonly revision: number;
  readonly own: 0 | 1;
}

export const allAgree: Invariant = {
  name: 'all agree',
  says: 'At the end every totem that works shows each ticket as the server has it, and the server knows every ticket that was issued.',
  atEnd({ hall, history }) {
    for (const { kioskId, db, goneForGood } of hall.kiosks) {
      if (goneForGood) continue;
      const rows = db
        .prepare<[], Row>('SELECT ticket_id AS id, label, status, counter, revision, own FROM tickets')
        .all();
      for (const row of rows) {
        const ticket = history.latest(row.id);
        if (ticket === undefined) return `${kioskId} has ${row.label}, the server does not know it`;
        const before = row.own === 1 && isBeforeQueue(row.status) && isBeforeQueue(ticket.status);
        if (!before && (row.status !== ticket.status || row.counter !== ticket.counter))
          return `${row.label} is ${row.status} at ${row.counter} for ${kioskId}, and ${ticket.status} at ${ticket.counter} for the server`;
        if (row.revision !== ticket.revision)
          return `${row.label} has revision ${row.revision} at ${kioskId} and ${ticket.revision} at the server`;
      }
      if (rows.length !== history.tickets.size)
        return `${kioskId} knows ${rows.length} tickets, the server ${history.tickets.size}`;
    }
    return null;
  },
};
