import type { QueueCommand, QueueResult } from '../../domain/protocol/queue.ts';
import { canTicketBecome, type TicketStatus } from '../../domain/ticket.ts';
import type { StoredTicket, TicketChange } from './ticket-store.ts';

export interface QueueQuestion {
  readonly command: QueueCommand;
  /** The ticket that the command names; for `queue.call_next` the one whose turn it is. */
  readonly ticket: StoredTicket | undefined;
  /** What the command's counter has called or is serving. */
  readonly held: StoredTicket | undefined;
  readonly atMs: number;
}

export interface QueueDecision {
  readonly changes: readonly TicketChange[];
  readonly result: QueueResult;
}

type Refusal = Extract<QueueResult, { ok: false }>['code'];
type TicketCommand = Exclude<QueueCommand['kind'], 'queue.call_next'>;

/** From which status each command takes a ticket, and to which; domain/ticket.ts has the last word. */
const STEP: Readonly<Record<TicketCommand, { from: TicketStatus; to: TicketStatus }>> = {
  'queue.recall': { from: 'called', to: 'called' },
  'queue.start': { from: 'called', to: 'in_progress' },
  'queue.complete': { from: 'in_progress', to: 'completed' },
  'queue.no_show': { from: 'called', to: 'no_show' },
  'queue.return': { from: 'no_show', to: 'in_queue' },
};

/** What an operator's command does, or why it does nothing. */
export function decide(question: QueueQuestion): QueueDecision {
  const { command } = question;
  return command.kind === 'queue.call_next' ? callNext(question) : step(question, command.kind);
}

export function refuse(code: Refusal, ticket: StoredTicket | null): QueueDecision {
  return { changes: [], result: { ok: false, code, ticket } };
}

function callNext({ command, ticket: next, held, atMs }: QueueQuestion): QueueDecision {
  if (held !== undefined) return refuse('counter_busy', held);
  if (next === undefined) return refuse('queue_empty', null);
  const called = change(next, 'queue.call_next', {
    status: 'called',
    counter: command.counter,
    calledAt: atMs,
    callCount: next.callCount + 1,
  });
  return { changes: [called], result: { ok: true, ticket: called.ticket } };
}

function step({ command, ticket, atMs }: QueueQuestion, kind: TicketCommand): QueueDecision {
  if (ticket === undefined) return refuse('unknown_ticket', null);
  const atCounter = ticket.status === 'called' || ticket.status === 'in_progress';
  if (atCounter && ticket.counter !== command.counter) return refuse('ticket_taken', ticket);
  const { from, to } = STEP[kind];
  if (ticket.status !== from || !canTicketBecome(from, to)) return refuse('not_allowed', ticket);
  const changed = change(ticket, kind, { status: to, ...marks(kind, ticket, atMs) });
  return { changes: [changed], result: { ok: true, ticket: changed.ticket } };
}

/** What a step writes down beside the status. */
function marks(kind: TicketCommand, ticket: StoredTicket, atMs: number): Partial<StoredTicket> {
  switch (kind) {
    case 'queue.recall':
      return { calledAt: atMs, callCount: ticket.callCount + 1 };
    case 'queue.start':
      return { startedAt: atMs };
    case 'queue.complete':
    case 'queue.no_show':
      return { endedAt: atMs };
    case 'queue.return':
      // By the original time: issuedAt, which orders the queue, stays.
      return { counter: null, calledAt: null, endedAt: null };
  }
}

function change(before: StoredTicket, cause: string, fields: Partial<StoredTicket>): TicketChange {
  return { from: before.status, cause, ticket: { ...before, ...fields, revision: before.revision + 1 } };
}
