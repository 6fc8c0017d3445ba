import { decideCounterPayment, isCounterPayment } from '../../domain/counter-payment.ts';
import { type QueueCommand, QueueResult } from '../../domain/protocol/queue.ts';
import { decideRescue } from '../confirmations/rescue-ticket.ts';
import type { ServerContext } from '../context.ts';
import type { Transaction } from '../db/database.ts';
import type { UnitKey } from '../sync/feed-log.ts';
import { recordCounterPayment } from './counter-payments.ts';
import { carryOut, decide, type QueueDecision, refuse } from './queue-decision.ts';
import {
  lockHeldBy,
  lockNextWaiting,
  lockTickets,
  lockUnitTickets,
  saveTicketChanges,
} from './ticket-store.ts';

/**
 * Runs an operator's command. The commands of one unit take turns, so two counters are never given one ticket. The
 * result is kept with the command's id in the same transaction: the same command again is answered the same, and
 * changes nothing.
 * @param unit of who sent the command: a kiosk also says its own id
 */
export function executeQueueCommand(
  context: ServerContext,
  unit: UnitKey & { readonly kioskId?: string },
  command: QueueCommand,
): Promise<QueueResult> {
  return context.db.transaction(async (transaction) => {
    await lockUnitTickets(transaction, unit);
    // Of its turn, not of its arrival: the panel shows in large letters what was called last.
    const atMs = context.clock.nowMs();
    const earlier = await readResult(transaction, unit, command.commandId);
    if (earlier !== null) return earlier;

    const { changes, result } = await decideCommand(context, transaction, unit, command, atMs);
    // Parsing leaves out what is the server's own, so that the kept answer is the sent one.
    const answer = QueueResult.parse(result);
    await transaction.query(
      'INSERT INTO queue_commands (merchant_id, command_id, result, at) VALUES ($1, $2, $3, $4)',
      [unit.merchantId, command.commandId, JSON.stringify(answer), new Date(atMs)],
    );
    if (isCounterPayment(command) && answer.ok) {
      await recordCounterPayment(context, transaction, unit, { command, ticket: answer.ticket, atMs });
    }
    await saveTicketChanges(transaction, context.feedWake, unit, changes, atMs);
    return answer;
  });
}

/** Reads, and locks, what the command is about. */
async function decideCommand(
  context: ServerContext,
  transaction: Transaction,
  unit: UnitKey,
  command: QueueCommand,
  atMs: number,
): Promise<QueueDecision> {
  const [place] = await transaction.query<{ counters: string[] }>(
    'SELECT counters FROM units WHERE merchant_id = $1 AND unit_id = $2',
    [unit.merchantId, unit.unitId],
  );
  if (place === undefined) throw new Error(`unit ${unit.unitId} does not exist`);
  if (!place.counters.includes(command.counter)) return refuse('unknown_counter', null);
  if (command.kind === 'queue.rescue')
    return decideRescue(context, transaction, unit, command.sessionId, atMs);
  const held = await lockHeldBy(transaction, unit, command.counter);
  if (command.kind === 'queue.call_next') {
    const next = await lockNextWaiting(transaction, unit);
    return decide({ command, ticket: next, held, atMs });
  }
  const [ticket] = await lockTickets(transaction, unit, [command.ticketId]);
  if (isCounterPayment(command)) return carryOut(decideCounterPayment(command, ticket, atMs), command.kind);
  return decide({ command, ticket, held, atMs });
}

async function readResult(
  transaction: Transaction,
  { merchantId }: UnitKey,
  commandId: string,
): Promise<QueueResult | null> {
  const [row] = await transaction.query<{ result: unknown }>(
    'SELECT result FROM queue_commands WHERE merchant_id = $1 AND command_id = $2',
    [merchantId, commandId],
  );
  return row === undefined ? null : QueueResult.parse(row.result);
}
