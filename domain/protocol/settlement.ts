import { z } from 'zod';
import { BusinessDay, Currency, EpochMs, Uuid } from './primitives.ts';

/** Cents of one side of a day, of what came (positive) and went back (positive too). */
const Side = z.object({
  receipts: z.int().nonnegative(),
  receiptsCents: z.int(),
  refundsCents: z.int(),
  disputesCents: z.int(),
  /** What the provider keeps: as its answers said when it was paid, or as its statement says. */
  feesCents: z.int(),
  /** What is left. */
  netCents: z.int(),
});

/**
 * What a provider should have settled of a day's money, and what its statements say. `settled`: all of it is on a
 * statement; `differs`: something is not as it should be; `open`: no statement covers all of the day yet.
 */
export const SettlementDay = z.object({
  provider: z.string(),
  day: BusinessDay,
  currency: Currency,
  state: z.enum(['settled', 'differs', 'open']),
  expected: Side,
  settled: Side,
  /** Paid out on that day to the merchant's own account, of whichever day's money. */
  payoutsCents: z.int().nonnegative(),
  differences: z.int().nonnegative(),
  /** Not on a statement, and none covers their time yet. */
  awaited: z.int().nonnegative(),
});
export type SettlementDay = z.infer<typeof SettlementDay>;

/** `GET /v1/settlement?from=2026-03-01&to=2026-03-31`: days, the newest first. */
export const SettlementReport = z.object({
  from: BusinessDay,
  /** Included. */
  to: BusinessDay,
  timeZone: z.string(),
  days: z.array(SettlementDay),
});
export type SettlementReport = z.infer<typeof SettlementReport>;

export const DIFFERENCE_KINDS = [
  /** Known here, and a statement that covers its time does not have it. */
  'missing_there',
  /** On a statement, and not known here. */
  'missing_here',
  'amount_differs',
  /** Another line tells of the same money: the provider says that it came, or went back, once more. */
  'listed_twice',
  /** The statement's fee is not the one that the provider told when it was paid. */
  'fee_differs',
  /** Money that belongs to no charge, and nobody has said what it is. */
  'in_suspense',
] as const;

export const MAX_DIFFERENCES = 500;

/** `GET /v1/settlement/differences?from=…&to=…`: line by line what makes days differ, the newest first. */
export const SettlementDifferences = z.object({
  /** All there are; no more than MAX_DIFFERENCES are listed. */
  total: z.int().nonnegative(),
  differences: z.array(
    z.object({
      provider: z.string(),
      day: BusinessDay,
      currency: Currency,
      kind: z.enum(DIFFERENCE_KINDS),
      /** What kind of money. */
      of: z.enum(['receipt', 'refund', 'dispute']),
      /**
       * The receipt, refund or dispute here; of what is not known here, the statement's line. Its transaction is that of the
       * Pix that the line names, where it is one of ours.
       */
      id: z.string(),
      transactionId: Uuid.nullable(),
      at: EpochMs,
      hereCents: z.int().nullable(),
      thereCents: z.int().nullable(),
      feeHereCents: z.int().nullable(),
      feeThereCents: z.int().nullable(),
    }),
  ),
});
export type SettlementDifferences = z.infer<typeof SettlementDifferences>;
