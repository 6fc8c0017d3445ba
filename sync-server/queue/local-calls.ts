import { isCounterPayment } from '../../domain/counter-payment.ts';
import { QueueResult } from '../../domain/protocol/queue.ts';
import type { OutboxPayload } from '../../domain/protocol/sync.ts';
import { isAtCounter } from '../../domain/queue-decision.ts';
import type { Transaction } from '../db/database.ts';
import type { UnitKey } from '../sync/feed-log.ts';
import type { PushState, Rejection } from '../sync/push-state.ts';
import type { KnownEvent } from '../sync/read-event.ts';
import { decide } from './queue-decision.ts';
import { lockHeldBy, type StoredTicket } from './ticket-store.ts';

type LocalCall = OutboxPayload<'queue.executed_locally'>;

/** What commands are judged by that a kiosk ran by itself while it was cut off. */
export interface LocalCallGrounds {
  readonly atMs: number;
  readonly counters: readonly string[];
  /** The answers to commands that ran here, by command id: what came by request, and what this batch has taken in. */
  readonly results: Map<string, QueueResult>;
  readonly newResults: Map<string, QueueResult>;
}

/** @returns also the tickets that the commands' counters hold, which belong into the batch's state */
export async function readLocalCallGrounds(
  transaction: Transaction,
  unit: UnitKey,
  events: readonly KnownEvent[],
  atMs: number,
): Promise<{ readonly grounds: LocalCallGrounds; readonly held: readonly StoredTicket[] }> {
  const commands = events.flatMap((event) =>
    event.kind === 'queue.executed_locally' ? [event.payload.command] : [],
  );
  const grounds: LocalCallGrounds = { atMs, counters: [], results: new Map(), newResults: new Map() };
  if (commands.length === 0) return { grounds, held: [] };
  const [place] = await transaction.query<{ counters: string[] }>(
    'SELECT counters FROM units WHERE merchant_id = $1 AND unit_id = $2',
    [unit.merchantId, unit.unitId],
  );
  const rows = await transaction.query<{ id: string; result: unknown }>(
    `SELECT command_id AS id, result FROM queue_commands
     WHERE merchant_id = $1 AND command_id = ANY ($2::uuid[])`,
    [unit.merchantId, commands.map(({ commandId }) => commandId)],
  );
  const held: StoredTicket[] = [];
  for (const counter of new Set(commands.map((command) => command.counter))) {
    const ticket = await lockHeldBy(transaction, unit, counter);
    if (ticket !== undefined) held.push(ticket);
  }
  const results = new Map(rows.map(({ id, result }) => [id, QueueResult.parse(result)]));
  return { grounds: { ...grounds, counters: place?.counters ?? [], results }, held };
}

/**
 * Takes in an operator's command that a cut-off kiosk ran by itself: by the same decision as every other, on what is
 * true here now. Whoever was accepted first has the ticket; the other is told who that is.
 */
export function acceptLocalCall(state: PushState, { command, ticketId, executedAt }: LocalCall): Rejection {
  const { calls } = state;
  if (command.kind === 'queue.rescue' || isCounterPayment(command)) return 'needs_server';
  if (command.kind !== 'queue.call_next' && command.ticketId !== ticketId) return 'wrong_ticket_id';
  const ticket = state.tickets.get(ticketId);
  if (ticket === undefined) return 'unknown_ticket';
  if (ticket.kioskId !== state.kioskId) return 'not_your_ticket';
  // The press that reached the server just before the line broke: its effect is there, or it was refused.
  const earlier = calls.results.get(command.commandId.toLowerCase());
  if (earlier !== undefined) {
    if (!earlier.ok) return `refused_before: ${earlier.code}`;
    return earlier.ticket.ticketId === ticketId ? null : `called_another_ticket: ${earlier.ticket.label}`;
  }
  if (!calls.counters.includes(command.counter)) return 'unknown_counter';
  const decision = decide({
    command,
    ticket,
    held: heldBy(state, command.counter),
    // A kiosk whose clock is ahead must not call from the future.
    atMs: Math.min(executedAt, calls.atMs),
  });
  const { result } = decision;
  if (!result.ok) return result.code;
  for (const change of decision.changes) {
    state.tickets.set(change.ticket.ticketId, change.ticket);
    state.ticketChanges.push({ ...change, cause: `${change.cause} executed_locally` });
  }
  const answer = QueueResult.parse(result);
  calls.results.set(command.commandId.toLowerCase(), answer);
  calls.newResults.set(command.commandId.toLowerCase(), answer);
  return null;
}

/** Keeps the answers, so that the same command by request is answered the same and changes nothing. */
export async function saveLocalCalls(
  transaction: Transaction,
  { merchantId }: UnitKey,
  { newResults, atMs }: LocalCallGrounds,
): Promise<void> {
  if (newResults.size === 0) return;
  const rows = [...newResults].map(([id, result]) => ({ id, result }));
  await transaction.query(
    `INSERT INTO queue_commands (merchant_id, command_id, result, at)
     SELECT $1, command.id, command.result, $2
     FROM jsonb_to_recordset($3::jsonb) AS command (id uuid, result jsonb)`,
    [merchantId, new Date(atMs), JSON.stringify(rows)],
  );
}

function heldBy(state: PushState, counter: string): StoredTicket | undefined {
  return [...state.tickets.values()].find((ticket) => isAtCounter(ticket) && ticket.counter === counter);
}
