import { createHash } from 'node:crypto';
import type { Queryable } from '../../db/database.ts';

interface SealedEntry {
  readonly merchantId: string;
  readonly seq: number;
  readonly entryId: string;
  readonly kind: string;
  readonly transactionId: string | null;
  readonly idempotencyKey: string;
  readonly occurredMicros: string;
  readonly recordedMicros: string;
  readonly sealHex: string;
  readonly lines: readonly (readonly [number, string, string, string])[];
}

/**
 * Recomputes every seal by what docs/ledger.md says, and by nothing else of the product.
 * @returns what is wrong; empty where each chain is whole, up to its head
 */
export async function chainFaults(database: Queryable): Promise<string[]> {
  const faults: string[] = [];
  const entries = await database.query<SealedEntry & Record<string, unknown>>(
    `SELECT s.merchant_id AS "merchantId", s.seq, s.entry_id AS "entryId", e.kind, e.transaction_id AS "transactionId",
       e.idempotency_key AS "idempotencyKey", (extract(epoch FROM e.occurred_at) * 1000000)::bigint::text AS "occurredMicros",
       (extract(epoch FROM e.recorded_at) * 1000000)::bigint::text AS "recordedMicros", encode(s.hash, 'hex') AS "sealHex",
       (SELECT json_agg(json_build_array(p.line, p.account_code, p.amount_cents::text, p.currency) ORDER BY p.line)
        FROM ledger_postings p WHERE p.merchant_id = s.merchant_id AND p.entry_id = s.entry_id) AS lines
     FROM ledger_seals s LEFT JOIN ledger_entries e USING (merchant_id, entry_id) ORDER BY s.merchant_id, s.seq`,
  );
  const heads = new Map<string, { seq: number; hash: Buffer }>();
  for (const entry of entries) {
    const before = heads.get(entry.merchantId) ?? { seq: 0, hash: Buffer.alloc(32) };
    if (entry.seq !== before.seq + 1) faults.push(`${entry.merchantId}: ${entry.seq} after ${before.seq}`);
    const fields = [
      entry.merchantId,
      String(entry.seq),
      entry.entryId,
      entry.kind,
      entry.transactionId,
      entry.idempotencyKey,
      entry.occurredMicros,
      entry.recordedMicros,
      ...entry.lines.flatMap(([line, account, cents, currency]) => [String(line), account, cents, currency]),
    ];
    const hash = createHash('sha256').update(before.hash).update(fields.map(field).join('')).digest();
    if (hash.toString('hex') !== entry.sealHex) faults.push(`${entry.merchantId}: seal ${entry.seq}`);
    heads.set(entry.merchantId, { seq: entry.seq, hash });
  }
  const unsealed = await database.query<{ entryId: string }>(
    `SELECT entry_id AS "entryId" FROM ledger_entries e
     WHERE NOT EXISTS (SELECT FROM ledger_seals s WHERE s.merchant_id = e.merchant_id AND s.entry_id = e.entry_id)`,
  );
  faults.push(...unsealed.map(({ entryId }) => `${entryId} is not sealed`));
  const noted = await database.query<{ merchantId: string; seq: number; hashHex: string }>(
    `SELECT merchant_id AS "merchantId", seq, encode(hash, 'hex') AS "hashHex" FROM ledger_heads`,
  );
  for (const { merchantId, seq, hashHex } of noted) {
    const head = heads.get(merchantId);
    if (head?.seq !== seq || head.hash.toString('hex') !== hashHex) faults.push(`${merchantId}: its head`);
  }
  return faults;
}

function field(value: string | null): string {
  return value === null ? '-,' : `${Buffer.byteLength(value, 'utf8')}:${value},`;
}
