import type { Enrolment, ServerLink } from '../../domain/protocol/machine-state.ts';
import type { QueueSnapshot } from '../../domain/protocol/screens.ts';
import type { TicketView } from '../../domain/protocol/tickets.ts';
import { isAtCounter } from '../../domain/queue-decision.ts';
import { compareQueuePlaces } from '../../domain/queue-policy.ts';
import { isBeforeQueue } from '../../domain/ticket.ts';
import type { KioskStore } from '../store/store.ts';
import { toView } from '../store/tickets.ts';
import { ticketsInQueue } from './business-today.ts';
import { isLocalMode } from './local-calls.ts';
import { type RescueSurroundings, rescuable, rescuePapers } from './rescuable.ts';

/** An operator who was away for a coffee still reads who has the ticket. */
const CONFLICT_SHOWN_MS = 10 * 60_000;
/** A customer who missed the call comes back soon or not at all; more would bury the list. */
const MAX_NO_SHOWS = 20;
const MAX_VOIDED = 20;
/** Who pays after the service stands at the counter still; more than these are the manager's figures. */
const MAX_UNPAID = 20;
/** A wrong press is seen at once or when the till is counted. */
const MAX_RECEIVED = 5;

export interface QueueSurroundings extends RescueSurroundings {
  readonly enrolment: Enrolment;
  readonly server: ServerLink;
}

export function queueSnapshot(store: KioskStore, around: QueueSurroundings, nowMs: number): QueueSnapshot {
  const unit = store.sync.catalog()?.unit;
  const tickets = ticketsInQueue(store, nowMs);
  const views = tickets.map(toView);
  const inOrder = (keep: (ticket: TicketView) => boolean): TicketView[] =>
    views.filter(keep).sort(compareQueuePlaces);
  return {
    screen: 'queue',
    at: nowMs,
    unitName: unit?.unitName ?? null,
    counters: unit?.counters ?? [],
    enrolment: around.enrolment,
    server: around.server,
    mode: isLocalMode(store, around.server) ? 'local' : 'server',
    rescuable: rescuable(store, around, tickets, nowMs),
    rescuePapers: rescuePapers(around, nowMs),
    conflicts: store.localCalls.conflictsSince(nowMs - CONFLICT_SHOWN_MS),
    waiting: inOrder((ticket) => ticket.status === 'in_queue'),
    arriving: inOrder((ticket) => isBeforeQueue(ticket.status)),
    atCounters: views
      .filter((ticket) => ticket.status === 'called' || ticket.status === 'in_progress')
      .sort((left, right) =>
        (left.counter ?? '').localeCompare(right.counter ?? '', 'pt-BR', { numeric: true }),
      ),
    noShows: views
      .filter((ticket) => ticket.status === 'no_show')
      .sort((left, right) => missedAt(right) - missedAt(left))
      .slice(0, MAX_NO_SHOWS),
    voided: views
      .filter((ticket) => ticket.status === 'voided')
      .sort((left, right) => missedAt(right) - missedAt(left))
      .slice(0, MAX_VOIDED),
    // What is completed is in the queue of its own day alone.
    completedToday: views.filter((ticket) => ticket.status === 'completed').length,
    atCounter: atCounter(views),
  };
}

function atCounter(tickets: readonly TicketView[]): QueueSnapshot['atCounter'] {
  const due = tickets.filter((ticket) => ticket.payment === 'at_counter' && ticket.status !== 'voided');
  const received = due.filter((ticket) => ticket.receivedAt !== null);
  return {
    receivedCents: received.reduce((sum, ticket) => sum + ticket.receivedCents, 0),
    receivedCount: received.length,
    unpaid: due
      .filter((ticket) => ticket.status === 'completed' && ticket.receivedAt === null)
      .sort((left, right) => missedAt(left) - missedAt(right))
      .slice(0, MAX_UNPAID),
    received: received
      .filter((ticket) => !isAtCounter(ticket))
      .sort((left, right) => (right.receivedAt ?? 0) - (left.receivedAt ?? 0))
      .slice(0, MAX_RECEIVED),
  };
}

function missedAt(ticket: TicketView): number {
  return ticket.endedAt ?? ticket.calledAt ?? ticket.issuedAt;
}
