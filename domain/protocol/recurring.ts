import { z } from 'zod';
import { Currency, EpochMs } from './primitives.ts';

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
  firstSeenAt: EpochMs,
  lastEventAt: EpochMs.nullable(),
  readAt: EpochMs.nullable(),
  /** Oldest first. */
  history: z.array(
    z.object({
      from: RecurrenceStatus.nullable(),
      to: RecurrenceStatus.nullable(),
      providerStatus: z.string(),
      cause: z.enum(['webhook', 'sweep', 'ordered']),
      at: EpochMs,
    }),
  ),
});
export type RecurrenceView = z.infer<typeof RecurrenceView>;

export const RecurrenceList = z.object({ recurrences: z.array(RecurrenceView) });
export type RecurrenceList = z.infer<typeof RecurrenceList>;
