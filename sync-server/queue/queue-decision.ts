import type { QueueResult } from '../../domain/protocol/queue.ts';
import {
  decideQueueStep,
  type QueueQuestion,
  type QueueRefusalCode,
  type QueueDecision as StepDecision,
} from '../../domain/queue-decision.ts';
import type { StoredTicket, TicketChange } from './ticket-store.ts';

/** What the server does by an operator's command, and answers. */
export interface QueueDecision {
  readonly changes: readonly TicketChange[];
  readonly result: QueueResult;
}

/** domain/queue-decision.ts as the server carries it out: each change counts a revision, and is told with its cause. */
export function decide(question: QueueQuestion<StoredTicket>): QueueDecision {
  return carryOut(decideQueueStep(question), question.command.kind);
}

/** @param cause the command's kind */
export function carryOut(decision: StepDecision<StoredTicket>, cause: string): QueueDecision {
  if (!decision.ok) return refuse(decision.code, decision.ticket);
  const ticket = { ...decision.ticket, revision: decision.ticket.revision + 1 };
  return {
    changes: [{ from: decision.from, cause, ticket }],
    result: { ok: true, ticket },
  };
}

export function refuse(code: QueueRefusalCode, ticket: StoredTicket | null): QueueDecision {
  return { changes: [], result: { ok: false, code, ticket } };
}
