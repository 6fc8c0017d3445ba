import { z } from 'zod';
import { CanonicalStatus } from '../payment-status.ts';
import { AmountCents, Currency, EpochMs, Txid, Uuid } from './primitives.ts';

/**
 * `POST /v1/checkouts`: asks the server for the card checkout of a payment session, for an offer that is marked
 * international. Idempotent by `sessionId`: a retry answers the same checkout. What becomes of it comes by the feed.
 *
 * Refusals: 401 `unauthorized`, 404 `offer_unknown`, 409 `offer_not_international`, 409 `amount_not_in_catalog` (the
 * catalogue changed; fetch it anew), 409 `txid_conflict`, 409 `charge_closed` (over, or its session has a ticket
 * already), 502 `provider_rejected`, 503 `provider_unavailable` (nothing is lost: ask again with the same session),
 * 503 `database_unavailable`.
 */
export const CheckoutRequest = z.object({
  sessionId: Uuid,
  txid: Txid,
  serviceId: Uuid,
  offerId: Uuid,
  catalogVersion: z.int().positive(),
  amountCents: AmountCents,
  currency: Currency,
});
export type CheckoutRequest = z.infer<typeof CheckoutRequest>;

export const CheckoutResponse = z.object({
  transactionId: Uuid,
  orderId: Uuid,
  saleId: Uuid,
  sessionId: Uuid,
  txid: Txid,
  provider: z.literal('stripe'),
  /** The PaymentIntent. */
  providerChargeId: z.string().min(1),
  status: CanonicalStatus,
  /** The page that the customer opens on a phone. Whoever has the address can pay, and see what is paid. */
  checkoutUrl: z.url().max(300),
  amountCents: AmountCents,
  currency: Currency,
  expiresAt: EpochMs,
  serverTime: EpochMs,
});
export type CheckoutResponse = z.infer<typeof CheckoutResponse>;

/**
 * `GET /v1/checkouts/<token>`: what the customer's page shows, from the server's own database. `paid` once the payment is
 * settled here, never before. 404 `checkout_unknown`: no such token, or its time is long over.
 */
export const CheckoutState = z.object({
  /** `closed`: it ended without money, or its money goes back. */
  state: z.enum(['preparing', 'open', 'processing', 'paid', 'expired', 'closed']),
  merchantName: z.string(),
  serviceName: z.string(),
  amountCents: AmountCents,
  currency: Currency,
  expiresAt: EpochMs,
  serverTime: EpochMs,
  /** What the provider's card form needs; null once no card is to be typed any more. */
  form: z.object({ scriptUrl: z.url(), publishableKey: z.string(), clientSecret: z.string() }).nullable(),
  /** Of the page that takes an address for the receipt; null until it is paid, and where the shop sends no mail. */
  receiptToken: z.string().nullable().default(null),
});
export type CheckoutState = z.infer<typeof CheckoutState>;
