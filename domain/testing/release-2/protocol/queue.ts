import { z } from 'zod';
import { CounterName, Uuid } from './primitives.ts';
import { TicketView } from './tickets.ts';

/**
 * The operators' commands, `POST /v1/queue/commands`. `commandId` is made by the screen for each press: the same
 * command sent twice takes effect once and is answered the same.
 */
export const QueueCommand = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('queue.call_next'), commandId: Uuid, counter: CounterName }),
  z.object({ kind: z.literal('queue.recall'), commandId: Uuid, counter: CounterName, ticketId: Uuid }),
  z.object({ kind: z.literal('queue.start'), commandId: Uuid, counter: CounterName, ticketId: Uuid }),
  z.object({ kind: z.literal('queue.complete'), commandId: Uuid, counter: CounterName, ticketId: Uuid }),
  z.object({ kind: z.literal('queue.no_show'), commandId: Uuid, counter: CounterName, ticketId: Uuid }),
  /** A customer marked as absent came back: into the queue again, by the original time. */
  z.object({ kind: z.literal('queue.return'), commandId: Uuid, counter: CounterName, ticketId: Uuid }),
  /** Issues the ticket of a settled payment whose totem did not do so in time. The server's, never a kiosk's alone. */
  z.object({ kind: z.literal('queue.rescue'), commandId: Uuid, counter: CounterName, sessionId: Uuid }),
  /** The customer has paid the operator what the ticket says is due. The server's alone: it keeps the books. */
  z.object({ kind: z.literal('queue.take_payment'), commandId: Uuid, counter: CounterName, ticketId: Uuid }),
  /** It was marked by mistake: nothing was received. */
  z.object({ kind: z.literal('queue.undo_payment'), commandId: Uuid, counter: CounterName, ticketId: Uuid }),
]);
export type QueueCommand = z.infer<typeof QueueCommand>;

export const QUEUE_REFUSALS = [
  'queue_empty',
  /** The counter still has a called or started ticket: finish it first. */
  'counter_busy',
  'unknown_counter',
  'unknown_ticket',
  /** Another counter holds the ticket. */
  'ticket_taken',
  /** The ticket's state does not allow it. */
  'not_allowed',
  /** To rescue: the totem may still act by itself; try again in a moment. */
  'lease_running',
  /** To rescue: there is a ticket already. */
  'already_ticketed',
  /** To rescue: no settled payment of that session. */
  'not_paid',
  /** To take money: it was taken already. */
  'already_received',
] as const;

/** HTTP 200 in both cases: a refusal is an expected answer. `ticket` is the state as it now is, where there is one. */
export const QueueResult = z.discriminatedUnion('ok', [
  z.object({ ok: z.literal(true), ticket: TicketView }),
  z.object({ ok: z.literal(false), code: z.enum(QUEUE_REFUSALS), ticket: TicketView.nullable() }),
]);
export type QueueResult = z.infer<typeof QueueResult>;
