import { z } from 'zod';
import { AmountCents, Currency, EpochMs } from './primitives.ts';

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
      }),
    )
    .default([]),
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
