import { isBeyondAnyLease } from '../../domain/protocol/leases.ts';
import type { DueJob } from '../printing/print-jobs.ts';
import type { KioskStore } from '../store/store.ts';
import type { LinkMonitor } from '../sync/server-link.ts';
import type { ServerTime } from '../sync/server-time.ts';

/** `hold`: neither yes nor no, ask again; `superseded`: never. */
export type PaperPermit = 'go' | 'hold' | 'superseded';

export interface PaperGateOptions {
  readonly store: KioskStore;
  readonly serverTime: Pick<ServerTime, 'latestMs'>;
  readonly link: Pick<LinkMonitor, 'state'>;
}

/**
 * Whether a paper may start at this instant. None of a void ticket may: its money went back. The first paper of a ticket may not while an operator could have rescued
 * the ticket without this kiosk knowing: so either its time still runs, or the server's newest word on the ticket is
 * here (its revision, and a feed that is level), which says whether it was rescued. A totem that was killed between the
 * ticket and its paper, and comes back after a rescue, prints nothing.
 *
 * What needed no PIX is issued without the server, and its paper needs no server either while the server is not known
 * to have the ticket. It only waits for the few seconds in which a line that was lost is found again, or given up.
 */
export function permitPaper(
  { store, serverTime, link }: PaperGateOptions,
  job: Pick<DueJob, 'ticketId' | 'kind' | 'copyNumber' | 'startBefore'>,
): PaperPermit {
  if (job.ticketId === null) return 'go';
  const ticket = store.tickets.byId(job.ticketId);
  if (ticket?.status === 'voided') return 'superseded';
  if (job.kind !== 'ticket') return 'go';
  if (ticket === undefined) throw new Error(`a paper of an unknown ticket ${job.ticketId}`);
  // A copy without a limit is the one that is printed because it was rescued.
  if (ticket.rescued) return job.copyNumber === 1 || job.startBefore !== null ? 'superseded' : 'go';
  const isLocal = ticket.payment !== 'pix';
  if (job.startBefore === null && !isLocal) return 'go';
  const latestMs = serverTime.latestMs();
  if (job.startBefore !== null && latestMs !== null && latestMs < job.startBefore) {
    if (!isBeyondAnyLease(job.startBefore, latestMs)) return 'go';
  }
  if (isLocal && ticket.revision === 0) return link.state === 'connecting' ? 'hold' : 'go';
  return ticket.revision > 0 && link.state === 'online' ? 'go' : 'hold';
}
