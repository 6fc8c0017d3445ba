import { z } from 'zod';
import { AmountCents, CounterName, Currency, EpochMs, TicketPrefix, Uuid } from './primitives.ts';

const Name = z.string().trim().min(1).max(60);
const ServiceFields = z.object({
  name: Name,
  description: z.string().trim().max(200),
  /** Letters before the ticket's number; of one active service of the unit. */
  prefix: TicketPrefix,
  payAtCounter: z.boolean(),
  /** Whether it is sold by PIX. */
  pix: z.boolean(),
  estimatedMinutes: z.int().positive().max(1_440).nullable(),
  /** Order on the screen. */
  position: z.int().min(0).max(10_000),
});

/** IANA names that this machine knows; it decides the business day, so that it is never changed. */
const TimeZone = z
  .string()
  .max(60)
  .refine((name) => Intl.supportedValuesOf('timeZone').includes(name), 'is no IANA time zone');
const Counters = z
  .array(CounterName)
  .min(1)
  .max(50)
  .refine((names) => new Set(names).size === names.length, 'names a counter twice');

/**
 * `POST /v1/units`: a new place of the merchant's. The same id with the same data again changes nothing.
 * Refusals: 409 `unit_conflict` (the id is another unit's).
 */
export const UnitRequest = z.object({
  unitId: Uuid,
  name: Name,
  city: Name,
  timeZone: TimeZone.default('America/Sao_Paulo'),
  counters: Counters.default(['Guichê 1']),
});
export type UnitRequest = z.infer<typeof UnitRequest>;

/** `POST /v1/units/:id`. Refusals: 404 `unit_unknown`, 409 `counter_in_use` (a ticket is being served there). */
export const UnitChange = z.strictObject({ name: Name, city: Name, counters: Counters }).partial();
export type UnitChange = z.infer<typeof UnitChange>;

/**
 * `POST /v1/services`: a new service, on sale at once. The same id with the same data again changes nothing.
 * Refusals: 404 `unit_unknown`, 409 `prefix_taken`, 409 `name_taken` (by an active service of the unit), 409
 * `not_payable` (it costs something, and there is no way to pay it), 409 `service_conflict` (the id is another's).
 */
export const ServiceRequest = z.object({
  serviceId: Uuid,
  unitId: Uuid,
  ...ServiceFields.shape,
  description: ServiceFields.shape.description.default(''),
  payAtCounter: z.boolean().default(false),
  pix: z.boolean().default(true),
  estimatedMinutes: ServiceFields.shape.estimatedMinutes.default(null),
  /** Null: after the last. */
  position: ServiceFields.shape.position.nullable().default(null),
  /** In reais' cents; zero: free. */
  amountCents: AmountCents.or(z.literal(0)),
});
export type ServiceRequest = z.infer<typeof ServiceRequest>;

/** `POST /v1/services/:id`: changes what is named. Refusals as above, and 404 `service_unknown`. */
export const ServiceChange = z.strictObject({ ...ServiceFields.shape, active: z.boolean() }).partial();
export type ServiceChange = z.infer<typeof ServiceChange>;

/**
 * `POST /v1/services/:id/price`: sets a price, at once or from a later moment on. A charge that comes with the old price
 * afterwards is refused as `amount_not_in_catalog`; one that is open is paid with its own.
 *
 * Refusals: 404 `service_unknown`, 409 `in_the_past`, 409 `currency_not_allowed` (the national price is in reais), 409
 * `not_payable`.
 */
export const PriceRequest = z.object({
  /** The price by card, in the currency that it is sold in abroad; else the national one. */
  international: z.boolean().default(false),
  /** Of the currency's smallest unit. Zero: free; by card: not sold by card. */
  amountCents: AmountCents.or(z.literal(0)),
  currency: Currency.refine(
    (code) => Intl.supportedValuesOf('currency').includes(code),
    'is no currency of ISO 4217',
  ).default('BRL'),
  /** Null: at once. A plan for the same moment takes the place of an earlier one. */
  from: EpochMs.nullable().default(null),
});
export type PriceRequest = z.infer<typeof PriceRequest>;

export const PlannedPrice = z.object({
  planId: Uuid,
  international: z.boolean(),
  amountCents: z.int().nonnegative(),
  currency: Currency,
  takesEffectAt: EpochMs,
  plannedAt: EpochMs,
  plannedBy: z.string(),
  status: z.enum(['planned', 'applied', 'withdrawn', 'refused']),
  detail: z.string().nullable(),
});
export type PlannedPrice = z.infer<typeof PlannedPrice>;

export const ServiceView = z.object({
  serviceId: Uuid,
  unitId: Uuid,
  ...ServiceFields.shape,
  active: z.boolean(),
  amountCents: z.int().nonnegative(),
  currency: Currency,
  /** Null: not sold by card. */
  card: z.object({ amountCents: z.int(), currency: Currency }).nullable(),
  /** Prices whose moment is still to come, the next one first. */
  planned: z.array(PlannedPrice),
});
export type ServiceView = z.infer<typeof ServiceView>;

/** `GET /v1/units/:id/services`: all of them, also those that are not sold any more. */
export const ManagedCatalog = z.object({
  unitId: Uuid,
  unitName: z.string(),
  /** The catalogue's version that the totems are told. */
  version: z.int().positive(),
  services: z.array(ServiceView),
});
export type ManagedCatalog = z.infer<typeof ManagedCatalog>;

export const UnitView = z.object({
  unitId: Uuid,
  name: z.string(),
  city: z.string(),
  timeZone: z.string(),
  counters: z.array(CounterName),
  version: z.int().positive(),
});
/** `GET /v1/units`. */
export const UnitList = z.object({ units: z.array(UnitView) });
export type UnitList = z.infer<typeof UnitList>;

export const MAX_CHANGES_LISTED = 200;

/** `GET /v1/services/:id/history`: the newest first. */
export const ServiceHistory = z.object({
  changes: z.array(
    z.object({
      version: z.int().positive(),
      at: EpochMs,
      by: z.string(),
      kind: z.string(),
      before: z.record(z.string(), z.unknown()).nullable(),
      after: z.record(z.string(), z.unknown()),
    }),
  ),
  prices: z.array(
    z.object({
      international: z.boolean(),
      version: z.int().positive(),
      amountCents: z.int(),
      currency: Currency,
      validFrom: EpochMs,
      by: z.string(),
    }),
  ),
  planned: z.array(PlannedPrice),
});
export type ServiceHistory = z.infer<typeof ServiceHistory>;
