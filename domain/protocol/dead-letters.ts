import { z } from 'zod';
import { EpochMs, Uuid } from './primitives.ts';

/** A webhook that was given up: stored, authentic, and not understood or not to be carried out in time. */
export const DeadLetter = z.object({
  inboxId: Uuid,
  provider: z.string(),
  /** The provider's word for the event; null where the body could not be read. */
  eventType: z.string().nullable(),
  receivedAt: EpochMs,
  /** How often the provider sent it. */
  deliveries: z.int().positive(),
  attempts: z.int().nonnegative(),
  reason: z.string(),
  bodyBytes: z.int().nonnegative(),
});
export type DeadLetter = z.infer<typeof DeadLetter>;

export const MAX_DEAD_LETTERS = 500;

/** Which dead letters: all that fit every field that is given. */
export const DeadLetterFilter = z.object({
  provider: z.string().max(40).optional(),
  /** A part of the reason, whatever its case. */
  reason: z.string().max(200).optional(),
});
export type DeadLetterFilter = z.infer<typeof DeadLetterFilter>;

/** `GET /v1/dead-letters`: the oldest first; `total` counts those beyond the limit as well. */
export const DeadLetterList = z.object({
  deadLetters: z.array(DeadLetter),
  total: z.int().nonnegative(),
});
export type DeadLetterList = z.infer<typeof DeadLetterList>;

/** `GET /v1/dead-letters/<inboxId>`. The body may hold the payer's name: for the eyes of a manager alone. */
export const DeadLetterDetail = DeadLetter.extend({
  /** As text; what is no UTF-8 is replaced. */
  body: z.string(),
  headers: z.record(z.string(), z.string()),
});
export type DeadLetterDetail = z.infer<typeof DeadLetterDetail>;

/**
 * `POST /v1/dead-letters/retry`: the ones named, or all that the filter finds. `dryRun` only counts.
 * `POST /v1/webhooks/replay` takes webhooks of any state by their ids and works them off again: what was carried out
 * changes nothing the second time.
 */
export const DeadLetterRetry = z.object({
  inboxIds: z.array(Uuid).max(MAX_DEAD_LETTERS).optional(),
  filter: DeadLetterFilter.optional(),
  dryRun: z.boolean().default(false),
});
export type DeadLetterRetry = z.infer<typeof DeadLetterRetry>;

export const WebhookReplay = z.object({ inboxIds: z.array(Uuid).min(1).max(MAX_DEAD_LETTERS) });
export const RetriedCount = z.object({ count: z.int().nonnegative() });
export type RetriedCount = z.infer<typeof RetriedCount>;
