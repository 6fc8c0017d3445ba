import { z } from 'zod';
import { EpochMs } from './primitives.ts';

/** What happens to rows that an old system sends while it still lives; `shadow` judges them and writes nothing. */
export const AdoptionMode = z.enum(['off', 'shadow', 'on']);
export type AdoptionMode = z.infer<typeof AdoptionMode>;

/** `POST /v1/adoption/switch`. */
export const AdoptionSwitch = z.strictObject({ mode: AdoptionMode });

/** More columns than a table of an old system has. */
const MAX_COLUMNS = 300;

/** `POST /v1/adoption/mirror`: one row of the old system, in its own words. */
export const MirroredRow = z.strictObject({
  /** The old system's name, the same as its files were adopted under: its ids are unique within it. */
  source: z.string().trim().min(1).max(100).default('legacy'),
  kind: z.enum(['transaction', 'session', 'customer', 'subscription', 'payment_method', 'customer_provider']),
  /** How amounts are written that do not stand in a column of cents. */
  amounts: z.enum(['cents', 'comma', 'point', 'evident']).optional(),
  /** Of dates without a zone. */
  timeZone: z.string().max(60).default('America/Sao_Paulo'),
  /** Column → value. */
  row: z
    .record(
      z.string().max(200),
      z.union([z.string(), z.number(), z.boolean(), z.null(), z.record(z.string(), z.unknown())]),
    )
    .refine((row) => Object.keys(row).length <= MAX_COLUMNS, `at most ${MAX_COLUMNS} columns`),
});
export type MirroredRow = z.infer<typeof MirroredRow>;

/**
 * The answer, always 202: the old system never waits for the new one. `failed` and `busy` may be sent again; so may all
 * others, to no effect.
 */
export const MirrorOutcome = z.object({
  outcome: z.enum(['off', 'mapped', 'partly', 'unmapped', 'unchanged', 'failed', 'busy']),
  /** Nothing was written: the merchant's switch is on `shadow`. */
  shadow: z.boolean(),
  reasons: z.array(z.string()),
});
export type MirrorOutcome = z.infer<typeof MirrorOutcome>;

/** `GET /v1/adoption`. */
export const AdoptionStatus = z.object({
  mode: AdoptionMode,
  /** Of all time, by outcome. */
  counts: z.array(z.object({ outcome: z.string(), count: z.int().nonnegative(), lastAt: EpochMs })),
  /** Rows that failed or found it busy since the process started; the database may not have been there to count them. */
  failures: z.int().nonnegative(),
});
export type AdoptionStatus = z.infer<typeof AdoptionStatus>;
