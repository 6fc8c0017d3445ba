import { z } from 'zod';
import { RefundReason, RefundStatus } from './feed.ts';
import { AmountCents, EpochMs, Uuid } from './primitives.ts';

/**
 * `POST /v1/refunds`: sends money of a paid session back to its payer, all of it or a part. Idempotent by `requestId`.
 * The answer says that it is on its way; whether it arrived, `GET /v1/refunds` tells.
 *
 * Refusals: 404 `unknown_transaction`, 409 `not_paid`, 409 `too_much` (more than is left of the payment), 409 `too_late`
 * (API Pix takes refunds for 90 days), 409 `disputed` (the payer's bank holds the money already), 409
 * `request_conflict` (the requestId was used for another refund).
 */
export const RefundRequest = z.object({
  requestId: Uuid,
  transactionId: Uuid,
  /** Null: all that is left. */
  amountCents: AmountCents.nullable().default(null),
  /** Why; the payer reads it at the bank. */
  note: z.string().trim().min(3).max(140),
});
export type RefundRequest = z.infer<typeof RefundRequest>;

/**
 * `POST /v1/refunds/returned`: somebody sent the money of a failed refund back by hand, in the bank's own app or
 * otherwise; also of one that the provider made by itself, and of one that had arrived and came back to it. Idempotent
 * by `refundId`; the answer names the refund under which it is written down as gone back.
 *
 * Refusals: 404 `unknown_refund`, 409 `not_failed` (under way, settled, or taken up under another id), 409 `under_way`
 * (the provider may still carry it out: take it up again, and it is asked).
 */
export const RefundReturned = z.object({
  refundId: z.string().min(1).max(300),
  /** Who says so. */
  by: z.string().trim().min(1).max(100),
  /** How the money went back; not told to the payer. */
  note: z.string().trim().min(3).max(500),
  /** Of one that the provider made by itself, and that failed: nobody is owed anything, and nothing is posted. */
  nothingOwed: z.boolean().default(false),
});
export type RefundReturned = z.infer<typeof RefundReturned>;

/** `wrong_currency`: money of a card that came in another one than was asked for; a totem is told `wrong_amount`. */
export const RefundCause = z.enum([...RefundReason.options, 'wrong_currency']);
export type RefundCause = z.infer<typeof RefundCause>;

export const RefundView = z.object({
  refundId: z.string(),
  transactionId: Uuid,
  /** The session's ticket; null while there is none. */
  ticketLabel: z.string().nullable(),
  provider: z.string(),
  amountCents: AmountCents,
  /** Of the money that came. */
  currency: z.string(),
  reason: RefundCause,
  note: z.string().nullable(),
  status: RefundStatus,
  initiatedBy: z.enum(['us', 'provider']),
  attempts: z.int().nonnegative(),
  lastError: z.string().nullable(),
  createdAt: EpochMs,
  settledAt: EpochMs.nullable(),
  /** Not the provider: a person sent it back, and says so. */
  returned: z.object({ by: z.string(), note: z.string(), at: EpochMs }).nullable().default(null),
  /** It had been told as settled, and came back to the provider: the payer has nothing. */
  bouncedAt: EpochMs.nullable().default(null),
});
export type RefundView = z.infer<typeof RefundView>;

export const MAX_REFUNDS_LISTED = 200;

/** `GET /v1/refunds?status=S`: the newest first. */
export const RefundList = z.object({ refunds: z.array(RefundView), total: z.int().nonnegative() });
export type RefundList = z.infer<typeof RefundList>;
