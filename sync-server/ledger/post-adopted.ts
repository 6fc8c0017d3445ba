import { newId } from '../../domain/ids.ts';
import type { Transaction } from '../db/database.ts';
import { ensureAccounts, receivableAccount, SALES, SALES_RETURNS } from './accounts.ts';
import type { LedgerDeps } from './ledger.ts';

/** Money of an old system: it moved before, or beside, this one. */
export interface AdoptedFact {
  readonly kind: 'adopted_sale' | 'adopted_refund' | 'adopted_chargeback' | 'adopted_chargeback_won';
  readonly merchantId: string;
  readonly adoptedId: string;
  readonly provider: string;
  /** Positive integer cents of `currency`: of a refund, what went back this time; of a won dispute, what came again. */
  readonly amountCents: number;
  /** What has gone back (or come again) until then, this time included; it tells two refunds of one sale apart. */
  readonly totalCents: number;
  readonly currency: string;
  readonly occurredAtMs: number;
}

/**
 * Posts what rows of an old system tell, at the time when it happened, a batch at once. The caller's transaction also
 * writes the rows, each change of them once: a fact that was posted before is a bug, and the database refuses it.
 */
export async function postAdopted(
  deps: LedgerDeps,
  transaction: Transaction,
  facts: readonly AdoptedFact[],
): Promise<void> {
  const entries = facts.map((fact) => {
    const receivable = receivableAccount(fact.provider);
    const isSale = fact.kind === 'adopted_sale';
    return {
      ...fact,
      entryId: newId(deps.clock, deps.randomBytes),
      key: isSale ? `${fact.kind}:${fact.adoptedId}` : `${fact.kind}:${fact.adoptedId}:${fact.totalCents}`,
      debit: isSale || fact.kind === 'adopted_chargeback_won' ? receivable : SALES_RETURNS,
      credit: isSale ? SALES : fact.kind === 'adopted_chargeback_won' ? SALES_RETURNS : receivable,
    };
  });
  if (entries.length === 0) return;
  for (const merchantId of [...new Set(entries.map((entry) => entry.merchantId))].toSorted()) {
    const theirs = entries.filter((entry) => entry.merchantId === merchantId);
    const accounts = new Map(
      theirs.flatMap(({ debit, credit }) => [debit, credit]).map((one) => [one.code, one]),
    );
    await ensureAccounts(transaction, merchantId, [...accounts.values()]);
  }
  const rows = JSON.stringify(
    entries.map(({ debit, credit, occurredAtMs, ...entry }) => ({
      ...entry,
      debit: debit.code,
      credit: credit.code,
      at: new Date(occurredAtMs),
    })),
  );
  await transaction.query(
    `INSERT INTO ledger_entries (merchant_id, entry_id, kind, transaction_id, idempotency_key, occurred_at, recorded_at)
     SELECT "merchantId", "entryId", kind, "adoptedId", key, at, $2 FROM jsonb_to_recordset($1::jsonb)
       AS e ("merchantId" uuid, "entryId" uuid, kind text, "adoptedId" uuid, key text, at timestamptz)`,
    [rows, new Date(deps.clock.nowMs())],
  );
  await transaction.query(
    `INSERT INTO ledger_postings (merchant_id, entry_id, line, account_code, amount_cents, currency)
     SELECT "merchantId", "entryId", line, CASE line WHEN 1 THEN debit ELSE credit END,
       CASE line WHEN 1 THEN "amountCents" ELSE -"amountCents" END, currency
     FROM jsonb_to_recordset($1::jsonb) AS e ("merchantId" uuid, "entryId" uuid, debit text, credit text,
       "amountCents" bigint, currency text), generate_series(1, 2) AS line`,
    [rows],
  );
}
