import { z } from 'zod';
import { WHOLE_BP } from '../split.ts';
import { AmountCents, EpochMs, Uuid } from './primitives.ts';

const ProviderName = z.string().min(1).max(40);
const Minute = z.int().min(0);

/**
 * `POST /v1/routing/rules`: which provider makes which charges. Lower priorities are tried first; among rules of one
 * priority the weights decide how often each comes first. The same ruleId with the same data again is the same rule.
 *
 * Refusals: 409 `provider_unknown` (not a national provider of this server), 404 `unit_unknown`, 409 `rule_conflict`
 * (the ruleId is another rule's).
 */
export const RoutingRuleRequest = z
  .object({
    ruleId: Uuid,
    provider: ProviderName,
    priority: z.int().min(0).max(1_000).default(1),
    weight: z.int().min(1).max(1_000).default(1),
    /** Null: every unit. */
    unitId: Uuid.nullable().default(null),
    minCents: z.int().min(0).default(0),
    /** Inclusive; null: no limit. */
    maxCents: AmountCents.nullable().default(null),
    /** Minutes since midnight in the unit's time zone, half-open; from after until goes over midnight. */
    fromMinute: Minute.max(1_439).default(0),
    untilMinute: Minute.min(1).max(1_440).default(1_440),
  })
  .refine(({ minCents, maxCents }) => maxCents === null || maxCents >= minCents, {
    path: ['maxCents'],
    message: 'is below minCents',
  })
  .refine(({ fromMinute, untilMinute }) => fromMinute !== untilMinute, {
    path: ['untilMinute'],
    message: 'is fromMinute: no time is left',
  });
export type RoutingRuleRequest = z.infer<typeof RoutingRuleRequest>;

export const RoutingRuleView = z.object({
  ...RoutingRuleRequest.shape,
  createdAt: EpochMs,
  createdBy: z.string(),
});
export type RoutingRuleView = z.infer<typeof RoutingRuleView>;

/** `POST /v1/routing/shadow`: mirrors a share of the charges to a provider on trial; zero ends it. */
export const ShadowRequest = z.object({ provider: ProviderName, shareBp: z.int().min(0).max(WHOLE_BP) });
export type ShadowRequest = z.infer<typeof ShadowRequest>;

/** `GET /v1/routing`. */
export const RoutingOverview = z.object({
  /** In the order of the configuration, which counts where no rule fits. */
  providers: z.array(
    z.object({
      name: ProviderName,
      status: z.enum(['ok', 'down']),
      /** It is passed over until then, as long as another one can; null while it is not. */
      pausedUntil: EpochMs.nullable(),
      splitsCharges: z.boolean(),
    }),
  ),
  rules: z.array(RoutingRuleView),
  shadows: z.array(
    z.object({
      provider: ProviderName,
      /** Zero: configured, and not used. */
      shareBp: z.int(),
      setAt: EpochMs.nullable(),
      setBy: z.string().nullable(),
    }),
  ),
});
export type RoutingOverview = z.infer<typeof RoutingOverview>;

/** `POST /v1/routing/explain`: who would make a charge, and why. 404 `unit_unknown`. */
export const ExplainRequest = z.object({
  unitId: Uuid,
  amountCents: AmountCents,
  /** Null: now. Whether a provider is paused is known of now alone. */
  at: EpochMs.nullable().default(null),
  /** With it the very draw of the session; without, the chances. */
  sessionId: Uuid.nullable().default(null),
});
export type ExplainRequest = z.infer<typeof ExplainRequest>;

export const RuleMiss = z.enum([
  'other_unit',
  'other_currency',
  'amount_below',
  'amount_above',
  'other_time',
  'provider_not_configured',
]);
export type RuleMiss = z.infer<typeof RuleMiss>;

export const RouteExplanation = z.object({
  at: EpochMs,
  /** "14:05", in the unit's time zone. */
  localTime: z.string(),
  /** How often each is asked first; one with 1 where nothing is drawn. */
  first: z.array(z.object({ provider: ProviderName, chance: z.number() })),
  /** All, as they would be asked one after the other (for the session, or for the middle of the draws). */
  order: z.array(ProviderName),
  paused: z.array(z.object({ provider: ProviderName, until: EpochMs })),
  rules: z.array(
    z.object({
      ruleId: Uuid,
      provider: ProviderName,
      priority: z.int(),
      weight: z.int(),
      /** Null: it fits. */
      miss: RuleMiss.nullable(),
    }),
  ),
  reason: z.string(),
});
export type RouteExplanation = z.infer<typeof RouteExplanation>;

export const ShadowOutcome = z.enum([
  'same',
  'different',
  'rejected',
  'unavailable',
  'unknown',
  'timed_out',
  'failed',
]);
export type ShadowOutcome = z.infer<typeof ShadowOutcome>;

export const ShadowDifference = z.object({ field: z.string(), live: z.string(), shadow: z.string() });
export type ShadowDifference = z.infer<typeof ShadowDifference>;

/** `GET /v1/routing/shadow-report?from=T`: how the providers on trial would have done, since T. */
export const ShadowReport = z.object({
  from: EpochMs,
  providers: z.array(
    z.object({
      provider: ProviderName,
      mirrored: z.int(),
      outcomes: z.partialRecord(ShadowOutcome, z.int()),
      /** How often each field differed. */
      differences: z.record(z.string(), z.int()),
      /** Milliseconds from the request to the answer; null where none came. */
      latency: z.object({
        liveP50: z.int().nullable(),
        liveP95: z.int().nullable(),
        shadowP50: z.int().nullable(),
        shadowP95: z.int().nullable(),
      }),
      /** Charges that the sandbox may still hold open. */
      leftOpen: z.int(),
    }),
  ),
  /** The newest that were not the same. */
  examples: z.array(
    z.object({
      transactionId: Uuid,
      provider: ProviderName,
      at: EpochMs,
      outcome: ShadowOutcome,
      detail: z.string().nullable(),
      differences: z.array(ShadowDifference),
    }),
  ),
  /** Charges that were not mirrored because too many waited, of this process since its start. */
  dropped: z.int(),
});
export type ShadowReport = z.infer<typeof ShadowReport>;
