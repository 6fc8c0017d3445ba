import { FEED_PAYLOADS, type FeedKind, type FeedPayload } from '../../domain/protocol/feed.ts';
import type { Transaction } from '../db/database.ts';
import type { FeedWake } from './feed-wake.ts';

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
export async function appendFeed<K extends FeedKind>(
  transaction: Transaction,
  wake: FeedWake,
  unit: UnitKey,
  kind: K,
  payload: FeedPayload<K>,
  atMs: number,
): Promise<number> {
  const checked = FEED_PAYLOADS[kind].parse(payload);
  const [head] = await transaction.query<{ seq: number }>(
    'UPDATE units SET feed_head = feed_head + 1 WHERE merchant_id = $1 AND unit_id = $2 RETURNING feed_head AS seq',
    [unit.merchantId, unit.unitId],
  );
  if (head === undefined) throw new Error(`unit ${unit.unitId} does not exist`);
  await transaction.query(
    'INSERT INTO feed (merchant_id, unit_id, seq, at, kind, payload) VALUES ($1, $2, $3, $4, $5, $6)',
    [unit.merchantId, unit.unitId, head.seq, new Date(atMs), kind, JSON.stringify(checked)],
  );
  await transaction.query('SELECT pg_notify($1, $2)', ['totem_feed', unit.unitId]);
  transaction.afterCommit(() => wake.wake(unit.unitId));
  return head.seq;
}
