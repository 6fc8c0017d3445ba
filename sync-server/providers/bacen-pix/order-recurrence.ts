import type { OrderOutcome, RecurringOrders } from '../recurrence.ts';
import type { PixAutomatic } from './automatic-types.ts';
import { ofAgreement, ofCharge } from './read-recurrence.ts';

/** Agreements by journey 2, a QR code of the agreement alone, and charges by them. */
export function recurringOrders(automatic: PixAutomatic): RecurringOrders {
  return {
    async createAgreement({ amountCents, lastDay, ...order }): Promise<OrderOutcome> {
      const outcome = await automatic.createAgreement({
        ...order,
        lastDay: lastDay ?? null,
        amount:
          amountCents === undefined
            ? { kind: 'variable', minimumCents: null }
            : { kind: 'fixed', amountCents },
        journey: { kind: 2 },
      });
      if (outcome.kind !== 'found') return outcome;
      const { agreement } = outcome;
      return { kind: 'made', recurrence: ofAgreement(agreement), brCode: agreement.brCode };
    },
    async createCharge({ receiver: { branch, ...receiver }, ...order }): Promise<OrderOutcome> {
      const outcome = await automatic.createCharge({
        ...order,
        receiver: branch === undefined ? receiver : { ...receiver, branch },
        movesToWorkday: true,
      });
      if (outcome.kind !== 'found') return outcome;
      return { kind: 'made', recurrence: ofCharge(outcome.charge), brCode: null };
    },
  };
}
