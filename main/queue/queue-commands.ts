import type { Clock } from '../../domain/clock.ts';
import { isCounterPayment } from '../../domain/counter-payment.ts';
import type { QueueCommand, QueueResult } from '../../domain/protocol/queue.ts';
import type { CommandResult } from '../../domain/protocol/screen-commands.ts';
import type { Log } from '../../platform/log.ts';
import type { KioskStore } from '../store/store.ts';
import type { ServerAnswer, ServerClient, ServerFailure } from '../sync/server-client.ts';
import type { LinkMonitor } from '../sync/server-link.ts';
import { applyServerTicket } from '../sync/ticket-merge.ts';
import { answerOfEarlier, isLocalMode, runLocally } from './local-calls.ts';

/** Tries in all. The command's id makes a repeat harmless, and one lost answer should not reach the operator. */
const MAX_ATTEMPTS = 2;

export interface QueueCommandOptions {
  readonly store: KioskStore;
  readonly client: ServerClient;
  readonly kioskId: () => string;
  readonly log: Log;
}

export interface OperatorCommandOptions extends QueueCommandOptions {
  readonly link: Pick<LinkMonitor, 'state'>;
  readonly clock: Pick<Clock, 'nowMs'>;
}

/**
 * Runs an operator's command where it can be: by the server, and by this kiosk itself while it is cut off. A press
 * whose answer was lost keeps its id, so that it counts once wherever it was done.
 */
export async function executeOperatorCommand(
  options: OperatorCommandOptions,
  command: QueueCommand,
): Promise<CommandResult> {
  const { store, link, clock } = options;
  const earlier = answerOfEarlier(store, command.commandId);
  if (earlier !== null) return earlier;
  if (isLocalMode(store, link.state)) return runLocally(store, command, clock.nowMs());
  const result = await forwardQueueCommand(options, command);
  // Nobody knows whether the money of a lost answer was written down: "not" would be as wrong as "yes".
  const isLost = !result.ok && result.code === 'server_unreachable' && !isCounterPayment(command);
  // A line that is only connecting may carry the next press; one that is known to be cut will not.
  return isLost && link.state === 'offline' ? runLocally(store, command, clock.nowMs()) : result;
}

/**
 * Forwards an operator's command to the server, to whom the queue's order belongs, and stores the ticket of the answer
 * at once: the feed brings it again, and its revision tells that it is no news.
 */
export async function forwardQueueCommand(
  options: QueueCommandOptions,
  command: QueueCommand,
): Promise<CommandResult> {
  const { store, kioskId, log } = options;
  const answer = await send(options, command);
  if (!answer.ok) {
    log.warn(
      { commandId: command.commandId, kind: command.kind, failure: answer.failure },
      'queue command lost',
    );
    return { ok: false, code: refusalOf(answer.failure) };
  }
  const { ticket } = answer.value;
  if (ticket !== null) store.write(() => applyServerTicket(store, ticket, kioskId()));
  if (answer.value.ok) return { ok: true, ticket: answer.value.ticket };
  return { ok: false, code: answer.value.code, ...(ticket === null ? {} : { ticket }) };
}

async function send(
  { client }: QueueCommandOptions,
  command: QueueCommand,
): Promise<ServerAnswer<QueueResult>> {
  let answer = await client.queueCommand(command);
  for (let attempt = 2; attempt <= MAX_ATTEMPTS && isWorthRepeating(answer); attempt += 1) {
    answer = await client.queueCommand(command);
  }
  return answer;
}

function isWorthRepeating(answer: ServerAnswer<QueueResult>): boolean {
  return !answer.ok && answer.failure.kind === 'unreachable';
}

function refusalOf(failure: ServerFailure): 'server_unreachable' | 'unauthorized' | 'invalid_command' {
  if (failure.kind === 'unreachable' || failure.status >= 500) return 'server_unreachable';
  if (failure.status === 401 || failure.status === 403) return 'unauthorized';
  return failure.status === 400 ? 'invalid_command' : 'server_unreachable';
}
