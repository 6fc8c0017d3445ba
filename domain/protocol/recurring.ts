import { z } from 'zod';
import { RefundStatus } from './feed.ts';
import { AmountCents, Currency, EpochMs, Uuid } from './primitives.ts';

/**
 * `agreement`: what a customer agreed to (Pix Automático, a subscription). `request`: what one period asks for, where
 * the provider tells it apart from the charge (an invoice of Pagar.me's). `charge`: of one period.
 */
export const RecurrenceKind = z.enum(['agreement', 'request', 'charge']);
export type RecurrenceKind = z.infer<typeof RecurrenceKind>;

/** `failed`: an attempt brought nothing, and another one may. `paid` is of requests and charges alone. */
export const RecurrenceStatus = z.enum([
  'created',
  'active',
  'failed',
  'rejected',
  'expired',
  'canceled',
  'paid',
]);
export type RecurrenceStatus = z.infer<typeof RecurrenceStatus>;

export const MAX_RECURRENCES_LISTED = 200;

/** Why money that came cannot be asked back for: `elsewhere` is a sale's, or was taken out of suspense by a person. */
export const NoRefundBecause = z.enum(['elsewhere', 'disputed', 'too_late', 'nothing_left']);
export type NoRefundBecause = z.infer<typeof NoRefundBecause>;

/** A refund of recurring money that a manager asked for. */
export const RecurringRefundView = z.object({
  refundId: z.string(),
  receiptId: z.string(),
  provider: z.string(),
  /** Of what: a charge, or what one period asks for. */
  recurrenceId: z.string(),
  amountCents: AmountCents,
  currency: Currency,
  note: z.string(),
  status: RefundStatus,
  /** The provider's own word; null as long as it has said nothing. */
  providerStatus: z.string().nullable(),
  attempts: z.int().nonnegative(),
  lastError: z.string().nullable(),
  /** When it is tried again, or asked about; null: nobody does any more. */
  nextAttemptAt: EpochMs.nullable(),
  createdAt: EpochMs,
  settledAt: EpochMs.nullable(),
  /** Not the provider: a person sent it back, and says so. */
  returned: z.object({ by: z.string(), note: z.string(), at: EpochMs }).nullable(),
});
export type RecurringRefundView = z.infer<typeof RecurringRefundView>;

/** A refund that the provider made by itself, or that had arrived, and of which the payer has nothing. */
export const LostReturn = z.object({
  receiptId: z.string(),
  returnId: z.string(),
  provider: z.string(),
  recurrenceId: z.string(),
  amountCents: AmountCents,
  currency: Currency,
  /** The provider's own word. */
  reason: z.string(),
  openedAt: EpochMs,
  bouncedAt: EpochMs.nullable(),
});
export type LostReturn = z.infer<typeof LostReturn>;

/** What of recurring money a person has to look after. */
export const RecurringTroubles = z.object({
  refundsUnderWay: z.int().nonnegative(),
  /** Given up, and those of `lostReturns`. */
  refundsFailed: z.int().nonnegative(),
  disputesOpen: z.int().nonnegative(),
  disputed: z.array(z.object({ currency: Currency, cents: z.int().nonnegative() })),
  failedRefunds: z.array(RecurringRefundView).max(20),
  lostReturns: z.array(LostReturn).max(20),
});
export type RecurringTroubles = z.infer<typeof RecurringTroubles>;

