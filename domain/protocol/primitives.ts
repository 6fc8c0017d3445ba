import { z } from 'zod';

export const Uuid = z.uuid();
/** UTC, milliseconds since 1970. */
export const EpochMs = z.int().nonnegative();
/** Integer cents of the currency beside it; PIX allows ten digits before the point. */
export const AmountCents = z.int().positive().max(999_999_999_999);
/** The civil date of the unit's business day, `YYYY-MM-DD`. */
export const BusinessDay = z.string().regex(/^\d{4}-\d{2}-\d{2}$/);
export const TicketPrefix = z.string().regex(/^[A-Z]{1,3}$/);
export const Txid = z.string().regex(/^[a-zA-Z0-9]{26,35}$/);
export const KioskId = z.string().regex(/^[a-z0-9][a-z0-9-]{0,39}$/);
/** What a counter is called on the panel: "Guichê 1", "Sala 3". */
export const CounterName = z.string().trim().min(1).max(40);

/** Every error answer of the HTTP APIs. `code` is for programs, `message` (English) for the person reading a log. */
export const ErrorBody = z.object({
  error: z.object({ code: z.string(), message: z.string(), details: z.unknown().optional() }),
});
export type ErrorBody = z.infer<typeof ErrorBody>;

/** ISO 4217, upper case. The amount beside it counts its smallest unit: cents of USD, whole yen of JPY. */
export const Currency = z.string().regex(/^[A-Z]{3}$/);
