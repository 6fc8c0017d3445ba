import type { QueueCommand } from './protocol/queue.ts';
import type { TicketView } from './protocol/tickets.ts';
import { isAtCounter, type QueueDecision } from './queue-decision.ts';

export type CounterPaymentCommand = Extract<
  QueueCommand,
  { kind: 'queue.take_payment' | 'queue.undo_payment' }
>;

export function isCounterPayment(command: QueueCommand): command is CounterPaymentCommand {
  return command.kind === 'queue.take_payment' || command.kind === 'queue.undo_payment';
}

/**
 * Whether an operator may write down that the ticket's money was taken, or that it was not after all. Taken once, and
 * all of what is due, at the counter that serves the ticket or, where that was forgotten, after it was served. Undone at
 * any time, as a mistake may be seen late. The ticket's place in the queue stays what it is.
 * @param atMs by the server's clock
 */
export function decideCounterPayment<T extends TicketView>(
  command: CounterPaymentCommand,
  ticket: T | undefined,
  atMs: number,
): QueueDecision<T> {
  if (ticket === undefined) return { ok: false, code: 'unknown_ticket', ticket: null };
  if (isAtCounter(ticket) && ticket.counter !== command.counter) {
    return { ok: false, code: 'ticket_taken', ticket };
  }
  if (ticket.payment !== 'at_counter' || ticket.amountDueCents === 0 || ticket.status === 'voided') {
    return { ok: false, code: 'not_allowed', ticket };
  }
  const { status: from } = ticket;
  if (command.kind === 'queue.undo_payment') {
    if (ticket.receivedAt === null) return { ok: false, code: 'not_allowed', ticket };
    return { ok: true, from, ticket: { ...ticket, receivedCents: 0, receivedAt: null } };
  }
  if (ticket.receivedAt !== null) return { ok: false, code: 'already_received', ticket };
  if (!isAtCounter(ticket) && from !== 'completed') return { ok: false, code: 'not_allowed', ticket };
  return { ok: true, from, ticket: { ...ticket, receivedCents: ticket.amountDueCents, receivedAt: atMs } };
}
