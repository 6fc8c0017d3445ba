import { isDeepStrictEqual } from 'node:util';
import type { QueueCommand, QueueResult } from '../../../domain/protocol/queue.ts';
import { compareQueuePlaces, type QueuePlace } from '../../../domain/queue-policy.ts';

/** What happened to the queue, in the order of the commits. */
export type Move =
  | { readonly kind: 'command'; readonly command: QueueCommand; readonly answer: QueueResult }
  | ({ readonly kind: 'arrival'; readonly ticketId: string } & QueuePlace);

interface Ticket extends QueuePlace {
  readonly ticketId: string;
  status: string;
  counter: string | null;
  callCount: number;
}

interface Decision {
  readonly code: string;
  readonly ticket: Omit<Ticket, keyof QueuePlace> | null;
}

/** An answer that no order of the commands one after the other explains. */
class WrongAnswer extends Error {
  constructor(command: QueueCommand['kind'], given: string, expected: string) {
    super(
      `${command} told ${given} instead of ${expected}${given === expected ? ', of another ticket' : ''}`,
    );
  }
}

/** `[from, to]` of each step at a counter. */
const STEPS: Partial<Record<QueueCommand['kind'], readonly [string, string]>> = {
  'queue.recall': ['called', 'called'],
  'queue.start': ['called', 'in_progress'],
  'queue.complete': ['in_progress', 'completed'],
  'queue.no_show': ['called', 'no_show'],
  'queue.return': ['no_show', 'in_queue'],
};

/** The queue as one clerk with a list would lead it: nothing happens at once, so nothing needs a lock. */
export class QueueModel {
  readonly #tickets = new Map<string, Ticket>();
  readonly #answers = new Map<string, Decision>();

  /** Does the same, and throws WrongAnswer when the answer was another one. */
  follow(move: Move): void {
    if (move.kind === 'arrival') {
      const { ticketId, issuedAt, label } = move;
      this.#tickets.set(ticketId, {
        ticketId,
        issuedAt,
        label,
        status: 'in_queue',
        counter: null,
        callCount: 0,
      });
      return;
    }
    const { command, answer } = move;
    const expected = this.#answers.get(command.commandId) ?? this.#decide(command);
    this.#answers.set(command.commandId, expected);
    const { ticket } = answer;
    const code = answer.ok ? 'ok' : answer.code;
    if (isDeepStrictEqual({ code, ticket: ticket === null ? null : facts(ticket) }, expected)) return;
    throw new WrongAnswer(command.kind, code, expected.code);
  }

  tickets(): { ticketId: string; status: string; counter: string | null }[] {
    return [...this.#tickets.values()]
      .map(({ ticketId, status, counter }) => ({ ticketId, status, counter }))
      .sort((a, b) => (a.ticketId < b.ticketId ? -1 : 1));
  }

  #decide(command: QueueCommand): Decision {
    const tickets = [...this.#tickets.values()];
    if (command.kind === 'queue.call_next') {
      const held = tickets.find((ticket) => isAtCounter(ticket) && ticket.counter === command.counter);
      if (held !== undefined) return { code: 'counter_busy', ticket: facts(held) };
      const [next] = tickets.filter(({ status }) => status === 'in_queue').sort(compareQueuePlaces);
      if (next === undefined) return { code: 'queue_empty', ticket: null };
      next.status = 'called';
      next.counter = command.counter;
      next.callCount += 1;
      return { code: 'ok', ticket: facts(next) };
    }
    const ticket = 'ticketId' in command ? this.#tickets.get(command.ticketId) : undefined;
    const [from, to] = STEPS[command.kind] ?? [];
    if (ticket === undefined || to === undefined) return { code: 'unknown_ticket', ticket: null };
    if (isAtCounter(ticket) && ticket.counter !== command.counter)
      return { code: 'ticket_taken', ticket: facts(ticket) };
    if (ticket.status !== from) return { code: 'not_allowed', ticket: facts(ticket) };
    ticket.status = to;
    if (command.kind === 'queue.recall') ticket.callCount += 1;
    if (command.kind === 'queue.return') ticket.counter = null;
    return { code: 'ok', ticket: facts(ticket) };
  }
}

function isAtCounter({ status }: Ticket): boolean {
  return status === 'called' || status === 'in_progress';
}

function facts({ ticketId, status, counter, callCount }: Omit<Ticket, keyof QueuePlace>) {
  return { ticketId, status, counter, callCount };
}
