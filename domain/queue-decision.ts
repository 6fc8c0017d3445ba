import type { QUEUE_REFUSALS, QueueCommand } from './protocol/queue.ts';
import type { TicketView } from './protocol/tickets.ts';
import { canTicketBecome, type TicketStatus } from './ticket.ts';

/** What the server alone decides: a rescue makes a ticket, and of money it keeps the books. */
export type ServerOnlyCommand = Extract<
  QueueCommand,
  { kind: 'queue.rescue' | 'queue.take_payment' | 'queue.undo_payment' }
>;

/** What an operator does with the queue's tickets. */
export type QueueStep = Exclude<QueueCommand, ServerOnlyCommand>;

export interface QueueQuestion<T extends TicketView> {
  readonly command: QueueStep;
  /** The ticket that the command names; for `queue.call_next` the one whose turn it is. */
  readonly ticket: T | undefined;
  /** What the command's counter has called or is serving. */
  readonly held: T | undefined;
  /** By the server's clock. */
  readonly atMs: number;
}

export type QueueDecision<T extends TicketView> =
  /** `ticket` is what it becomes. Its revision is left as it is: only the server counts revisions. */
  | { readonly ok: true; readonly from: TicketStatus; readonly ticket: T }
  | { readonly ok: false; readonly code: QueueRefusalCode; readonly ticket: T | null };

export type QueueRefusalCode = (typeof QUEUE_REFUSALS)[number];

type TicketStep = Exclude<QueueStep['kind'], 'queue.call_next'>;

/** From which status each command takes a ticket, and to which; domain/ticket.ts has the last word. */
const STEP: Readonly<Record<TicketStep, { from: TicketStatus; to: TicketStatus }>> = {
  'queue.recall': { from: 'called', to: 'called' },
  'queue.start': { from: 'called', to: 'in_progress' },
  'queue.complete': { from: 'in_progress', to: 'completed' },
  'queue.no_show': { from: 'called', to: 'no_show' },
  'queue.return': { from: 'no_show', to: 'in_queue' },
};

/**
 * What an operator's command does, or why it does nothing. The server decides by it, and so does a kiosk that is cut
 * off: what was right there is judged by the same rules when it reaches the server.
 */
export function decideQueueStep<T extends TicketView>(question: QueueQuestion<T>): QueueDecision<T> {
  const { command } = question;
  return command.kind === 'queue.call_next' ? callNext(question) : step(question, command.kind);
}

function callNext<T extends TicketView>({
  command,
  ticket: next,
  held,
  atMs,
}: QueueQuestion<T>): QueueDecision<T> {
  if (held !== undefined) return { ok: false, code: 'counter_busy', ticket: held };
  if (next === undefined) return { ok: false, code: 'queue_empty', ticket: null };
  // Only a call that was made elsewhere, and comes late, can find it gone.
  if (isAtCounter(next)) return { ok: false, code: 'ticket_taken', ticket: next };
  if (next.status !== 'in_queue' || next.moneyBack === 'refunded')
    return { ok: false, code: 'not_allowed', ticket: next };
  const { counter } = command;
  return become(next, { status: 'called', counter, calledAt: atMs, callCount: next.callCount + 1 });
}

function step<T extends TicketView>(
  { command, ticket, atMs }: QueueQuestion<T>,
  kind: TicketStep,
): QueueDecision<T> {
  if (ticket === undefined) return { ok: false, code: 'unknown_ticket', ticket: null };
  if (isAtCounter(ticket) && ticket.counter !== command.counter) {
    return { ok: false, code: 'ticket_taken', ticket };
  }
  const { from, to } = STEP[kind];
  if (ticket.status !== from || !canTicketBecome(from, to)) return { ok: false, code: 'not_allowed', ticket };
  return become(ticket, { status: to, ...marks(kind, ticket, atMs) });
}

/** Called or in progress: a counter holds it. */
export function isAtCounter({ status }: Pick<TicketView, 'status'>): boolean {
  return status === 'called' || status === 'in_progress';
}

/** What a step writes down beside the status. */
function marks(kind: TicketStep, ticket: TicketView, atMs: number): Partial<TicketView> {
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

function become<T extends TicketView>(before: T, fields: Partial<TicketView>): QueueDecision<T> {
  return { ok: true, from: before.status, ticket: { ...before, ...fields } };
}
