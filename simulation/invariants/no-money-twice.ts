import type { Invariant } from './invariant.ts';
import { allPix } from './money-books.ts';

export const noMoneyTwice: Invariant = {
  name: 'no money twice',
  says: 'No Pix is sent back twice, or more than it brought, nor is that asked for.',
  afterStep({ hall }) {
    for (const { bank } of hall.banks)
      if (bank.askedTwice !== null)
        return `the ${bank.name} was asked to send Pix ${bank.askedTwice.endToEndId} back once more`;
    for (const pix of allPix(hall)) {
      const sum = pix.refunds.reduce((total, { amountCents }) => total + amountCents, 0);
      if (pix.refunds.length > 1) return `Pix ${pix.endToEndId} was sent back ${pix.refunds.length} times`;
      if (sum > pix.amountCents)
        return `of Pix ${pix.endToEndId} ${sum} cents were sent back, it brought ${pix.amountCents}`;
    }
    return null;
  },
};
