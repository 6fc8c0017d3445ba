import type { ServerContext } from '../context.ts';
import type { Transaction } from '../db/database.ts';

interface FailedRefund {
  readonly refundId: string;
  /** Null: the provider never had it. */
  readonly providerStatus: string | null;
}

/**
 * Takes up refunds again that were given up. One that the provider never had is asked for once more by its id; one that
 * it knows and refused is replaced by another, since an id is good once.
 * @param refundIds of refunds of ours that failed; others are passed over
 * @returns the ids under which they go on
 */
export function retryRefunds(
  context: ServerContext,
  merchantId: string,
  refundIds: readonly string[],
): Promise<string[]> {
  return context.db.transaction(async (transaction) => {
    const atMs = context.clock.nowMs();
    const failed = await transaction.query<FailedRefund & Record<string, unknown>>(
      `SELECT refund_id AS "refundId", provider_status AS "providerStatus" FROM refunds
       WHERE merchant_id = $1 AND refund_id = ANY($2) AND status = 'failed' AND initiated_by = 'us'
         AND replaced_by IS NULL
       ORDER BY refund_id FOR UPDATE`,
      [merchantId, refundIds],
    );
    const going: string[] = [];
    for (const refund of failed) going.push(await retry(transaction, merchantId, refund, new Date(atMs)));
    if (going.length > 0) transaction.afterCommit(() => context.workDue.announce('refund', atMs));
    return going;
  });
}

async function retry(
  transaction: Transaction,
  merchantId: string,
  { refundId, providerStatus }: FailedRefund,
  at: Date,
): Promise<string> {
  if (providerStatus === null) {
    await transaction.query(
      `UPDATE refunds SET status = 'requested', attempts_before = attempts, next_attempt_at = $3
       WHERE merchant_id = $1 AND refund_id = $2`,
      [merchantId, refundId, at],
    );
    return refundId;
  }
  const next = successorOf(refundId);
  await transaction.query(
    `WITH replaced AS (
       UPDATE refunds SET replaced_by = $3, next_attempt_at = NULL WHERE merchant_id = $1 AND refund_id = $2
       RETURNING *)
     INSERT INTO refunds (merchant_id, refund_id, receipt_id, transaction_id, amount_cents, reason, status,
       next_attempt_at, created_at, requested_by, note)
     SELECT merchant_id, $3, receipt_id, transaction_id, amount_cents, reason, 'requested', $4, $4, requested_by, note
     FROM replaced`,
    [merchantId, refundId, next, at],
  );
  return next;
}

/** `R…`, `R…2`, `R…3` …: an id has 33 characters, and API Pix allows 35. */
function successorOf(refundId: string): string {
  const base = refundId.length > 33 ? refundId.slice(0, 33) : refundId;
  const round = refundId.length > 33 ? Number(refundId.slice(33)) : 1;
  return `${base}${round + 1}`;
}
