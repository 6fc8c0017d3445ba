import type { LedgerFinding, LedgerHead, LedgerVerification } from '../../domain/protocol/ledger.ts';
import type { Database, Queryable } from '../db/database.ts';
import { findLedgerBreaches } from './audit-ledger.ts';
import { CHAIN_START, type SealedEntry, sealOf } from './chain-hash.ts';

const PAGE = 2_000;

export interface LedgerToVerify {
  readonly merchantId: string;
  /** A head that somebody noted down earlier: the chain still has to go through it. */
  readonly notedHead?: Pick<LedgerHead, 'seq' | 'hash'> | undefined;
}

/**
 * Recomputes all of a merchant's ledger: each seal from the first entry on, without the database's own hash, and then every rule
 * between the postings and the facts they were posted from. Reads only, from one snapshot, so that it may run while
 * money is moving.
 */
export function verifyLedger(database: Database, ledger: LedgerToVerify): Promise<LedgerVerification> {
  return database.transaction(async (transaction) => {
    await transaction.query('SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY');
    // A ledger of years takes longer than any statement of the running server.
    await transaction.query('SET LOCAL statement_timeout = 0');
    return verifyWithin(transaction, ledger);
  });
}

/** The same, within a snapshot that the caller has opened. */
export async function verifyWithin(
  snapshot: Queryable,
  { merchantId, notedHead }: LedgerToVerify,
): Promise<LedgerVerification> {
  const chain = await walkChain(snapshot, merchantId, notedHead);
  const findings = [
    ...chain.findings,
    ...(await unsealed(snapshot, merchantId)),
    ...(await findLedgerBreaches(snapshot, merchantId)),
  ];
  return { ok: findings.length === 0, entries: chain.head.seq, head: chain.head, findings };
}

interface Link {
  readonly seq: number;
  readonly hash: Uint8Array;
  readonly sealedEntryId: string;
  /** Null where the entry is gone. */
  readonly entry: SealedEntry | null;
}

/** Recomputes a merchant's seals from the first on. @returns where the chain ends, and its first break */
export async function walkChain(
  database: Queryable,
  merchantId: string,
  notedHead?: LedgerToVerify['notedHead'],
): Promise<{ readonly head: LedgerHead; readonly findings: readonly LedgerFinding[] }> {
  let hash: Uint8Array = CHAIN_START;
  let seq = 0;
  const head = (): LedgerHead => ({ merchantId, seq, hash: Buffer.from(hash).toString('hex') });
  const broken = (rule: string, subject: string, detail: string) => ({
    head: head(),
    findings: [{ rule, merchantId, subject, detail }],
  });
  for (;;) {
    const links = await readLinks(database, merchantId, seq);
    for (const link of links) {
      if (link.seq !== seq + 1)
        return broken('chain_has_no_gap', link.sealedEntryId, `after ${seq} comes ${link.seq}`);
      if (link.entry === null)
        return broken('sealed_entry_is_there', link.sealedEntryId, `number ${link.seq} of the chain is gone`);
      const expected = sealOf(hash, link.seq, link.entry);
      if (!expected.equals(Buffer.from(link.hash)))
        return broken(
          'entry_says_what_was_sealed',
          link.sealedEntryId,
          `number ${link.seq} of the chain, ${link.entry.kind}: it, or what is before it, was changed after it was sealed`,
        );
      ({ seq, hash } = link);
      if (notedHead?.seq === seq && notedHead.hash !== expected.toString('hex'))
        return broken(
          'chain_goes_through_the_noted_head',
          `${seq}`,
          'the ledger was written anew up to here',
        );
    }
    if (links.length < PAGE) break;
  }
  if (notedHead !== undefined && notedHead.seq > seq)
    return broken('chain_goes_through_the_noted_head', `${notedHead.seq}`, `the chain ends at ${seq}`);
  const [kept] = await database.query<{ seq: number; hash: Buffer }>(
    'SELECT seq, hash FROM ledger_heads WHERE merchant_id = $1',
    [merchantId],
  );
  if ((kept?.seq ?? 0) !== seq || (kept !== undefined && !Buffer.from(hash).equals(Buffer.from(kept.hash))))
    return broken('chain_ends_at_its_head', `${kept?.seq ?? 0}`, `the last seal is number ${seq}`);
  return { head: head(), findings: [] };
}

async function readLinks(database: Queryable, merchantId: string, after: number): Promise<Link[]> {
  const rows = await database.query<{
    seq: number;
    hash: Buffer;
    sealedEntryId: string;
    entry: SealedEntry | null;
  }>(
    `SELECT s.seq, s.hash, s.entry_id AS "sealedEntryId",
       CASE WHEN e.entry_id IS NOT NULL THEN jsonb_build_object(
         'merchantId', e.merchant_id, 'entryId', e.entry_id, 'kind', e.kind, 'transactionId', e.transaction_id,
         'idempotencyKey', e.idempotency_key,
         'occurredAtMicros', ((extract(epoch FROM e.occurred_at) * 1000000)::bigint)::text,
         'recordedAtMicros', ((extract(epoch FROM e.recorded_at) * 1000000)::bigint)::text,
         'postings', coalesce((
           SELECT jsonb_agg(jsonb_build_object('line', line, 'accountCode', account_code, 'amountCents', amount_cents,
                                               'currency', currency) ORDER BY line)
           FROM ledger_postings p WHERE p.merchant_id = e.merchant_id AND p.entry_id = e.entry_id), '[]')) END AS entry
     FROM ledger_seals s LEFT JOIN ledger_entries e USING (merchant_id, entry_id)
     WHERE s.merchant_id = $1 AND s.seq > $2 ORDER BY s.seq LIMIT ${PAGE}`,
    [merchantId, after],
  );
  return rows;
}

/** Entries that went past the chain. */
async function unsealed(database: Queryable, merchantId: string): Promise<LedgerFinding[]> {
  return database.query<{ rule: string; merchantId: string; subject: string; detail: string }>(
    `SELECT 'entry_is_sealed' AS rule, merchant_id AS "merchantId", entry_id::text AS subject, kind AS detail
     FROM ledger_entries LEFT JOIN ledger_seals s USING (merchant_id, entry_id)
     WHERE merchant_id = $1 AND s.seq IS NULL LIMIT 100`,
    [merchantId],
  );
}
