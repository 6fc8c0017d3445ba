import { type LedgerBalances, type LedgerStatement, MAX_LEDGER_LINES } from '../../domain/protocol/ledger.ts';
import type { Queryable } from '../db/database.ts';

export interface BalanceTime {
  /** What happened until then, that instant included. */
  readonly atMs: number;
  /** Of that, what the ledger knew by then; without it, all that it knows today. */
  readonly knownByMs?: number | undefined;
}

/** Every account of the merchant as it stood at a time, by code and currency. */
export async function readBalances(
  database: Queryable,
  merchantId: string,
  { atMs, knownByMs }: BalanceTime,
): Promise<LedgerBalances> {
  const accounts = await database.query<LedgerBalances['accounts'][number]>(
    `SELECT p.account_code AS "accountCode", a.kind, p.currency, sum(p.amount_cents)::bigint AS "balanceCents",
       coalesce(sum(p.amount_cents) FILTER (WHERE p.amount_cents > 0), 0)::bigint AS "debitCents",
       coalesce(-sum(p.amount_cents) FILTER (WHERE p.amount_cents < 0), 0)::bigint AS "creditCents"
     FROM ledger_entries e JOIN ledger_postings p USING (merchant_id, entry_id)
     JOIN ledger_accounts a ON a.merchant_id = p.merchant_id AND a.code = p.account_code
     WHERE e.merchant_id = $1 AND e.occurred_at <= $2 AND ($3::timestamptz IS NULL OR e.recorded_at <= $3)
     GROUP BY p.account_code, a.kind, p.currency
     ORDER BY array_position(ARRAY['asset', 'liability', 'income', 'expense'], a.kind), p.account_code, p.currency`,
    [merchantId, new Date(atMs), knownByMs === undefined ? null : new Date(knownByMs)],
  );
  return { at: atMs, knownBy: knownByMs ?? null, accounts };
}

/** The lines of one account, the newest of the chain first. @param before only older ones than this place in the chain */
export async function readStatement(
  database: Queryable,
  merchantId: string,
  accountCode: string,
  { before, limit }: { readonly before?: number | undefined; readonly limit: number },
): Promise<LedgerStatement> {
  const most = Math.min(limit, MAX_LEDGER_LINES);
  const rows = await database.query<
    Omit<LedgerStatement['lines'][number], 'occurredAt' | 'recordedAt'> & {
      occurredAt: Date;
      recordedAt: Date;
    }
  >(
    `SELECT e.entry_id AS "entryId", s.seq, e.kind, e.transaction_id AS "transactionId",
       e.idempotency_key AS "idempotencyKey", e.occurred_at AS "occurredAt", e.recorded_at AS "recordedAt",
       p.amount_cents AS "amountCents", p.currency
     FROM ledger_postings p JOIN ledger_entries e USING (merchant_id, entry_id)
     JOIN ledger_seals s USING (merchant_id, entry_id)
     WHERE p.merchant_id = $1 AND p.account_code = $2 AND ($3::bigint IS NULL OR s.seq < $3)
     ORDER BY s.seq DESC, p.line LIMIT $4`,
    [merchantId, accountCode, before ?? null, most],
  );
  const lines = rows.map((row) => ({
    ...row,
    occurredAt: row.occurredAt.getTime(),
    recordedAt: row.recordedAt.getTime(),
  }));
  return { lines, nextBefore: lines.length < most ? null : (lines.at(-1)?.seq ?? null) };
}
