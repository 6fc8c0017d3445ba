import { z } from 'zod';
import { TicketDelivery, TicketStatus } from '../ticket.ts';
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
