import { z } from 'zod';
import { PaymentMethod } from '../ticket.ts';
import { Catalog } from './catalog.ts';
import { AmountCents, BusinessDay, Currency, EpochMs, KioskId, TicketPrefix, Uuid } from './primitives.ts';
import { TicketView } from './tickets.ts';

/**
 * `late`: the merchant sends back what comes after the charge has ended. `requested`: a manager asked for it.
 * `by_provider`: the payer's bank took it back, or somebody sent it back in the provider's own pages.
 */
export const RefundReason = z.enum([
  'wrong_amount',
  'surplus',
  'unknown_charge',
  'late',
  'requested',
  'by_provider',
]);
export type RefundReason = z.infer<typeof RefundReason>;
/** `failed` waits for a person; the money is still owed. */
export const RefundStatus = z.enum(['requested', 'processing', 'settled', 'failed']);
export type RefundStatus = z.infer<typeof RefundStatus>;

/** A feed comes down: one gapless sequence per unit, read by cursor. */
export const FEED_PAYLOADS = {
  /** The first entry of every unit, and again at each change of catalogue. */
  'catalog.changed': z.object({ catalog: Catalog }),
  /**
   * The only message in the house that means "paid". The kiosk named here issues the ticket, with the number that
   * the server reserved in the same transaction as the payment, and only while its lease runs: after `actBefore` an
   * operator may have rescued the ticket, and the kiosk asks the server first (`POST /v1/confirmations/claim`).
   */
  'payment.confirmed': z.object({
    sessionId: Uuid,
    kioskId: KioskId,
    transactionId: Uuid,
    amountCents: AmountCents,
    currency: Currency.default('BRL'),
    method: PaymentMethod.default('pix'),
    paidAt: EpochMs,
    /** The money came after the charge had expired or been cancelled. */
    late: z.boolean(),
    /** The server's clock; null (an entry of an older server): no lease, the kiosk has to claim. */
    actBefore: EpochMs.nullable().default(null),
    /**
     * Where the customer's phone can ask for the receipt by e-mail; null: the shop has no such page. One that no paper
     * can hold is left out, and holds up no ticket.
     */
    receiptUrl: z.url().max(300).nullable().default(null).catch(null),
    ticket: z.object({
      number: z.int().positive(),
      prefix: TicketPrefix,
      label: z.string(),
      businessDay: BusinessDay,
      serviceId: Uuid,
      serviceName: z.string(),
    }),
  }),
  /** Money came that cannot buy the ticket (wrong amount) or is one too many (surplus): it goes back. */
  'refund.changed': z.object({
    refundId: z.string(),
    sessionId: Uuid,
    kioskId: KioskId,
    reason: RefundReason,
    status: RefundStatus,
    expectedCents: AmountCents,
    receivedCents: AmountCents,
    refundCents: AmountCents,
    /** Of the received money; absent: the session's. */
    receivedCurrency: Currency.optional(),
  }),
  /** The provider closed the charge without money (REMOVIDA_PELO_PSP). */
  'payment.closed': z.object({ sessionId: Uuid, kioskId: KioskId, reason: z.string() }),
  'ticket.changed': z.object({ ticket: TicketView }),
} as const;

export type FeedKind = keyof typeof FEED_PAYLOADS;
export type FeedPayload<K extends FeedKind> = z.infer<(typeof FEED_PAYLOADS)[K]>;

/** The envelope; an unknown kind is skipped by an older kiosk, its cursor still moves. */
export const FeedEntry = z.object({
  seq: z.int().positive(),
  at: EpochMs,
  kind: z.string(),
  payload: z.unknown(),
});
export type FeedEntry = z.infer<typeof FeedEntry>;

export const MAX_FEED_PAGE = 500;

/**
 * `GET /v1/feed?after=N&limit=L` as a JSON page. With `Accept: text/event-stream` the same entries come as
 * server-sent events: `event: entry`, `id:` the sequence, `data:` the FeedEntry; first an `event: hello` with
 * `{head, serverTime, provider}`; an `event: beat` every FEED_BEAT_MS. `Last-Event-ID` takes the place of `after`.
 */
export const FeedPage = z.object({
  entries: z.array(FeedEntry),
  /** The unit's newest sequence: the reader is up to date when its cursor equals it. */
  head: z.int().nonnegative(),
  serverTime: EpochMs,
});
export type FeedPage = z.infer<typeof FeedPage>;

/** Often enough that a dead line is known within seconds; some 80 bytes each, 30 MB a month for each totem. */
export const FEED_BEAT_MS = 3_000;

/** `event: beat`: the server lives, and so does the payment provider, or not. Sent at once when that changes. */
export const FeedBeat = z.object({ serverTime: EpochMs, provider: z.enum(['ok', 'down']) });
export type FeedBeat = z.infer<typeof FeedBeat>;
