import type { Enrolment, QueueSnapshot, ServerLink } from '../../domain/protocol/screens.ts';
import type { TicketView } from '../../domain/protocol/tickets.ts';
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
    // What is completed is in the queue of its own day alone.
    completedToday: views.filter((ticket) => ticket.status === 'completed').length,
  };
}

function missedAt(ticket: TicketView): number {
  return ticket.endedAt ?? ticket.calledAt ?? ticket.issuedAt;
}
