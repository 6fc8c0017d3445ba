import type { KioskStore } from '../store/store.ts';
import type { ServerTime } from '../sync/server-time.ts';

/** `hold`: neither yes nor no, ask again; `superseded`: never. */
export type PaperPermit = 'go' | 'hold' | 'superseded';

/**
 * Whether a paper may start at this instant. The first paper of a paid ticket may not while an operator could have
 * rescued the ticket without this kiosk knowing: so either its lease still runs, or the server's word on the ticket has
 * come (its revision), which says whether it was rescued. A totem that was killed between the ticket and its paper,
 * and comes back after a rescue, prints nothing.
 */
export function permitPaper(
  { store, serverTime }: { readonly store: KioskStore; readonly serverTime: Pick<ServerTime, 'latestMs'> },
  job: { readonly ticketId: string | null; readonly startBefore: number | null },
): PaperPermit {
  if (job.startBefore === null || job.ticketId === null) return 'go';
  const ticket = store.tickets.byId(job.ticketId);
  if (ticket === undefined) throw new Error(`a paper of an unknown ticket ${job.ticketId}`);
  if (ticket.rescued) return 'superseded';
  if (ticket.revision > 0) return 'go';
  const latestMs = serverTime.latestMs();
  return latestMs !== null && latestMs < job.startBefore ? 'go' : 'hold';
}
