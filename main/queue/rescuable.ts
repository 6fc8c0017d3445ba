import { RESCUE_MARGIN_MS } from '../../domain/protocol/leases.ts';
import type { QueueSnapshot } from '../../domain/protocol/screens.ts';
import type { PrintQueue } from '../printing/print-queue.ts';
import type { KioskStore } from '../store/store.ts';
import type { ServerTime } from '../sync/server-time.ts';

/** More than an operator can look at; the others follow when these are done. */
const MAX_RESCUABLE = 50;
/** An operator waits for a paper for seconds; a failed one is worth a look for as long as its customer waits. */
const PAPERS_SHOWN_MS = 10 * 60_000;

export interface RescueSurroundings {
  readonly serverTime: Pick<ServerTime, 'estimateMs'>;
  readonly printQueue: Pick<PrintQueue, 'rescuePapers'>;
}

/** What is paid and has no ticket although its totem's time is up. The server has the last word on that. */
export function rescuable(
  store: KioskStore,
  { serverTime }: Pick<RescueSurroundings, 'serverTime'>,
  nowMs: number,
): QueueSnapshot['rescuable'] {
  const serverMs = serverTime.estimateMs();
  if (serverMs === null) return [];
  return store.confirmations
    .lapsedBefore(serverMs - RESCUE_MARGIN_MS, MAX_RESCUABLE)
    .map(({ confirmation: { sessionId, kioskId, paidAt, ticket } }) => ({
      sessionId,
      kioskId,
      label: ticket.label,
      serviceName: ticket.serviceName,
      // By the clock of the snapshot, that the screen counts from.
      paidAt: Math.max(0, paidAt - serverMs + nowMs),
    }));
}

export function rescuePapers(
  { printQueue }: Pick<RescueSurroundings, 'printQueue'>,
  nowMs: number,
): QueueSnapshot['rescuePapers'] {
  return printQueue.rescuePapers(nowMs - PAPERS_SHOWN_MS).map(({ ticketId, label, status }) => ({
    ticketId,
    label,
    status:
      status === 'printed' ? status : status === 'queued' || status === 'sending' ? 'printing' : 'failed',
  }));
}
