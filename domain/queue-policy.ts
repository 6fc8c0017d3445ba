import type { TicketStatus } from './ticket.ts';

/** What the order of a queue is decided by. */
export interface QueuePlace {
  /** Epoch ms. */
  readonly issuedAt: number;
  readonly label: string;
}

/**
 * The queue of a day holds the tickets of that day, those of earlier days that are still open, and, for this long,
 * those that were missed on an earlier day: who missed a call before midnight may come back after it.
 */
export const NO_SHOW_RETURN_MS = 6 * 60 * 60_000;

/**
 * Orders those who wait: first come, first served. A customer who returns after a missed call keeps the original
 * time. Two tickets of one millisecond are told apart by their label, so that every screen shows the same order.
 */
export function compareQueuePlaces(left: QueuePlace, right: QueuePlace): number {
  if (left.issuedAt !== right.issuedAt) return left.issuedAt - right.issuedAt;
  if (left.label === right.label) return 0;
  return left.label < right.label ? -1 : 1;
}

/** How many of `waiting` are called before `place`; the ticket itself, when it is among them, does not count. */
export function waitingAhead(
  place: QueuePlace,
  waiting: readonly (QueuePlace & { readonly status: TicketStatus })[],
): number {
  return waiting.filter((other) => other.status === 'in_queue' && compareQueuePlaces(other, place) < 0)
    .length;
}
