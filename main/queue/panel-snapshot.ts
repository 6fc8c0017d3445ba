import type { Enrolment, ServerLink } from '../../domain/protocol/machine-state.ts';
import type { PanelSnapshot } from '../../domain/protocol/screens.ts';
import type { KioskStore } from '../store/store.ts';
import type { StoredTicket } from '../store/tickets.ts';
import { ticketsInQueue } from './business-today.ts';

/** More lines than this cannot be read from across a room. */
const MAX_CALLS = 8;

type Call = PanelSnapshot['calls'][number];

export interface PanelSurroundings {
  readonly enrolment: Enrolment;
  readonly server: ServerLink;
}

/** Who is called, or is being served, and where. */
export function panelSnapshot(store: KioskStore, around: PanelSurroundings, nowMs: number): PanelSnapshot {
  const unit = store.sync.catalog()?.unit;
  const tickets = ticketsInQueue(store, nowMs);
  return {
    screen: 'panel',
    at: nowMs,
    unitName: unit?.unitName ?? null,
    merchantName: unit?.merchantName ?? null,
    timeZone: unit?.timeZone ?? null,
    ...around,
    calls: tickets
      .flatMap(callOf)
      .sort((left, right) => right.calledAt - left.calledAt)
      .slice(0, MAX_CALLS),
    waitingCount: tickets.filter((ticket) => ticket.status === 'in_queue').length,
  };
}

function callOf(ticket: StoredTicket): Call[] {
  const { ticketId, label, counter, serviceName, calledAt, callCount, status } = ticket;
  if (status !== 'called' && status !== 'in_progress') return [];
  if (counter === null || calledAt === null || callCount === 0) return [];
  return [{ ticketId, label, counter, serviceName, calledAt, callCount }];
}
