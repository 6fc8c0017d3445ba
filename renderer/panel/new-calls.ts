import type { PanelSnapshot } from '../../domain/protocol/screens.ts';

type Call = PanelSnapshot['calls'][number];

/** More tickets than are at the counters of any hall, so that none that is still called is forgotten. */
const MAX_REMEMBERED = 1_000;

/**
 * Tells, of one snapshot after the other, which calls and recalls are to be announced: those never seen before. A call
 * leaves the snapshot while there are more than it has lines for, and may come back; so more than the snapshot before
 * has to be remembered. A panel that has just been switched on announces nothing: all of what it sees was called before.
 */
export function createCallMemory(): (calls: readonly Call[]) => readonly Call[] {
  const countById = new Map<string, number>();
  let isFirst = true;
  return (calls) => {
    const fresh = calls.filter(({ ticketId, callCount }) => {
      const isNew = callCount > (countById.get(ticketId) ?? 0);
      if (isNew) {
        // Taken out first, as a Map keeps the place of a key that it has: the oldest call stands at its head.
        countById.delete(ticketId);
        countById.set(ticketId, callCount);
      }
      return isNew;
    });
    for (const ticketId of countById.keys()) {
      if (countById.size <= MAX_REMEMBERED) break;
      countById.delete(ticketId);
    }
    const announced = isFirst ? [] : fresh;
    isFirst = false;
    return announced;
  };
}
