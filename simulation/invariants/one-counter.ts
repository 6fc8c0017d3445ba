import type { Invariant } from './invariant.ts';

const isAtCounter = (status: string | null): boolean => status === 'called' || status === 'in_progress';

export const oneCounter: Invariant = {
  name: 'one ticket, one counter',
  says: 'In the server’s history a ticket is never at two counters without having left the first, and a counter never holds two tickets.',
  afterStep({ history }) {
    if (history.fresh.length === 0) return null;
    const holding = new Map<string, string>();
    const counterOf = new Map<string, string>();
    for (const { ticketId, from, to, counter } of history.steps) {
      const before = counterOf.get(ticketId);
      const label = history.latest(ticketId)?.label ?? ticketId;
      if (before !== undefined) {
        if (isAtCounter(from) && isAtCounter(to) && before !== counter)
          return `${label} went from ${before} to ${counter} without being given back`;
        holding.delete(before);
        counterOf.delete(ticketId);
      }
      if (!isAtCounter(to) || counter === null) continue;
      const other = holding.get(counter);
      if (other !== undefined) return `${counter} has ${label} and ${history.latest(other)?.label}`;
      holding.set(counter, ticketId);
      counterOf.set(ticketId, counter);
    }
    return null;
  },
};
