import { z } from 'zod';
import { PaymentMethod, TicketDelivery, TicketPayment, TicketStatus } from '../ticket.ts';
import { BusinessDay, CounterName, EpochMs, KioskId, TicketPrefix, Uuid } from './primitives.ts';

/** A ticket as it travels. It carries no personal data: panels and every totem of the unit receive it. */
export const TicketView = z.object({
  ticketId: Uuid,
  sessionId: Uuid,
  kioskId: KioskId,
  number: z.int().positive(),
  prefix: TicketPrefix,
  /** What is printed, shown and called: prefix and number, "C012". */
  label: z.string(),
  businessDay: BusinessDay,
  serviceId: Uuid,
  serviceName: z.string(),
  status: TicketStatus,
  delivery: TicketDelivery.nullable(),
  payment: TicketPayment.default('pix'),
  /** What the operator has to take, for `at_counter`; otherwise 0. */
  amountDueCents: z.int().nonnegative().default(0),
  /** What an operator has taken at a counter: all of what is due, or 0. */
  receivedCents: z.int().nonnegative().default(0),
  /** The server's clock; null while nothing was taken. */
  receivedAt: EpochMs.nullable().default(null),
  /** Issued by an operator in place of a totem that did not act on its confirmation in time. */
  rescued: z.boolean().default(false),
  /** With what it was paid; told in the answer to a rescue alone, for the paper. */
  paidBy: PaymentMethod.optional(),
  /** What went back of the money that the ticket was paid with; null: nothing. */
  moneyBack: z.enum(['partly_refunded', 'refunded', 'disputed']).nullable().default(null),
  issuedAt: EpochMs,
  queuedAt: EpochMs.nullable(),
  counter: CounterName.nullable(),
  calledAt: EpochMs.nullable(),
  callCount: z.int().nonnegative(),
  startedAt: EpochMs.nullable(),
  endedAt: EpochMs.nullable(),
  /** The server's count of changes to this ticket; 0 while the server has not heard of it. */
  revision: z.int().nonnegative(),
});
export type TicketView = z.infer<typeof TicketView>;
