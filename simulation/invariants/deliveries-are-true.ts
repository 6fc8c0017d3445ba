import type { Invariant } from './invariant.ts';

export const deliveriesAreTrue: Invariant = {
  name: 'deliveries are true',
  says: 'A ticket that is called printed is on a paper, and one that was only shown on the screen is on none but a copy.',
  afterStep({ hall, history }) {
    const onPaper = new Set(hall.papers.map(({ ticketId }) => ticketId));
    const onFirstPaper = new Set(hall.papers.flatMap(({ ticketId, isCopy }) => (isCopy ? [] : [ticketId])));
    const wrong = (delivery: string | null, id: string): boolean =>
      (delivery === 'printed' && !onPaper.has(id)) || (delivery === 'screen' && onFirstPaper.has(id));
    for (const { kioskId, db } of hall.kiosks) {
      const tickets = db
        .prepare<[], { id: string; label: string; delivery: string | null }>(
          'SELECT ticket_id AS id, label, delivery FROM tickets',
        )
        .all();
      for (const { id, label, delivery } of tickets)
        if (wrong(delivery, id)) return `${label} is ${delivery} for ${kioskId}; its papers say otherwise`;
    }
    for (const states of history.tickets.values()) {
      const ticket = states.at(-1);
      if (ticket !== undefined && wrong(ticket.delivery, ticket.ticketId))
        return `${ticket.label} is ${ticket.delivery} for the server; its papers say otherwise`;
    }
    return null;
  },
};
