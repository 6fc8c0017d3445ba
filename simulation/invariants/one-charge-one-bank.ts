import type { Invariant } from './invariant.ts';
import { chargesOfSession, sessionsWithCharges } from './money-books.ts';

export const oneChargeOneBank: Invariant = {
  name: 'one charge, one bank',
  says: 'Of one session no two banks have made a charge: after silence no other is asked. What a bank has made and disowned is its own lie.',
  afterStep({ hall }) {
    if (hall.banks.length < 2) return null;
    for (const sessionId of sessionsWithCharges(hall)) {
      const made = chargesOfSession(hall, sessionId).filter(({ isDisowned }) => !isDisowned);
      if (made.length > 1) return `${made.length} banks have a charge of session ${sessionId}`;
    }
    return null;
  },
};
