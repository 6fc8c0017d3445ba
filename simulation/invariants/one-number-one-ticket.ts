import { ticketIdOfSession } from '../../domain/ids.ts';
import type { Invariant, Look } from './invariant.ts';

interface Numbered {
  readonly ticketId: string;
  readonly label: string;
  readonly businessDay: string;
}

export const oneNumberOneTicket: Invariant = {
  name: 'one number, one ticket',
  says: 'Over all totems, the server and every paper, a number of a prefix and business day belongs to one ticket.',
  afterStep(look) {
    const owner = new Map<string, { ticketId: string; where: string }>();
    for (const { where, ticketId, label, businessDay } of numbered(look)) {
      const key = `${businessDay} ${label}`;
      const known = owner.get(key);
      if (known !== undefined && known.ticketId !== ticketId)
        return `${label} of ${businessDay} is ticket ${known.ticketId} ${known.where} and ticket ${ticketId} ${where}`;
      owner.set(key, { ticketId, where });
    }
    for (const paper of look.hall.papers) {
      const known = [...owner].find(([, { ticketId }]) => ticketId === paper.ticketId);
      if (known !== undefined && !known[0].endsWith(` ${paper.label}`))
        return `a paper calls ticket ${paper.ticketId} ${paper.label}, elsewhere it is ${known[0]}`;
    }
    return null;
  },
};

function numbered({ hall, history }: Look): (Numbered & { readonly where: string })[] {
  const atKiosks = hall.kiosks.flatMap(({ kioskId, db }) =>
    db
      .prepare<[], Numbered>('SELECT ticket_id AS ticketId, label, business_day AS businessDay FROM tickets')
      .all()
      .map((ticket) => ({ ...ticket, where: `at ${kioskId}` })),
  );
  const atServer = [...history.tickets.values()].flatMap((states) =>
    states.map(({ ticketId, label, businessDay }) => ({
      ticketId,
      label,
      businessDay,
      where: 'at the server',
    })),
  );
  const reserved = [...history.confirmations.values()].map(({ payload: { sessionId, ticket } }) => ({
    ticketId: ticketIdOfSession(sessionId),
    label: ticket.label,
    businessDay: ticket.businessDay,
    where: 'as reserved',
  }));
  return [...atServer, ...reserved, ...atKiosks];
}
