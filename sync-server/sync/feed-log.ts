import { FEED_PAYLOADS, type FeedKind, type FeedPayload } from '../../domain/protocol/feed.ts';
import type { Transaction } from '../db/database.ts';
import { FEED_CHANNEL, type FeedWake } from './feed-wake.ts';

export interface UnitKey {
  readonly merchantId: string;
  readonly unitId: string;
}

/**
 * Appends one entry to a unit's feed, inside the transaction that makes it true. The unit's row stays locked until
 * the commit, so sequences commit in order and a reader's cursor never skips one that commits late. Call it last in
 * the transaction: everything after it makes the other writers of the unit wait.
 * @returns the entry's sequence
 */
export function appendFeed<K extends FeedKind>(
  transaction: Transaction,
  wake: FeedWake,
  unit: UnitKey,
  kind: K,
  payload: FeedPayload<K>,
  atMs: number,
): Promise<number> {
  return appendFeedEntries(transaction, wake, unit, kind, [payload], atMs);
}

/**
 * The same for several entries of one kind, in their order, in one statement.
 * @param payloads at least one
 * @returns the sequence of the last
 */
export async function appendFeedEntries<K extends FeedKind>(
  transaction: Transaction,
  wake: FeedWake,
  unit: UnitKey,
  kind: K,
  payloads: readonly FeedPayload<K>[],
  atMs: number,
): Promise<number> {
  const checked = payloads.map((payload) => FEED_PAYLOADS[kind].parse(payload));
  const [last] = await transaction.query<{ seq: number }>(
    `WITH unit AS (
       UPDATE units SET feed_head = feed_head + $3 WHERE merchant_id = $1 AND unit_id = $2 RETURNING feed_head
     ), appended AS (
       INSERT INTO feed (merchant_id, unit_id, seq, at, kind, payload)
       SELECT $1, $2, unit.feed_head - $3 + entry.position, $4, $5, entry.payload
       FROM unit, jsonb_array_elements($6::jsonb) WITH ORDINALITY AS entry (payload, position)
     )
     SELECT feed_head AS seq, pg_notify($7, $2::text) FROM unit`,
    [
      unit.merchantId,
      unit.unitId,
      checked.length,
      new Date(atMs),
      kind,
      JSON.stringify(checked),
      FEED_CHANNEL,
    ],
  );
  if (last === undefined) throw new Error(`unit ${unit.unitId} does not exist`);
  transaction.afterCommit(() => wake.wake(unit.unitId));
  return last.seq;
}
