import type { RecurrenceStatus } from '../../domain/protocol/recurring.ts';
import type { ServerContext } from '../context.ts';
import type { Transaction } from '../db/database.ts';
import type { RecurrenceKey } from './keep-recurrence.ts';

/** A customer who approves does so within minutes; by then a webhook that was not lost has come. */
export const FIRST_READ_MS = 60_000;

const ENDED: ReadonlySet<RecurrenceStatus | null> = new Set<RecurrenceStatus | null>([
  'rejected',
  'expired',
  'canceled',
]);

/**
 * Something changed, or is not whole: the rounds of reading begin anew. What has ended is not read again.
 * @param isWhole whether what was read has all its place here
 */
export async function planReads(
  { workDue }: Pick<ServerContext, 'workDue'>,
  transaction: Transaction,
  key: RecurrenceKey,
  { status, isWhole }: { readonly status: RecurrenceStatus | null; readonly isWhole: boolean },
  atMs: number,
): Promise<void> {
  const nextMs = ENDED.has(status) && isWhole ? null : atMs + FIRST_READ_MS;
  await transaction.query(
    `UPDATE recurrences SET read_attempts = 0, next_read_at = $5
     WHERE merchant_id = $1 AND provider = $2 AND kind = $3 AND recurrence_id = $4`,
    [key.merchantId, key.provider, key.kind, key.id, nextMs === null ? null : new Date(nextMs)],
  );
  if (nextMs !== null) transaction.afterCommit(() => workDue.announce('recurrence', nextMs));
}
