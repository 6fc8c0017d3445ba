import type { Invariant } from './invariant.ts';
import { chargesOfSession, sessionsWithCharges } from './money-books.ts';

export const everyPixEndsOnce: Invariant = {
  name: 'every Pix ends once',
  says: 'At the end every settled Pix, at whichever bank, has become exactly one ticket or exactly one refund, never both and never neither; of one session one Pix is kept at the most.',
  atEnd({ hall, history }) {
    for (const sessionId of sessionsWithCharges(hall)) {
      const pix = chargesOfSession(hall, sessionId).flatMap((charge) => charge.pix);
      const ticket = [...history.tickets.values()].find(([first]) => first?.sessionId === sessionId)?.at(-1);
      const kept = pix.filter(({ refunds }) => refunds.length === 0);
      const back = pix.filter(({ refunds }) => refunds.length > 0);
      for (const { refunds, amountCents, endToEndId } of back) {
        const done = refunds.filter((refund) => refund.status === 'DEVOLVIDO');
        if (done.length !== 1 || done[0]?.amountCents !== amountCents)
          return `Pix ${endToEndId} of ${amountCents} was not sent back whole and once`;
      }
      if (kept.length > 1) return `${kept.length} Pix of session ${sessionId} were kept`;
      if (kept.length === 1 && ticket === undefined)
        return `Pix ${kept[0]?.endToEndId} of session ${sessionId} is neither a ticket nor a refund`;
      if (kept.length === 0 && ticket !== undefined)
        return `ticket ${ticket.label} of session ${sessionId} has no Pix that was kept`;
    }
    return null;
  },
};
