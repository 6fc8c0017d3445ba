import type { Clock } from '../../domain/clock.ts';
import {
  type DeadLetterDetail,
  type DeadLetterFilter,
  type DeadLetterList,
  type DeadLetterRetry,
  MAX_DEAD_LETTERS,
} from '../../domain/protocol/dead-letters.ts';
import type { Queryable } from '../db/database.ts';

const COLUMNS = `inbox_id AS "inboxId", provider, event_type AS "eventType",
  (extract(epoch FROM received_at) * 1000)::bigint AS "receivedAt", deliveries, attempts,
  coalesce(last_error, '') AS reason, length(body) AS "bodyBytes"`;
const CHOSEN = `status = 'dead' AND ($1::text IS NULL OR provider = $1)
  AND ($2::text IS NULL OR strpos(lower(coalesce(last_error, '')), lower($2)) > 0)`;

/** The oldest first. */
export async function listDeadLetters(
  database: Queryable,
  { provider, reason }: DeadLetterFilter,
  limit: number,
): Promise<DeadLetterList> {
  const parameters = [provider ?? null, reason ?? null];
  const deadLetters = await database.query<DeadLetterList['deadLetters'][number] & Record<string, unknown>>(
    `SELECT ${COLUMNS} FROM webhook_inbox WHERE ${CHOSEN} ORDER BY received_at, inbox_id LIMIT $3`,
    [...parameters, limit],
  );
  const [count] = await database.query<{ total: number }>(
    `SELECT count(*)::int AS total FROM webhook_inbox WHERE ${CHOSEN}`,
    parameters,
  );
  return { deadLetters, total: count?.total ?? 0 };
}

export async function readDeadLetter(
  database: Queryable,
  inboxId: string,
): Promise<DeadLetterDetail | undefined> {
  const [row] = await database.query<
    Omit<DeadLetterDetail, 'body'> & { body: Uint8Array } & Record<string, unknown>
  >(`SELECT ${COLUMNS}, body, headers FROM webhook_inbox WHERE inbox_id = $1 AND status = 'dead'`, [inboxId]);
  return row === undefined ? undefined : { ...row, body: Buffer.from(row.body).toString('utf8') };
}

/**
 * Has dead letters worked off again, each with all its attempts; at most MAX_DEAD_LETTERS at a time, the oldest first.
 * @returns how many; with `dryRun` how many it would be
 */
export async function retryDeadLetters(
  { db, clock }: { readonly db: Queryable; readonly clock: Clock },
  { inboxIds, filter = {}, dryRun }: DeadLetterRetry,
): Promise<number> {
  const chosen = `SELECT inbox_id FROM webhook_inbox WHERE ${CHOSEN} AND ($3::uuid[] IS NULL OR inbox_id = ANY($3))
    ORDER BY received_at, inbox_id LIMIT ${MAX_DEAD_LETTERS}`;
  const parameters = [filter.provider ?? null, filter.reason ?? null, inboxIds ?? null];
  if (dryRun) return (await db.query(chosen, parameters)).length;
  const retried = await db.query(
    `UPDATE webhook_inbox SET status = 'received', attempts = 0, next_attempt_at = $4, outcome = NULL, processed_at = NULL
     WHERE inbox_id IN (${chosen} FOR UPDATE SKIP LOCKED) RETURNING inbox_id`,
    [...parameters, new Date(clock.nowMs())],
  );
  return retried.length;
}

/**
 * Has webhooks of whatever state worked off again, unless they wait for that already, or retention has deleted what
 * they said. @returns how many
 */
export async function replayWebhooks(
  { db, clock }: { readonly db: Queryable; readonly clock: Clock },
  inboxIds: readonly string[],
): Promise<number> {
  const replayed = await db.query(
    `UPDATE webhook_inbox SET status = 'received', attempts = 0, next_attempt_at = $2, outcome = NULL, processed_at = NULL
     WHERE inbox_id = ANY($1) AND status <> 'received' AND body_kept <> 'pruned' RETURNING inbox_id`,
    [inboxIds, new Date(clock.nowMs())],
  );
  return replayed.length;
}
