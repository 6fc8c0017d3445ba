import type { FeedEntry } from '../../domain/protocol/feed.ts';
import type { Queryable } from '../db/database.ts';
import type { UnitKey } from './feed-log.ts';

export interface FeedSlice {
  readonly entries: readonly FeedEntry[];
  readonly head: number;
}

type Row = { head: number; seq: number | null; at: Date; kind: string; payload: unknown };

/**
 * Up to `limit` entries after the cursor `after`, and the unit's newest sequence. One statement, so that both are of
 * one moment: a reader is never told of a head that its page should have reached.
 */
export async function readFeedPage(
  db: Queryable,
  { merchantId, unitId }: UnitKey,
  after: number,
  limit: number,
): Promise<FeedSlice> {
  const rows = await db.query<Row>(
    `SELECT unit.feed_head AS head, entry.seq, entry.at, entry.kind, entry.payload
     FROM units unit LEFT JOIN LATERAL (
       SELECT seq, at, kind, payload FROM feed
       WHERE merchant_id = unit.merchant_id AND unit_id = unit.unit_id AND seq > $3 ORDER BY seq LIMIT $4
     ) entry ON true
     WHERE unit.merchant_id = $1 AND unit.unit_id = $2 ORDER BY entry.seq`,
    [merchantId, unitId, after, limit],
  );
  const entries: FeedEntry[] = [];
  for (const { seq, at, kind, payload } of rows) {
    if (seq !== null) entries.push({ seq, at: at.getTime(), kind, payload });
  }
  return { entries, head: rows[0]?.head ?? 0 };
}
