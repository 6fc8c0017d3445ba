import { createHash } from 'node:crypto';

/** An entry of the ledger with all that its seal covers. Times are microseconds since 1970, as text: they are exact. */
export interface SealedEntry {
  readonly merchantId: string;
  readonly entryId: string;
  readonly kind: string;
  readonly transactionId: string | null;
  readonly idempotencyKey: string;
  readonly occurredAtMicros: string;
  readonly recordedAtMicros: string;
  /** By line. Debit positive, credit negative. */
  readonly postings: readonly {
    readonly line: number;
    readonly accountCode: string;
    readonly amountCents: number;
    readonly currency: string;
  }[];
}

/** What the first entry of a chain is sealed on. */
export const CHAIN_START: Uint8Array = new Uint8Array(32);

/**
 * The seal of a ledger entry: SHA-256 over the seal before it and all that the entry says. The database computes it when
 * the entry is committed (migration 0210); this is the same, without the database, so that it can be checked.
 * @param seq the entry's place in its merchant's chain, from 1
 */
export function sealOf(previous: Uint8Array, seq: number, entry: SealedEntry): Buffer {
  const fields = [
    entry.merchantId,
    String(seq),
    entry.entryId,
    entry.kind,
    entry.transactionId,
    entry.idempotencyKey,
    entry.occurredAtMicros,
    entry.recordedAtMicros,
    ...entry.postings.flatMap(({ line, accountCode, amountCents, currency }) => [
      String(line),
      accountCode,
      String(amountCents),
      currency,
    ]),
  ];
  return createHash('sha256').update(previous).update(fields.map(fieldOf).join(''), 'utf8').digest();
}

/** So written that no two lists of values give the same bytes: the length in bytes, a colon, the value. */
function fieldOf(value: string | null): string {
  return value === null ? '-,' : `${Buffer.byteLength(value, 'utf8')}:${value},`;
}
