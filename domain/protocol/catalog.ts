import { z } from 'zod';
import { AmountCents, CounterName, Currency, TicketPrefix, Uuid } from './primitives.ts';

/** An international offer: what the service costs by card, in the currency that it is sold in abroad. */
export const CardOffer = z.object({ offerId: Uuid, amountCents: AmountCents, currency: Currency });
export type CardOffer = z.infer<typeof CardOffer>;

export const Service = z.object({
  serviceId: Uuid,
  name: z.string().min(1).max(60),
  description: z.string().max(200),
  /** Letters before the ticket's number. */
  prefix: TicketPrefix,
  /** Zero: a free service, whose ticket needs no payment. */
  amountCents: AmountCents.or(z.literal(0)),
  /** Whether the customer may take the ticket now and pay at the counter. */
  payAtCounter: z.boolean().default(false),
  /** Of `amountCents`, which is the national price. */
  currency: z.literal('BRL'),
  /** Whether it is sold by PIX. */
  pix: z.boolean().default(true),
  /** Null: not sold by card. */
  card: CardOffer.nullable().default(null),
  estimatedMinutes: z.int().positive().nullable(),
});
export type Service = z.infer<typeof Service>;

/** What the server sells in one unit. It belongs to the server; a kiosk caches it with its version. */
export const Catalog = z.object({
  version: z.int().positive(),
  unit: z.object({
    unitId: Uuid,
    merchantId: Uuid,
    merchantName: z.string(),
    unitName: z.string(),
    city: z.string(),
    /** IANA name; it decides the business day. */
    timeZone: z.string(),
    counters: z.array(CounterName).min(1),
  }),
  services: z.array(Service),
});
export type Catalog = z.infer<typeof Catalog>;
