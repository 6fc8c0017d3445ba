import { type FulfilmentStage, isStageFinished, mayBegin } from '../../domain/fulfilment.ts';
import { isBeforeQueue } from '../../domain/ticket.ts';
import { MAIL_STAGES } from './fulfilment-row.ts';
import type { Sale } from './read-sale.ts';
import { failTry, happen, isUp, type Stages, statesOf } from './stages.ts';

/**
 * How long a try waits for the totem. A live one issues within a second and prints within ten; a dead one's ticket is
 * rescued by an operator after its lease (domain/protocol/leases.ts).
 */
const PATIENCE_MS = { issuing_ticket: 2 * 60_000, printing: 3 * 60_000 } as const;

/** Why a stage failed or was skipped. The page words them in Portuguese. */
export const DETAILS = {
  issuing_ticket: 'no ticket was heard of in time',
  printing: 'no paper was heard of in time',
  interrupted: 'the server ended in the midst of it',
  refunded: 'the money went back before there was a ticket',
  voided: 'the ticket was voided',
} as const;

type Facts = Pick<Sale, 'status' | 'ticket'>;

/** What the ticket, the payment and the time have made of the stages. Pure; the same object where nothing changed. */
export function observe(before: Stages, facts: Facts, atMs: number): Stages {
  let stages = observeTicket(before, facts, atMs);
  for (const stage of ['issuing_ticket', 'printing'] as const) {
    stages = timeUp(stages, stage, atMs, DETAILS[stage]);
    stages = beginWaiting(stages, stage, atMs);
  }
  for (const stage of MAIL_STAGES) {
    const failed = timeUp(stages, stage, atMs, DETAILS.interrupted);
    // What a death interrupted is tried again at once; the failures are counted all the same, and end some day.
    const isRetried = failed !== stages && failed[stage].state === 'failed';
    stages = isRetried ? { ...failed, [stage]: { ...failed[stage], dueAt: atMs } } : failed;
  }
  return stages;
}

function observeTicket(stages: Stages, { ticket, status }: Facts, atMs: number): Stages {
  if (ticket === null) {
    if (status !== 'REFUNDED') return stages;
    const skipped = happen(stages, 'issuing_ticket', 'skip', { atMs, detail: DETAILS.refunded });
    return happen(skipped, 'printing', 'skip', { atMs, detail: DETAILS.refunded });
  }
  const issued = happen(stages, 'issuing_ticket', 'succeed', { atMs, detail: null });
  if (isBeforeQueue(ticket.status)) return issued;
  switch (ticket.delivery) {
    case 'printed':
      return happen(issued, 'printing', 'succeed', { atMs, detail: null });
    case 'uncertain':
    case 'mock':
      return happen(issued, 'printing', 'succeed', { atMs, detail: ticket.delivery });
    case 'screen':
    case 'counter':
      return happen(issued, 'printing', 'skip', { atMs, detail: ticket.delivery });
    case null:
      return ticket.status === 'voided'
        ? happen(issued, 'printing', 'skip', { atMs, detail: DETAILS.voided })
        : issued;
  }
}

function timeUp(stages: Stages, stage: FulfilmentStage, atMs: number, detail: string): Stages {
  const { state, dueAt } = stages[stage];
  const isOver = state === 'running' && dueAt !== null && isUp(dueAt, atMs);
  return isOver ? failTry(stages, stage, { atMs, detail }) : stages;
}

function beginWaiting(stages: Stages, stage: 'issuing_ticket' | 'printing', atMs: number): Stages {
  const { state, dueAt } = stages[stage];
  if (isStageFinished(state) || !mayBegin(stage, statesOf(stages)) || (dueAt !== null && !isUp(dueAt, atMs)))
    return stages;
  return happen(stages, stage, 'begin', { atMs, untilMs: atMs + PATIENCE_MS[stage] });
}
