import type { Invariant } from './invariant.ts';

export const paidIsSaidOnce: Invariant = {
  name: 'paid is said once',
  says: 'The feed has one confirmation of a payment, however often its money is looked at.',
  afterStep({ history }) {
    const again = history.confirmedAgain[0];
    return again === undefined
      ? null
      : `entry ${again.seq} of the feed confirms ${again.sessionId} once more`;
  },
};
