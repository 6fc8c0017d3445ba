import type { Invariant } from './invariant.ts';

/** The demonstration shop is in São Paulo, where the clocks have not been changed since 2019. */
const SHOP_IS_BEHIND_UTC_MS = 3 * 60 * 60_000;

export const numbersAreOfTheirDay: Invariant = {
  name: 'numbers are of their day',
  says: 'A paid ticket belongs to the day that its shop has when it is paid; numbers of a prefix and day are given out from 1 on, none left out.',
  afterStep({ history }) {
    for (const { kind } of history.fresh) if (kind === 'payment.confirmed') return wrongDay(history);
    return null;
  },
  atEnd({ history }) {
    const numbers = Map.groupBy(
      [...history.confirmations.values()].map(({ payload: { ticket } }) => ticket),
      ({ businessDay, prefix }) => `${prefix} of ${businessDay}`,
    );
    for (const [name, tickets] of numbers) {
      const inOrder = tickets.map(({ number }) => number).sort((one, other) => one - other);
      for (const [index, number] of inOrder.entries())
        if (number !== index + 1) return `${name}: number ${index + 1} was left out, or came twice`;
    }
    return null;
  },
};

function wrongDay({ confirmations }: Parameters<NonNullable<Invariant['afterStep']>>[0]['history']) {
  for (const { payload } of confirmations.values()) {
    const { businessDay, label, prefix, number } = payload.ticket;
    const day = new Date(payload.paidAt - SHOP_IS_BEHIND_UTC_MS).toISOString().slice(0, 10);
    if (businessDay !== day) return `${label} was paid on ${day} and is of ${businessDay}`;
    if (label !== `${prefix}${String(number).padStart(3, '0')}`)
      return `number ${number} of ${prefix} is called ${label}`;
  }
  return null;
}
