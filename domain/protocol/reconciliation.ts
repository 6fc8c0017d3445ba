import { z } from 'zod';
import { AmountCents, EpochMs, Uuid } from './primitives.ts';

/** Why money stands in suspense: it names no charge, one that is none of ours, or one that does not tell of it. */
export const SuspenseReason = z.enum(['no_txid', 'foreign_txid', 'not_in_charge']);
export type SuspenseReason = z.infer<typeof SuspenseReason>;

/**
 * What a person says that it is. `refund` sends it back through the provider, `returned` says that somebody has sent it
 * back by hand; `sale` books it as money of a transaction, which it does not make paid; `duplicate` says that it is
 * counted elsewhere already.
 */
export const SuspenseDecision = z.enum(['refund', 'returned', 'sale', 'other_income', 'duplicate']);
export type SuspenseDecision = z.infer<typeof SuspenseDecision>;
/** `released` is the server's own: the charge told of the money after all. */
export const SuspenseResolution = z.enum([...SuspenseDecision.options, 'released']);
export type SuspenseResolution = z.infer<typeof SuspenseResolution>;

export const SuspenseItem = z.object({
  receiptId: z.string(),
  provider: z.string(),
  endToEndId: z.string().nullable(),
  txid: z.string().nullable(),
  amountCents: AmountCents,
  currency: z.string(),
  paidAt: EpochMs,
  foundAt: EpochMs,
  /** Since it was found, the server's clock; of one that is resolved, until then. */
  ageSeconds: z.number().nonnegative(),
  foundBy: z.enum(['sweep', 'statement']),
  reason: SuspenseReason,
  /** A receipt of the same amount at about the same time. */
  suggestedReceiptId: z.string().nullable(),
  owner: z.string().nullable(),
  status: z.enum(['open', 'resolved']),
  resolution: SuspenseResolution.nullable(),
  transactionId: Uuid.nullable(),
  note: z.string().nullable(),
  resolvedBy: z.string().nullable(),
  resolvedAt: EpochMs.nullable(),
  refundStatus: z.enum(['requested', 'processing', 'settled', 'failed']).nullable(),
  refundError: z.string().nullable(),
});
export type SuspenseItem = z.infer<typeof SuspenseItem>;

/** What is open, all of it, however long the list below is. */
export const SuspenseFigures = z.object({
  open: z.int().nonnegative(),
  openCents: z.int().nonnegative(),
  oldestAgeSeconds: z.number().nonnegative().nullable(),
});
export type SuspenseFigures = z.infer<typeof SuspenseFigures>;

export const MAX_SUSPENSE_LISTED = 200;
/** `GET /v1/suspense` */
export const SuspenseList = z.object({ figures: SuspenseFigures, items: z.array(SuspenseItem) });
export type SuspenseList = z.infer<typeof SuspenseList>;

const PersonName = z.string().trim().min(1).max(100);

/** `POST /v1/suspense/assign`; a receipt's id may hold a slash, so it travels in the body. */
export const SuspenseAssignment = z.object({ receiptId: z.string().max(200), owner: PersonName.nullable() });
export type SuspenseAssignment = z.infer<typeof SuspenseAssignment>;

/** `POST /v1/suspense/resolve` */
export const SuspenseDecisionRequest = z
  .object({
    receiptId: z.string().max(200),
    resolution: SuspenseDecision,
    /** Of a `sale`. */
    transactionId: Uuid.optional(),
    by: PersonName,
    note: z.string().trim().max(500).optional(),
  })
  .refine(
    ({ resolution, transactionId }) => (resolution === 'sale') === (transactionId !== undefined),
    'a sale, and nothing else, names its transaction',
  );
export type SuspenseDecisionRequest = z.infer<typeof SuspenseDecisionRequest>;

/** What a line of a bank's statement turned out to be. */
export const STATEMENT_OUTCOMES = [
  /** Known here, with this amount. */
  'matched',
  /** At the bank and not here; its charge was read back and told of it: it has gone the way of a webhook. */
  'missing_here_recorded',
  /** At the bank and not here, and of no charge: in suspense. */
  'missing_here_suspense',
  /** At the bank and not here; what becomes of it is known only when it is really imported. */
  'missing_here',
  /** Known here, with another amount. */
  'amount_differs',
  'refund_matched',
  'refund_unknown',
  /** What a payer's bank took back in a dispute that is known here, or is not. */
  'dispute_matched',
  'dispute_unknown',
  /** Posted: the provider keeps it, or has paid it out to the merchant's account. */
  'fee',
  'payout',
  'ignored',
  /** The provider did not answer: the same file again goes on with it. */
  'not_read',
  /** A line of another file that was imported earlier. */
  'known_line',
] as const;
export const StatementOutcome = z.enum(STATEMENT_OUTCOMES);
export type StatementOutcome = z.infer<typeof StatementOutcome>;

/** More of a kind tells nothing new; the counts are of all. */
export const MAX_STATEMENT_FINDINGS = 200;

/** `POST /v1/reconciliation/statements` */
export const StatementReport = z.object({
  statementId: Uuid.nullable(),
  provider: z.string(),
  sha256: z.string(),
  dryRun: z.boolean(),
  /** The very file was imported before: this is what was found then, and nothing was changed. */
  alreadyImported: z.boolean(),
  /** False: lines were not read, or could not be asked about; the same file again goes on. */
  complete: z.boolean(),
  lines: z.int().nonnegative(),
  outcomes: z.partialRecord(StatementOutcome, z.int().nonnegative()),
  feeCents: z.int(),
  /** From the first line's time to the last one's, unless the request said what the statement covers. */
  period: z.object({ from: EpochMs, to: EpochMs }).nullable(),
  badLines: z.object({
    count: z.int().nonnegative(),
    first: z.array(z.object({ line: z.int().positive(), problem: z.string() })),
  }),
  /** Lines that a person should look at. */
  findings: z.array(
    z.object({
      line: z.int().positive(),
      outcome: StatementOutcome,
      amountCents: z.int(),
      endToEndId: z.string().nullable(),
      txid: z.string().nullable(),
      /** What it may be, by amount and time alone. */
      suggestedReceiptId: z.string().nullable(),
      /** What is written here. */
      hereCents: z.int().nullable(),
    }),
  ),
  /** Settled here within the period, and on no line. */
  missingThere: z.object({
    count: z.int().nonnegative(),
    first: z.array(z.object({ receiptId: z.string(), amountCents: z.int(), paidAt: EpochMs })),
  }),
});
export type StatementReport = z.infer<typeof StatementReport>;
