import { z } from 'zod';
import { BusinessDay, EpochMs, TicketPrefix, Uuid } from './primitives.ts';
import { TicketView } from './tickets.ts';

/**
 * How long the kiosk that holds the session may act on its confirmation before an operator may rescue the ticket. A
 * live kiosk needs a second; a customer who waits before a dead one should not need much more than a minute.
 */
export const CONFIRMATION_LEASE_MS = 60_000;

/**
 * What the server waits beyond `actBefore` before it lets an operator rescue: the kiosk judges by an upper bound of
 * the server's time, so this covers the drift of its clock since the last measurement, not its error.
 */
export const RESCUE_MARGIN_MS = 5_000;

/**
 * No lease has more than its whole length left: one that seems to was given before the server's clock was set back, and
 * may be over. Both by the server's clock, in epoch ms.
 */
export function isBeyondAnyLease(untilMs: number, serverMs: number): boolean {
  return untilMs > serverMs + CONFIRMATION_LEASE_MS + RESCUE_MARGIN_MS;
}

/** `POST /v1/confirmations/claim`: a kiosk whose lease has run out asks whether it may still act. */
export const ClaimRequest = z.object({ sessionId: Uuid });
export type ClaimRequest = z.infer<typeof ClaimRequest>;

export const ClaimResponse = z.discriminatedUnion('outcome', [
  /** Nobody else has acted: a new lease. */
  z.object({ outcome: z.literal('granted'), actBefore: EpochMs, serverTime: EpochMs }),
  /** The ticket exists: rescued, or issued by this kiosk before it lost its memory. It must not be issued again. */
  z.object({ outcome: z.literal('ticketed'), ticket: TicketView, serverTime: EpochMs }),
  /** The server knows of no settled payment of this kiosk for the session. */
  z.object({ outcome: z.literal('unknown'), serverTime: EpochMs }),
]);
export type ClaimResponse = z.infer<typeof ClaimResponse>;

/**
 * Numbers that a totem gives out by itself start here in each unit, prefix and business day; below are those that the
 * server reserves with a payment. Staff see at a glance which totem-issued ticket they have before them.
 */
export const FIRST_LOCAL_NUMBER = 501;
/** One lease: enough for a busy hour of one totem, little enough to waste at midnight. */
export const NUMBER_LEASE_SIZE = 20;

/**
 * `POST /v1/number-leases`: ranges of ticket numbers that only this kiosk gives out, also when cut off. The kiosk makes
 * `leaseId` and stores it before it asks, so a lost answer is asked for again and costs no second range.
 */
export const NumberLeaseRequest = z.object({
  leases: z
    .array(z.object({ leaseId: Uuid, prefix: TicketPrefix, businessDay: BusinessDay }))
    .min(1)
    .max(50),
});
export type NumberLeaseRequest = z.infer<typeof NumberLeaseRequest>;

export const NumberLease = z.object({
  leaseId: Uuid,
  prefix: TicketPrefix,
  businessDay: BusinessDay,
  /** Both inclusive. */
  from: z.int().positive(),
  to: z.int().positive(),
});
export type NumberLease = z.infer<typeof NumberLease>;

export const NumberLeaseResponse = z.object({ leases: z.array(NumberLease), serverTime: EpochMs });
export type NumberLeaseResponse = z.infer<typeof NumberLeaseResponse>;
