import { z } from 'zod';

/** What is read of Stripe's objects (API 2026-10-28.endive); the rest of them is passed over. Times in epoch seconds. */
const Amount = z.int().min(0);
const Seconds = z.int().min(0);
const Metadata = z.record(z.string(), z.string());
const Currency = z.string().regex(/^[a-zA-Z]{3}$/);
/** An id, or the object itself where it was asked to be expanded. */
const Reference = z.union([z.string(), z.looseObject({ id: z.string() }).transform(({ id }) => id)]);

export const WireRefund = z.looseObject({
  id: z.string(),
  object: z.literal('refund'),
  amount: Amount,
  charge: Reference.nullish(),
  created: Seconds,
  metadata: Metadata.nullish(),
  /** pending, requires_action, succeeded, failed, canceled. */
  status: z.string().nullish(),
  failure_reason: z.string().nullish(),
});
export type WireRefund = z.infer<typeof WireRefund>;

const listOf = <S extends z.ZodType>(item: S) =>
  z.looseObject({ object: z.literal('list'), data: z.array(item), has_more: z.boolean() });

export const WireRefundList = listOf(WireRefund);

export const WireDispute = z.looseObject({
  id: z.string(),
  object: z.literal('dispute'),
  amount: Amount,
  charge: Reference,
  created: Seconds,
  reason: z.string(),
  status: z.string(),
});
export type WireDispute = z.infer<typeof WireDispute>;
export const WireDisputeList = listOf(WireDispute);

export const WireChargeOfIntent = z.looseObject({
  id: z.string(),
  object: z.literal('charge'),
  amount_captured: Amount,
  created: Seconds,
  currency: Currency,
  disputed: z.boolean().nullish(),
  paid: z.boolean(),
  /** pending, succeeded, failed. */
  status: z.string(),
  balance_transaction: z.union([z.string(), z.looseObject({ fee: z.int(), currency: Currency })]).nullish(),
  refunds: WireRefundList.nullish(),
});

export const WireIntent = z.looseObject({
  id: z.string().regex(/^\w{1,255}$/),
  object: z.literal('payment_intent'),
  amount: Amount,
  amount_received: Amount,
  cancellation_reason: z.string().nullish(),
  client_secret: z.string().nullish(),
  created: Seconds,
  currency: Currency,
  latest_charge: z.union([z.string(), WireChargeOfIntent]).nullish(),
  metadata: Metadata,
  payment_method_types: z.array(z.string()).nullish(),
  status: z.string(),
});
export type WireIntent = z.infer<typeof WireIntent>;

export const WireIntentSearch = z.looseObject({
  object: z.literal('search_result'),
  data: z.array(WireIntent),
});
