import { z } from 'zod';
import { Cents } from '../wire-cents.ts';

/**
 * Pagar.me's API v5 as we read it: only the fields that we use, strict where money depends on it. Sources: the models
 * of pagarme-nodejs-sdk, where every field is optional and may be null, and docs.pagar.me.
 */

const INSTANT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})?$/;

/** ISO 8601 to epoch milliseconds; without an offset it is UTC, as the SDK reads it. */
const Instant = z
  .string()
  .regex(INSTANT)
  .transform((text, context) => {
    const atMs = Date.parse(/(Z|[+-]\d{2}:\d{2})$/.test(text) ? text : `${text}Z`);
    if (!Number.isNaN(atMs)) return atMs;
    context.addIssue({ code: 'custom', message: 'no such day' });
    return z.NEVER;
  });

const WireTransaction = z.object({
  id: z.string().nullish(),
  transaction_type: z.string().nullish(),
  status: z.string().nullish(),
  qr_code: z.string().nullish(),
  expires_at: Instant.nullish(),
  end_to_end_id: z.string().nullish(),
  gateway_response: z
    .object({
      code: z.union([z.string(), z.number()]).nullish(),
      errors: z.array(z.object({ message: z.string().nullish() })).nullish(),
    })
    .nullish(),
});

export const WireCharge = z.object({
  id: z.string().min(1),
  amount: Cents,
  status: z.string(),
  payment_method: z.string().nullish(),
  paid_amount: Cents.nullish(),
  canceled_amount: Cents.nullish(),
  paid_at: Instant.nullish(),
  created_at: Instant.nullish(),
  updated_at: Instant.nullish(),
  last_transaction: WireTransaction.nullish(),
});
export type WireCharge = z.infer<typeof WireCharge>;

export const WireOrder = z.object({
  id: z.string().min(1),
  code: z.string(),
  amount: Cents,
  currency: z.string().nullish(),
  status: z.string(),
  created_at: Instant,
  charges: z.array(WireCharge).nullish(),
});
export type WireOrder = z.infer<typeof WireOrder>;

export const WireOrderList = z.object({
  data: z.array(
    z.object({ id: z.string().min(1), code: z.string().nullish(), status: z.string().nullish() }),
  ),
});

/** `{message, errors: {"field": ["why"]}}`. */
export const WireProblem = z.object({ message: z.string() });
