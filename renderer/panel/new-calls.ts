import type { PanelSnapshot } from '../../domain/protocol/screens.ts';

type Call = PanelSnapshot['calls'][number];

/**
 * The calls and recalls of `next` that `previous` did not know. A panel that has just been switched on has nothing to
 * announce: all of what it sees was called before.
 */
export function newCalls(previous: readonly Call[] | null, next: readonly Call[]): readonly Call[] {
  if (previous === null) return [];
  const countById = new Map(previous.map((call) => [call.ticketId, call.callCount]));
  return next.filter((call) => call.callCount > (countById.get(call.ticketId) ?? 0));
}
