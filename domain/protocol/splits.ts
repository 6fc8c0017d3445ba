import { z } from 'zod';
import { WHOLE_BP } from '../split.ts';
import { AmountCents, Currency, EpochMs, Uuid } from './primitives.ts';

/** Part of the ledger's account, `payable:<recipient>`. */
export const RecipientName = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{0,39}$/, 'small letters, digits and dashes');

/**
 * `POST /v1/splits/recipients`: somebody who gets a part of sales; the same name again changes the recipient.
 * Refusals: 409 `provider_unknown` (an id for a provider that the configuration does not name).
 */
export const RecipientRequest = z.object({
  recipient: RecipientName,
  kind: z.enum(['platform', 'partner']),
  name: z.string().trim().min(1).max(100),
  /** The receiver's id at each provider that divides the money itself. */
  providerIds: z.record(z.string().min(1).max(40), z.string().trim().min(1).max(100)).default({}),
});
export type RecipientRequest = z.infer<typeof RecipientRequest>;

/**
 * `POST /v1/splits/rules`: what the recipient gets of each sale that is opened from now on. The rules of a service stand
 * in the place of the merchant's, all of them. The same ruleId again is the same rule.
 *
 * Refusals: 404 `recipient_unknown`, 404 `service_unknown`, 409 `rule_exists` (the recipient has one for the same sales:
 * remove it first), 409 `too_much` (more than 100 % in all), 409 `rule_conflict` (the ruleId is another rule's).
 */
export const SplitRuleRequest = z
  .object({
    ruleId: Uuid,
    recipient: RecipientName,
    /** Null: every service without rules of its own. */
    serviceId: Uuid.nullable().default(null),
    percentBp: z.int().min(0).max(WHOLE_BP).default(0),
    fixedCents: AmountCents.or(z.literal(0)).default(0),
    /** Of the sales that it is for. */
    currency: Currency.default('BRL'),
  })
  .refine(
    ({ percentBp, fixedCents }) => percentBp + fixedCents > 0,
    'a percentage or a fixed amount is needed',
  );
export type SplitRuleRequest = z.infer<typeof SplitRuleRequest>;

export const SplitRuleView = z.object({
  ruleId: Uuid,
  recipient: RecipientName,
  serviceId: Uuid.nullable(),
  serviceName: z.string().nullable(),
  percentBp: z.int(),
  fixedCents: z.int(),
  currency: Currency,
  createdAt: EpochMs,
  createdBy: z.string(),
});
export type SplitRuleView = z.infer<typeof SplitRuleView>;

/** `GET /v1/splits`: the rules that count, and what is owed to each recipient by the ledger. */
export const SplitOverview = z.object({
  recipients: z.array(
    RecipientRequest.extend({
      /** By currency, what sales gave the recipient less what went back. */
      payable: z.array(z.object({ currency: Currency, amountCents: z.int() })),
    }),
  ),
  rules: z.array(SplitRuleView),
});
export type SplitOverview = z.infer<typeof SplitOverview>;

/**
 * `POST /v1/splits/payouts`: somebody who owns a part of sales has been paid. The same payoutId again is the same payout.
 *
 * Refusals: 404 `recipient_unknown`, 404 `provider_unknown`, 409 `more_than_owed`, 409 `payout_conflict` (the payoutId is
 * another payout's).
 */
export const SplitPayoutRequest = z.object({
  payoutId: Uuid,
  recipient: RecipientName,
  amountCents: AmountCents,
  currency: Currency.default('BRL'),
  /** The provider that paid it out of what it holds for us; null: from the merchant's own bank account. */
  provider: z.string().min(1).max(40).nullable().default(null),
  paidAt: EpochMs,
  by: z.string().trim().min(1).max(100),
  note: z.string().trim().max(500).optional(),
});
export type SplitPayoutRequest = z.infer<typeof SplitPayoutRequest>;

/** `POST /v1/splits/payouts/<payoutId>/reverse`: it was a mistake, or the money came back. Idempotent. 404 `payout_unknown`. */
export const SplitPayoutReversal = z.object({ by: z.string().trim().min(1).max(100) });

export const SplitPayoutView = z.object({
  payoutId: Uuid,
  recipient: RecipientName,
  amountCents: AmountCents,
  currency: Currency,
  provider: z.string().nullable(),
  paidAt: EpochMs,
  by: z.string(),
  note: z.string().nullable(),
  reversedAt: EpochMs.nullable(),
  reversedBy: z.string().nullable(),
});
export type SplitPayoutView = z.infer<typeof SplitPayoutView>;

export const MAX_PAYOUTS_LISTED = 200;
/** `GET /v1/splits/payouts?recipient=`: the newest first. */
export const SplitPayoutList = z.object({ payouts: z.array(SplitPayoutView) });
