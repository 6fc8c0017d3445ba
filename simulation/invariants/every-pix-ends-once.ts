import type { Invariant } from './invariant.ts';
import { sessionOfTxid } from './money-books.ts';

export const everyPixEndsOnce: Invariant = {
  name: 'every Pix ends once',
  says: 'At the end every settled Pix has become exactly one ticket or exactly one refund, never both and never neither.',
  atEnd({ hall, history }) {
    for (const charge of hall.bank.charges.values()) {
      const sessionId = sessionOfTxid(charge.txid);
      const ticket = [...history.tickets.values()].find(([first]) => first?.sessionId === sessionId)?.at(-1);
      const kept = charge.pix.filter((pix) => pix.refunds.length === 0);
      const back = charge.pix.filter((pix) => pix.refunds.length > 0);
      for (const pix of back) {
        const done = pix.refunds.filter((refund) => refund.status === 'DEVOLVIDO');
        if (done.length !== 1 || done[0]?.amountCents !== pix.amountCents)
          return `Pix ${pix.endToEndId} of ${pix.amountCents} was not sent back whole and once`;
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