/** One row of `GET /v1/recurring`. */
export const RecurrenceView = z.object({
  provider: z.string(),
  kind: RecurrenceKind,
  /** The provider's id. */
  id: z.string(),
  /** The provider's id of the agreement that it is of. */
  agreementId: z.string().nullable(),
  /** Ours: the contract of an agreement. */
  reference: z.string().nullable(),
  /** Null: a webhook named it, and the provider cannot be asked, or used a word that is not known here. */
  status: RecurrenceStatus.nullable(),
  providerStatus: z.string().nullable(),
  amountCents: z.int().nonnegative().nullable(),
  currency: Currency.nullable(),
  /** YYYY-MM-DD. */
  dueOn: z.string().nullable(),
  /** Money that it brought, in cents of `currency`. */
  receivedCents: z.int().nonnegative(),
  /** Of that, what went back, and what its payers' banks hold back. */
  returnedCents: z.int().nonnegative().default(0),
  disputedCents: z.int().nonnegative().default(0),
  firstSeenAt: EpochMs,
  lastEventAt: EpochMs.nullable(),
  readAt: EpochMs.nullable(),
  /** Oldest first. */
  history: z.array(
    z.object({
      from: RecurrenceStatus.nullable(),
      to: RecurrenceStatus.nullable(),
      providerStatus: z.string(),
      cause: z.enum(['webhook', 'sweep', 'ordered', 'poll']),
      at: EpochMs,
    }),
  ),
  /** Refunds and disputes of its money, oldest first. */
  returns: z
    .array(
      z.object({
        receiptId: z.string(),
        returnId: z.string(),
        kind: z.enum(['refund', 'chargeback', 'med']),
        status: z.enum(['processing', 'settled', 'failed', 'open', 'won', 'lost']),
        amountCents: AmountCents,
        currency: Currency,
        /** The provider's own word. */
        reason: z.string(),
        openedAt: EpochMs,
        endedAt: EpochMs.nullable(),
        /** It had been told as settled, and came back to the provider. */
        bouncedAt: EpochMs.nullable().default(null),
        /** It did not arrive, and a person has looked at it. */
        closed: z.object({ by: z.string(), note: z.string(), at: EpochMs }).nullable().default(null),
      }),
    )
    .default([]),
  /** The money, payment by payment, oldest first. */
  receipts: z
    .array(
      z.object({
        receiptId: z.string(),
        amountCents: AmountCents,
        currency: Currency,
        paidAt: EpochMs,
        /** What could be asked back for now; 0 where `noRefund` says why not. */
        refundableCents: z.int().nonnegative(),
        noRefund: NoRefundBecause.nullable(),
      }),
    )
    .default([]),
  /** Refunds that a manager asked for, oldest first; what went back of them stands in `returns` as well. */
  refunds: z.array(RecurringRefundView).default([]),
  /** YYYY-MM-DD, of the period that it is for. */
  periodStartsOn: z.string().nullable().default(null),
  periodEndsOn: z.string().nullable().default(null),
});
export type RecurrenceView = z.infer<typeof RecurrenceView>;

export const RecurrenceList = z.object({ recurrences: z.array(RecurrenceView) });
export type RecurrenceList = z.infer<typeof RecurrenceList>;

const Day = z.iso.date();

/**
 * `POST /v1/recurring/agreements`: an agreement that its customer approves by a QR code. Idempotent by `contract`: asked
 * again, it is the same agreement. Refusals: 404 `unknown_provider` (or one that makes none), 409 `order_conflict` (the
 * contract is another merchant's), 502 `provider_rejected`, 503 `provider_unavailable`, 503 `under_way` (ask again in a
 * minute).
 */
export const AgreementRequest = z.object({
  provider: z.string().max(40),
  contract: z.string().regex(/^[\w-]{1,35}$/),
  /** What the customer reads. */
  subject: z.string().trim().min(1).max(35),
  debtor: z.object({ name: z.string().trim().min(2).max(100), cpf: z.string().regex(/^\d{11}$/) }),
  firstDay: Day,
  lastDay: Day.optional(),
  period: z.enum(['weekly', 'monthly', 'quarterly', 'half_yearly', 'yearly']),
  /** Each time the same; without it the charges say, and the customer may set a limit. */
  amountCents: AmountCents.optional(),
  /** Whether a charge that failed may be tried again. */
  retries: z.boolean().default(false),
});
export type AgreementRequest = z.infer<typeof AgreementRequest>;

/**
 * `POST /v1/recurring/charges`: what one period asks for. Idempotent by `txid`. Refusals as of an agreement, and 404
 * `unknown_agreement`: the merchant has none of this id.
 */
export const RecurringChargeRequest = z.object({
  provider: z.string().max(40),
  txid: z.string().regex(/^[a-zA-Z0-9]{26,35}$/),
  agreementId: z.string().min(1).max(100),
  dueDay: Day,
  amountCents: AmountCents,
  /** The account that receives. */
  receiver: z.object({
    branch: z
      .string()
      .regex(/^\d{1,4}$/)
      .optional(),
    account: z.string().regex(/^[a-zA-Z0-9]{1,20}$/),
    accountType: z.enum(['CORRENTE', 'POUPANCA', 'PAGAMENTO']),
  }),
  description: z.string().trim().max(140).default(''),
});
export type RecurringChargeRequest = z.infer<typeof RecurringChargeRequest>;

