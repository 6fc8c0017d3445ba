import { newId } from '../../domain/ids.ts';
import type { Transaction } from '../db/database.ts';
import { type Account, ensureAccounts, FEES, receivableAccount, SETTLEMENT } from './accounts.ts';
import type { LedgerDeps } from './ledger.ts';

/** A line of a provider's statement, as far as the ledger is concerned. */
export interface PostedLine {
  readonly kind: string;
  readonly atMs: number;
  /** Of the line; positive or zero integer cents of `currency`. */
  readonly amountCents: number;
  /** What the provider kept of it. */
  readonly feeCents: number;
  readonly currency: string;
  /** What makes it this line and no other. */
  readonly ref: string;
}

/**
 * Posts what only a statement tells: the provider's fees, and what it paid out to the merchant's account. All at once,
 * since each line of a day may have its fee. The caller's transaction also stores the lines, each of them once.
 */
export async function postStatementLines(
  deps: LedgerDeps,
  transaction: Transaction,
  { merchantId, provider }: { readonly merchantId: string; readonly provider: string },
  lines: readonly PostedLine[],
): Promise<void> {
  const receivable = receivableAccount(provider);
  const entries = lines.flatMap((line) => {
    const entry = (kind: string, debit: Account, amountCents: number) =>
      amountCents > 0
        ? [{ ...line, kind, debit, amountCents, entryId: newId(deps.clock, deps.randomBytes) }]
        : [];
    if (line.kind === 'payout') return entry('payout', SETTLEMENT, line.amountCents);
    return entry('fee', FEES, line.kind === 'fee' ? line.amountCents : line.feeCents);
  });
  if (entries.length === 0) return;
  await ensureAccounts(transaction, merchantId, [FEES, receivable, SETTLEMENT]);
  const column = <T>(of: (entry: (typeof entries)[number]) => T): T[] => entries.map(of);
  await transaction.query(
    `INSERT INTO ledger_entries (merchant_id, entry_id, kind, transaction_id, idempotency_key, occurred_at, recorded_at)
     SELECT $1, entry_id, kind, NULL, key, at, $2
     FROM unnest($3::uuid[], $4::text[], $5::text[], $6::timestamptz[]) AS e (entry_id, kind, key, at)`,
    [
      merchantId,
      new Date(deps.clock.nowMs()),
      column(({ entryId }) => entryId),
      column(({ kind }) => kind),
      column(({ kind, ref }) => `${kind}:${provider}:${ref}`),
      column(({ atMs }) => new Date(atMs)),
    ],
  );
  await transaction.query(
    `INSERT INTO ledger_postings (merchant_id, entry_id, line, account_code, amount_cents, currency)
     SELECT $1, entry_id, line, CASE line WHEN 1 THEN debit ELSE $2 END, CASE line WHEN 1 THEN cents ELSE -cents END, currency
     FROM unnest($3::uuid[], $4::text[], $5::bigint[], $6::text[]) AS e (entry_id, debit, cents, currency),
       generate_series(1, 2) AS line`,
    [
      merchantId,
      receivable.code,
      column(({ entryId }) => entryId),
      column(({ debit }) => debit.code),
      column(({ amountCents }) => amountCents),
      column(({ currency }) => currency),
    ],
  );
}
