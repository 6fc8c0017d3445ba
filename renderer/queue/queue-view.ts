import type { QueueCommand } from '../../domain/protocol/queue.ts';
import type { QueueSnapshot } from '../../domain/protocol/screens.ts';
import type { TicketView } from '../../domain/protocol/tickets.ts';
import { canTicketBecome } from '../../domain/ticket.ts';

export type TicketAction = Extract<
  QueueCommand['kind'],
  'queue.recall' | 'queue.start' | 'queue.complete' | 'queue.no_show'
>;
export type MoneyAction = 'queue.take_payment' | 'queue.undo_payment';

/** The key of each action. F-keys that no browser needs for itself; Enter stays what it is, the focused button. */
export const SHORTCUTS = {
  'queue.call_next': 'F2',
  'queue.recall': 'F4',
  'queue.start': 'F7',
  'queue.complete': 'F8',
  'queue.no_show': 'F9',
  'queue.take_payment': 'F10',
} as const satisfies Record<TicketAction | 'queue.call_next' | 'queue.take_payment', string>;

/** What the state of a ticket at this counter lets its operator do, in the order of the buttons. */
export function actionsFor(ticket: TicketView): readonly TicketAction[] {
  if (ticket.status === 'called') return ['queue.start', 'queue.recall', 'queue.no_show'];
  return canTicketBecome(ticket.status, 'completed') ? ['queue.complete'] : [];
}

/** Whether the operator has to take money for the ticket still. */
export function isDue(ticket: TicketView): boolean {
  return ticket.payment === 'at_counter' && ticket.receivedAt === null;
}

export interface CounterView {
  readonly current: TicketView | null;
  readonly others: readonly TicketView[];
  readonly canCallNext: boolean;
  /** Why it cannot, as far as the operator can do something about it. */
  readonly blockedBy: 'current' | 'nobody' | null;
}

export function counterView(snapshot: QueueSnapshot, counter: string): CounterView {
  const current = snapshot.atCounters.find((ticket) => ticket.counter === counter) ?? null;
  const others = snapshot.atCounters.filter((ticket) => ticket.counter !== counter);
  const blockedBy = current !== null ? 'current' : snapshot.waiting.length === 0 ? 'nobody' : null;
  return { current, others, canCallNext: blockedBy === null, blockedBy };
}

/** The remembered counter while it still exists; otherwise the operator picks anew. */
export function knownCounter(counters: readonly string[], remembered: string | null): string | null {
  return remembered !== null && counters.includes(remembered) ? remembered : null;
}
