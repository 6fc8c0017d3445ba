import type { TicketView } from '../../domain/protocol/tickets.ts';
import type { Hall } from '../hall.ts';
import type { Invariant } from './invariant.ts';

interface Queue {
  steps: number;
  readonly waiting: Set<string>;
}

const queueByHall = new WeakMap<Hall, Queue>();

export const firstComeFirstCalled: Invariant = {
  name: 'first come, first called',
  says: 'When an operator calls, the ticket that was issued first of those that wait is called; only a totem that was cut off may have called another.',
  afterStep({ hall, history }) {
    const queue = queueByHall.get(hall) ?? { steps: 0, waiting: new Set<string>() };
    queueByHall.set(hall, queue);
    for (const { ticketId, to, cause, counter } of history.steps.slice(queue.steps)) {
      queue.waiting.delete(ticketId);
      if (to === 'in_queue') queue.waiting.add(ticketId);
      const called = history.latest(ticketId);
      if (cause !== 'queue.call_next' || called === undefined) continue;
      for (const id of queue.waiting) {
        const other = history.latest(id);
        if (other !== undefined && isBefore(other, called))
          return `${counter} was given ${called.label}, and ${other.label} came before it`;
      }
    }
    queue.steps = history.steps.length;
    return null;
  },
};

function isBefore(one: TicketView, other: TicketView): boolean {
  return one.issuedAt === other.issuedAt ? one.label < other.label : one.issuedAt < other.issuedAt;
}
