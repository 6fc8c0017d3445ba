import { CONFIRMATION_LEASE_MS, RESCUE_MARGIN_MS } from '../../domain/protocol/leases.ts';
import type { QueueSnapshot } from '../../domain/protocol/screens.ts';
import { isBeforeQueue } from '../../domain/ticket.ts';
import type { PrintQueue } from '../printing/print-queue.ts';
import type { KioskStore } from '../store/store.ts';
import type { StoredTicket } from '../store/tickets.ts';
import type { ServerTime } from '../sync/server-time.ts';

/** More than an operator can look at; the others follow when these are done. */
const MAX_RESCUABLE = 50;
/** An operator waits for a paper for seconds; a failed one is worth a look for as long as its customer waits. */
const PAPERS_SHOWN_MS = 10 * 60_000;

export interface RescueSurroundings {
  readonly serverTime: Pick<ServerTime, 'estimateMs'>;
  readonly printQueue: Pick<PrintQueue, 'rescuePapers'>;
}

/**
 * What is paid and has no ticket, or has one that never came to the queue, although its totem's time is up. The server
 * has the last word on that.
 * @param tickets those of the queue, in any state
 */
export function rescuable(
  store: KioskStore,
  { serverTime }: Pick<RescueSurroundings, 'serverTime'>,
  tickets: readonly StoredTicket[],
  nowMs: number,
): QueueSnapshot['rescuable'] {
  const serverMs = serverTime.estimateMs();
  if (serverMs === null) return [];
  const unissued = store.confirmations
    .lapsed(serverMs - RESCUE_MARGIN_MS, serverMs + CONFIRMATION_LEASE_MS + RESCUE_MARGIN_MS, MAX_RESCUABLE)
    .map(({ confirmation: { sessionId, kioskId, paidAt, ticket } }) => ({
      sessionId,
      lacks: 'no_ticket' as const,
      kioskId,
      label: ticket.label,
      serviceName: ticket.serviceName,
      // By the clock of the snapshot, that the screen counts from.
      since: Math.max(0, paidAt - serverMs + nowMs),
    }));
  const unqueued = tickets
    .filter((ticket) => isLeftBehind(ticket, nowMs))
    .map(({ sessionId, kioskId, label, serviceName, issuedAt }) => ({
      sessionId,
      lacks: 'not_queued' as const,
      kioskId,
      label,
      serviceName,
      since: Math.min(issuedAt, nowMs),
    }));
  return [...unissued, ...unqueued].sort((left, right) => left.since - right.since).slice(0, MAX_RESCUABLE);
}

/**
 * A ticket that the server knows of and that nobody can call: its totem died over the paper, or our own printer failed
 * and its customer has come to the counter. A totem's clock that is ahead makes no ticket wait for it to come true.
 */
function isLeftBehind(ticket: StoredTicket, nowMs: number): boolean {
  if (ticket.revision === 0 || !isBeforeQueue(ticket.status)) return false;
  if (ticket.own && ticket.status !== 'print_error') return false;
  const ageMs = nowMs - ticket.issuedAt;
  return ageMs > CONFIRMATION_LEASE_MS + RESCUE_MARGIN_MS || ageMs < -RESCUE_MARGIN_MS;
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
