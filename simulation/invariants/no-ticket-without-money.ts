import type { Invariant } from './invariant.ts';
import { chargesOfSession, chargesOfTicket, exactPixKept } from './money-books.ts';

export const noTicketWithoutMoney: Invariant = {
  name: 'no ticket without its money',
  says: 'A ticket that is called paid by PIX, on a totem, at the server or on paper, has a settled Pix of exactly its amount at the bank, which was not sent back.',
  afterStep({ hall, history }) {
    for (const { kioskId, db } of hall.kiosks) {
      const own = db
        .prepare<[], { sessionId: string; label: string; amountCents: number }>(
          `SELECT t.session_id AS sessionId, t.label, s.amount_cents AS amountCents FROM tickets t
           JOIN payment_sessions s ON s.session_id = t.session_id WHERE t.own = 1 AND t.payment = 'pix'`,
        )
        .all();
      for (const { sessionId, label, amountCents } of own) {
        const charges = chargesOfSession(hall, sessionId);
        if (exactPixKept(charges).length === 0)
          return `${kioskId} has ticket ${label} of session ${sessionId}, for which the bank has no exact Pix`;
        const other = charges.find((charge) => charge.amountCents !== amountCents);
        if (other !== undefined)
          return `${kioskId} sold ${label} for ${amountCents}, the charge was of ${other.amountCents}`;
      }
    }
    for (const states of history.tickets.values()) {
      const [first] = states;
      if (first?.payment !== 'pix') continue;
      if (exactPixKept(chargesOfSession(hall, first.sessionId)).length === 0)
        return `the server has ticket ${first.label} of session ${first.sessionId}, for which the bank has no exact Pix`;
    }
    for (const paper of hall.papers)
      if (paper.saysPixPaid && exactPixKept(chargesOfTicket(hall, paper.ticketId)).length === 0)
        return `a paper of ${paper.kioskId} says that ${paper.label} is paid; the bank has no exact Pix for it`;
    return null;
  },
};
