import { z } from 'zod';
import { FulfilmentStage, FulfilmentStatus, StageState } from '../fulfilment.ts';
import { AmountCents, Currency, EpochMs, Uuid } from './primitives.ts';

/** Mails and messages to a customer: that the money is there, and the receipt once the ticket is in hand. */
export const NotificationKind = z.enum(['payment_received', 'receipt']);
export type NotificationKind = z.infer<typeof NotificationKind>;
export const NotificationChannel = z.enum(['email', 'whatsapp', 'sms']);
export type NotificationChannel = z.infer<typeof NotificationChannel>;

export const StageView = z.object({
  stage: FulfilmentStage,
  state: StageState,
  /** Tries of this round that came to nothing. */
  failures: z.int().nonnegative(),
  /** When it is tried again or, while it runs, when its time is up; null: nothing is planned. */
  dueAt: EpochMs.nullable(),
  startedAt: EpochMs.nullable(),
  endedAt: EpochMs.nullable(),
  /** Why it was skipped or failed; how the ticket was handed over. Without personal data. */
  detail: z.string().nullable(),
});
export type StageView = z.infer<typeof StageView>;

export const FulfilmentView = z.object({
  transactionId: Uuid,
  unitId: Uuid,
  status: FulfilmentStatus,
  /** The number that was reserved with the payment. */
  ticketLabel: z.string(),
  serviceName: z.string(),
  amountCents: AmountCents,
  currency: Currency,
  createdAt: EpochMs,
  changedAt: EpochMs,
  stages: z.array(StageView),
});
export type FulfilmentView = z.infer<typeof FulfilmentView>;

export const NotificationSend = z.object({
  kind: NotificationKind,
  channel: NotificationChannel,
  attempt: z.int().positive(),
  /** `m***@example.com`, `+55*********34`. */
  addressMasked: z.string(),
  messageId: z.string(),
  startedAt: EpochMs,
  endedAt: EpochMs.nullable(),
  /** Null: it is under way, or the server ended in the midst of it. */
  outcome: z.enum(['sent', 'failed']).nullable(),
  detail: z.string().nullable(),
});
export type NotificationSend = z.infer<typeof NotificationSend>;

export const MAX_FULFILMENTS_LISTED = 200;
/** On the manager's page: more than a person looks through. The command line lists them all. */
export const MAX_FULFILMENTS_SHOWN = 20;

/** Which ones: those that a person has to see to, those that are tried again by themselves, all that go on, the ended. */
export const FulfilmentFilter = z.enum(['failed_permanent', 'failed', 'open', 'completed']);
export type FulfilmentFilter = z.infer<typeof FulfilmentFilter>;

/** `GET /v1/fulfilments?status=S&limit=N`: failures first, then what is under way, then what ended last. */
export const FulfilmentList = z.object({
  fulfilments: z.array(FulfilmentView),
  /** Given up, for a person to see to. */
  failedPermanent: z.int().nonnegative(),
  /** Failed, and tried again by themselves. */
  retrying: z.int().nonnegative(),
  /** Not completed, whatever their state. */
  open: z.int().nonnegative(),
});
export type FulfilmentList = z.infer<typeof FulfilmentList>;

/** `GET /v1/fulfilments/<transactionId>`; 404 `unknown_fulfilment`. */
export const FulfilmentDetail = FulfilmentView.extend({ sends: z.array(NotificationSend) });
export type FulfilmentDetail = z.infer<typeof FulfilmentDetail>;

/**
 * `POST /v1/fulfilments/<transactionId>/resync`: has what failed tried again at once, with all its tries anew; what is
 * done stays done. 404 `unknown_fulfilment`, 409 `nothing_failed`.
 *
 * `POST /v1/fulfilments/kick`: has one, or all that are due, worked on now.
 */
export const FulfilmentKick = z.object({ transactionId: Uuid.optional() });
export const KickedCount = z.object({ count: z.int().nonnegative() });

/**
 * `POST /v1/fulfilments/backfill`: makes those of settled payments that have none, as older releases left them, a few
 * hundred at a time. Payments of before `since` get no messages; null: none gets any.
 */
export const BackfillRequest = z.strictObject({ since: EpochMs.nullable() });
export const BackfillAnswer = z.object({
  made: z.int().nonnegative(),
  /** Of those: whose customers are written to, where an address is known. */
  withMessages: z.int().nonnegative(),
  /** Ask again. */
  isMore: z.boolean(),
});
export type BackfillAnswer = z.infer<typeof BackfillAnswer>;

/** What `GET /v1/integration/status` and the manager's screen tell of all of them. */
export const FulfilmentFigures = FulfilmentList.omit({ fulfilments: true });
export type FulfilmentFigures = z.infer<typeof FulfilmentFigures>;
