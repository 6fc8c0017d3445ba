import { z } from 'zod';
import { TicketDelivery, TicketPayment } from '../ticket.ts';
import { AmountCents, BusinessDay, EpochMs, TicketPrefix, Uuid } from './primitives.ts';
import { QueueCommand } from './queue.ts';
import { TicketView } from './tickets.ts';

/**
 * Events go up. Each is written to the kiosk's outbox in the same SQLite transaction as the change that it tells of,
 * and pushed, in order and any number of times, until the server has answered for it.
 */
export const OUTBOX_PAYLOADS = {
  'session.opened': z.object({
    sessionId: Uuid,
    serviceId: Uuid,
    amountCents: AmountCents.or(z.literal(0)),
    openedAt: EpochMs,
  }),
  'session.ended': z.object({
    sessionId: Uuid,
    outcome: z.enum(['cancelled', 'expired', 'failed']),
    reason: z.string().max(200).nullable(),
    endedAt: EpochMs,
  }),
  'ticket.issued': z.object({
    ticketId: Uuid,
    sessionId: Uuid,
    number: z.int().positive(),
    prefix: TicketPrefix,
    label: z.string(),
    businessDay: BusinessDay,
    serviceId: Uuid,
    serviceName: z.string(),
    issuedAt: EpochMs,
  }),
  /** A ticket without a payment by the totem, numbered from one of the kiosk's number leases. */
  'ticket.issued_locally': z.object({
    ticketId: Uuid,
    sessionId: Uuid,
    payment: TicketPayment.exclude(['pix']),
    /** What the operator has to take; 0 for `free`. */
    amountDueCents: z.int().nonnegative(),
    leaseId: Uuid,
    number: z.int().positive(),
    prefix: TicketPrefix,
    label: z.string(),
    businessDay: BusinessDay,
    serviceId: Uuid,
    serviceName: z.string(),
    issuedAt: EpochMs,
  }),
  /**
   * An operator's command that a cut-off kiosk ran by itself, on a ticket of its own. The server runs it as if it had
   * come now; where the ticket has moved on meanwhile it is rejected, and `current` says who won.
   */
  'queue.executed_locally': z.object({ command: QueueCommand, ticketId: Uuid, executedAt: EpochMs }),
  /** The ticket is with its customer, on paper or on the screen, and may be called. */
  'ticket.queued': z.object({ ticketId: Uuid, delivery: TicketDelivery, queuedAt: EpochMs }),
  /** One print job came to an end (a reprint as well); it changes no ticket status by itself. */
  'ticket.print_finished': z.object({
    ticketId: Uuid,
    jobId: Uuid,
    /** 1 = the first paper, 2 and up = "2ª via". */
    copyNumber: z.int().positive(),
    attempts: z.int().positive(),
    outcome: z.enum(['printed', 'uncertain', 'failed', 'mock']),
    detail: z.string().max(500).nullable(),
    finishedAt: EpochMs,
  }),
} as const;

export type OutboxKind = keyof typeof OUTBOX_PAYLOADS;
export type OutboxPayload<K extends OutboxKind> = z.infer<(typeof OUTBOX_PAYLOADS)[K]>;

/**
 * The version of the payload schemas above. A server takes every version from 1 up to its own: a change that old
 * payloads do not fit raises it, and is brought up to date where events are read (sync-server/sync/read-event.ts).
 */
export const OUTBOX_VERSION = 1;

/**
 * Whether a rejection only says that the server is older than the kiosk: the event is kept, and sent again when the
 * server may have been brought up to date.
 */
export function isNotYetUnderstood(reason: string | null): boolean {
  return reason !== null && /^unknown_(kind|version)\b/.test(reason);
}

/** Bounded so that one request stays under a second of work; a kiosk that was away sends several. */
export const MAX_PUSH_EVENTS = 500;

/**
 * The envelope alone: the payload is parsed per event, so that one bad event is rejected by itself and never blocks
 * the others of its batch.
 */
export const OutboxEvent = z.object({
  id: Uuid,
  kind: z.string().max(60),
  at: EpochMs,
  v: z.int().positive(),
  payload: z.unknown(),
});
export type OutboxEvent = z.infer<typeof OutboxEvent>;

/** `POST /v1/sync/push` */
export const PushRequest = z.object({ events: z.array(OutboxEvent).min(1).max(MAX_PUSH_EVENTS) });
export type PushRequest = z.infer<typeof PushRequest>;

export const PushResult = z.object({
  id: Uuid,
  outcome: z.enum(['applied', 'duplicate', 'rejected']),
  /** Why it was rejected; null otherwise. */
  reason: z.string().nullable(),
  /** The ticket that the event is about, as the server now has it; where the event was rejected and there is one. */
  current: TicketView.nullable().default(null),
});
export type PushResult = z.infer<typeof PushResult>;

/** One result per event, in the order of the request. */
export const PushResponse = z.object({ results: z.array(PushResult), serverTime: EpochMs });
export type PushResponse = z.infer<typeof PushResponse>;
