import type { Database, Transaction } from '../db/database.ts';

export interface SharedLimits {
  readonly perAddress: number;
  /** From all addresses together; it bounds the table as well. */
  readonly total: number;
  readonly windowMs: number;
}

export type EnrolmentAttempt =
  | { readonly ok: true; readonly attemptId: number }
  | { readonly ok: false; readonly retryAfterMs: number };

/**
 * Counts one attempt, for all processes of the database together: they take turns, so that many at once are no more
 * than the limit. What lies further in the future than a window was counted before the clock was set back, and is
 * forgotten; what lies nearer may be of a process whose clock is ahead, and counts.
 */
export function takeEnrolmentAttempt(
  db: Pick<Database, 'transaction'>,
  limits: SharedLimits,
  address: string,
  nowMs: number,
): Promise<EnrolmentAttempt> {
  return db.transaction(async (transaction) => {
    await transaction.query("SELECT pg_advisory_xact_lock(hashtextextended('enrolment attempts', 0))");
    await transaction.query('DELETE FROM enrolment_attempts WHERE at <= $1 OR at > $2', [
      new Date(nowMs - limits.windowMs),
      new Date(nowMs + limits.windowMs),
    ]);
    const blockedSinceMs = await blockedSince(transaction, limits, address);
    if (blockedSinceMs !== null) return { ok: false, retryAfterMs: blockedSinceMs + limits.windowMs - nowMs };
    const [made] = await transaction.query<{ attemptId: number }>(
      'INSERT INTO enrolment_attempts (address, at) VALUES ($1, $2) RETURNING attempt_id AS "attemptId"',
      [address, new Date(nowMs)],
    );
    if (made === undefined) throw new Error('an inserted attempt was not returned');
    return { ok: true, attemptId: made.attemptId };
  });
}

/** The attempt was a good one, or came to nothing by our fault: it does not count. */
export async function giveBackEnrolmentAttempt(
  db: Pick<Database, 'query'>,
  attemptId: number,
): Promise<void> {
  await db.query('DELETE FROM enrolment_attempts WHERE attempt_id = $1', [attemptId]);
}

/** @returns the instant of the oldest attempt that is in the way, in epoch ms; null when none is */
async function blockedSince(
  transaction: Transaction,
  { perAddress, total }: SharedLimits,
  address: string,
): Promise<number | null> {
  const [counted] = await transaction.query<{
    own: number;
    all: number;
    ownOldest: Date | null;
    oldest: Date | null;
  }>(
    `SELECT count(*) FILTER (WHERE address = $1) AS own, count(*) AS all,
       min(at) FILTER (WHERE address = $1) AS "ownOldest", min(at) AS oldest FROM enrolment_attempts`,
    [address],
  );
  if (counted === undefined) throw new Error('a count has one row');
  if (counted.own >= perAddress) return counted.ownOldest?.getTime() ?? null;
  return counted.all >= total ? (counted.oldest?.getTime() ?? null) : null;
}
