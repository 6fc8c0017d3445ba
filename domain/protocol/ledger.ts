import { z } from 'zod';
import { EpochMs, Uuid } from './primitives.ts';

/** Where a merchant's chain ends: who has noted it down sees later whether the ledger before it was rewritten. */
export const LedgerHead = z.object({
  merchantId: Uuid,
  /** Entries in the chain. */
  seq: z.int().nonnegative(),
  /** SHA-256, hexadecimal. */
  hash: z.string().regex(/^[0-9a-f]{64}$/),
});
export type LedgerHead = z.infer<typeof LedgerHead>;

/** A rule of the ledger that does not hold, and where. */
export const LedgerFinding = z.object({
  rule: z.string(),
  merchantId: Uuid,
  /** An entry, an account, a Pix, a refund or a transaction, as the rule says. */
  subject: z.string(),
  detail: z.string(),
});
export type LedgerFinding = z.infer<typeof LedgerFinding>;

/** `GET /v1/ledger/verify`: all of the merchant's ledger, recomputed. */
export const LedgerVerification = z.object({
  ok: z.boolean(),
  entries: z.int().nonnegative(),
  head: LedgerHead,
  /** The first break of the chain first, then what else does not hold. */
  findings: z.array(LedgerFinding),
});
export type LedgerVerification = z.infer<typeof LedgerVerification>;

export const ACCOUNT_KINDS = ['asset', 'liability', 'income', 'expense'] as const;

/** `GET /v1/ledger/balances`: every account as it stood at a time. */
export const LedgerBalances = z.object({
  /** What happened until then, that instant included. */
  at: EpochMs,
  /** Of that, what the ledger knew by then; null: all that it knows today. */
  knownBy: EpochMs.nullable(),
  accounts: z.array(
    z.object({
      accountCode: z.string(),
      kind: z.enum(ACCOUNT_KINDS),
      currency: z.string().length(3),
      /** Debit positive, credit negative; all of one currency add up to zero. */
      balanceCents: z.int(),
      debitCents: z.int().nonnegative(),
      creditCents: z.int().nonnegative(),
    }),
  ),
});
export type LedgerBalances = z.infer<typeof LedgerBalances>;

export const MAX_LEDGER_LINES = 500;

/** `GET /v1/ledger/accounts/<code>`: the lines of an account, the newest first. */
export const LedgerStatement = z.object({
  lines: z.array(
    z.object({
      entryId: Uuid,
      /** Its place in the chain. */
      seq: z.int().positive(),
      kind: z.string(),
      transactionId: Uuid.nullable(),
      idempotencyKey: z.string(),
      occurredAt: EpochMs,
      recordedAt: EpochMs,
      amountCents: z.int(),
      currency: z.string().length(3),
    }),
  ),
  /** Give it as `before` for older lines; null when these were the last. */
  nextBefore: z.int().positive().nullable(),
});
export type LedgerStatement = z.infer<typeof LedgerStatement>;
