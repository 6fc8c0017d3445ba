import { isCounterPayment } from '../../domain/counter-payment.ts';
import type { ServerLink } from '../../domain/protocol/machine-state.ts';
import type { QueueCommand } from '../../domain/protocol/queue.ts';
import type { CommandResult } from '../../domain/protocol/screen-commands.ts';
import type { OutboxEvent, PushResult } from '../../domain/protocol/sync.ts';
import { OUTBOX_PAYLOADS } from '../../domain/protocol/sync.ts';
import { decideQueueStep, isAtCounter, type QueueStep } from '../../domain/queue-decision.ts';
import { compareQueuePlaces } from '../../domain/queue-policy.ts';
import type { KioskStore } from '../store/store.ts';
import { type StoredTicket, toView } from '../store/tickets.ts';
import { releaseServerTicket } from '../sync/ticket-merge.ts';
import { businessToday, ticketsInQueue } from './business-today.ts';

/**
 * Whether operators' commands run here: the line is down, or the server has not heard yet of what was done here while
 * it was, and would judge the next command without it.
 */
export function isLocalMode(store: KioskStore, server: ServerLink): boolean {
  return server === 'offline' || store.outbox.hasUnansweredCall();
}

/**
 * Runs an operator's command by itself, on a ticket of this kiosk, by the server's own rules: the ticket and the event
 * that tells of it are one transaction. A command that ran before, under the same id, does nothing more.
 */
export function runLocally(store: KioskStore, command: QueueCommand, nowMs: number): CommandResult {
  if (command.kind === 'queue.rescue') return { ok: false, code: 'needs_server' };
  if (isCounterPayment(command)) return { ok: false, code: 'needs_server_to_receive' };
  return store.write((): CommandResult => {
    const done = ticketOfEarlier(store, command.commandId);
    if (done !== undefined) return { ok: true, ticket: toView(done) };
    const today = businessToday(store, nowMs);
    if (today === null) return { ok: false, code: 'needs_server' };
    if (store.sync.catalog()?.unit.counters.includes(command.counter) !== true) {
      return { ok: false, code: 'unknown_counter' };
    }
    const tickets = ticketsInQueue(store, nowMs);
    const ticket = subjectOf(store, command, tickets);
    if (ticket === 'needs_server') return { ok: false, code: 'needs_server' };
    const atMs = today.serverNowMs;
    const held = tickets.find((other) => isAtCounter(other) && other.counter === command.counter);
    const decision = decideQueueStep({ command, ticket, held, atMs });
    if (!decision.ok) {
      const shown = decision.ticket === null ? {} : { ticket: toView(decision.ticket) };
      return { ok: false, code: decision.code, ...shown };
    }
    store.tickets.put(decision.ticket);
    store.outbox.append('queue.executed_locally', {
      command,
      ticketId: decision.ticket.ticketId,
      executedAt: atMs,
    });
    return { ok: true, ticket: toView(decision.ticket) };
  });
}

/** A command that ran here before it could be asked of the server. */
export function answerOfEarlier(store: KioskStore, commandId: string): CommandResult | null {
  const ticket = ticketOfEarlier(store, commandId);
  return ticket === undefined ? null : { ok: true, ticket: toView(ticket) };
}

/** What the server's answer for a local call means here. Inside the transaction that settles the event. */
export function settleLocalCall(
  store: KioskStore,
  event: OutboxEvent,
  { outcome, current }: PushResult,
  nowMs: number,
): void {
  if (event.kind !== 'queue.executed_locally') return;
  const { command, ticketId } = OUTBOX_PAYLOADS['queue.executed_locally'].parse(event.payload);
  const wasRejected = outcome === 'rejected';
  if (wasRejected) {
    if (current !== null) store.localCalls.holdTicket(current);
    const ticket = current ?? store.tickets.byId(ticketId);
    if (ticket !== undefined) {
      store.localCalls.addConflict(event.id, {
        ticketId,
        label: ticket.label,
        yourCounter: command.counter,
        winner: current?.counter ?? null,
        at: nowMs,
      });
    }
  }
  if (!store.outbox.hasUnansweredCall(ticketId)) releaseServerTicket(store, ticketId, wasRejected);
}

/** A call that is set aside is not answered for hours: the server's word of its ticket holds meanwhile. In its transaction. */
export function stopWaitingForCall(store: KioskStore, event: OutboxEvent): void {
  if (event.kind !== 'queue.executed_locally') return;
  const { ticketId } = OUTBOX_PAYLOADS['queue.executed_locally'].parse(event.payload);
  if (!store.outbox.hasUnansweredCall(ticketId)) releaseServerTicket(store, ticketId, false);
}

/** The ticket that the command is about: only those that this kiosk issued can be moved without the server. */
function subjectOf(
  store: KioskStore,
  command: QueueStep,
  tickets: readonly StoredTicket[],
): StoredTicket | undefined | 'needs_server' {
  if (command.kind !== 'queue.call_next') {
    const ticket = store.tickets.byId(command.ticketId);
    return ticket?.own === false ? 'needs_server' : ticket;
  }
  const waiting = tickets
    .filter(({ status, moneyBack }) => status === 'in_queue' && moneyBack !== 'refunded')
    .sort(compareQueuePlaces);
  const next = waiting.find(({ own }) => own);
  return next === undefined && waiting.length > 0 ? 'needs_server' : next;
}

function ticketOfEarlier(store: KioskStore, commandId: string): StoredTicket | undefined {
  const ticketId = store.outbox.ticketOfCall(commandId);
  return ticketId === undefined ? undefined : store.tickets.byId(ticketId);
}