export const RecurringOrderResponse = z.object({
  /** The provider's id. */
  id: z.string(),
  status: RecurrenceStatus.nullable(),
  /** "Copia e cola" by which the customer approves; null where there is none. */
  brCode: z.string().nullable(),
});
export type RecurringOrderResponse = z.infer<typeof RecurringOrderResponse>;

/**
 * `POST /v1/recurring/refunds`: sends recurring money back to its payer, all of a receipt or a part. Idempotent by
 * `requestId`. The answer says that it is on its way; whether it arrived, `GET /v1/recurring` tells.
 *
 * Refusals: 404 `unknown_receipt`, 404 `unknown_provider` (the server has none of this name any more), 409
 * `not_refundable` (the money has its place elsewhere), 409 `too_much`, 409 `too_late` (90 days, as for sales), 409
 * `disputed`, 409 `request_conflict` (the requestId was used for another refund).
 */
export const RecurringRefundRequest = z.object({
  requestId: Uuid,
  receiptId: z.string().min(1).max(300),
  /** Null: all that is left. */
  amountCents: AmountCents.nullable().default(null),
  /** Why; the payer may read it at the bank. */
  note: z.string().trim().min(3).max(140),
});
export type RecurringRefundRequest = z.infer<typeof RecurringRefundRequest>;

/**
 * `POST /v1/recurring/returns/close`: a refund of the provider's, and none of ours, that did not arrive was looked at. 404
 * `unknown_return`.
 */
export const ReturnClosed = z.object({
  receiptId: z.string().min(1).max(300),
  returnId: z.string().min(1).max(300),
  /** Who says so. */
  by: z.string().trim().min(1).max(100),
  /** What became of the money. */
  note: z.string().trim().min(3).max(500),
  /** Somebody sent it back by hand, and it is posted so; else nothing is owed, or it is asked for anew. */
  sentBack: z.boolean().default(false),
});
export type ReturnClosed = z.infer<typeof ReturnClosed>;

/** A native subscription's own words, beside those that providers' are told in. */
export const NativeStatus = z.enum([
  'incomplete',
  'trialing',
  'active',
  'past_due',
  'paused',
  'canceled',
  'expired',
]);

export const SubscriptionStatus = z.enum([
  ...RecurrenceStatus.options,
  ...NativeStatus.exclude(['active', 'canceled', 'expired']).options,
]);
export type SubscriptionStatus = z.infer<typeof SubscriptionStatus>;

export const MAX_SUBSCRIPTIONS_LISTED = 200;

/** One row of `GET /v1/recurring/subscriptions`: an agreement with what is known beside it. */
export const SubscriptionView = z.object({
  subscriptionId: Uuid,
  /** False: the provider runs it. True: another system did, and it is a fact that was adopted. */
  isNative: z.boolean(),
  provider: z.string(),
  /** The provider's id of the agreement; null of a native one that has none. */
  agreementId: z.string().nullable(),
  /** Ours, where the provider keeps it: the contract. */
  reference: z.string().nullable(),
  /** Null: the provider used a word that is not known here, or was never asked. */
  status: SubscriptionStatus.nullable(),
  /** The provider's own word. */
  providerStatus: z.string().nullable(),
  plan: z.string().nullable(),
  /** Null where it differs from time to time. */
  amountCents: z.int().nonnegative().nullable(),
  currency: Currency.nullable(),
  startedAt: EpochMs.nullable(),
  trialEndsAt: EpochMs.nullable(),
  /** YYYY-MM-DD. */
  periodStartsOn: z.string().nullable(),
  periodEndsOn: z.string().nullable(),
  /** Who it is of, masked; null where nobody knows, or they were erased. */
  customer: z
    .object({
      customerId: Uuid,
      name: z.string().nullable(),
      document: z.string().nullable(),
      email: z.string().nullable(),
    })
    .nullable(),
  /** Payments that came by it, and the sums of `currency`. */
  payments: z.int().nonnegative(),
  receivedCents: z.int().nonnegative(),
  returnedCents: z.int().nonnegative(),
  firstSeenAt: EpochMs,
});
export type SubscriptionView = z.infer<typeof SubscriptionView>;

export const SubscriptionList = z.object({
  subscriptions: z.array(SubscriptionView),
  /** Those that the limit leaves out as well. */
  total: z.int().nonnegative(),
  /** Charges that name no agreement which is known here. */
  loose: z.int().nonnegative(),
});
export type SubscriptionList = z.infer<typeof SubscriptionList>;
