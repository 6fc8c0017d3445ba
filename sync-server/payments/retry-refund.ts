import { createHash } from 'node:crypto';
import type { ServerContext } from '../context.ts';
import type { Transaction } from '../db/database.ts';

interface FailedRefund {
  readonly refundId: string;
  /** Null: the provider never had it. */
  readonly providerStatus: string | null;
  /** The provider said that it did not carry it out, and will not. */
  readonly refused: boolean;
  readonly initiatedBy: 'us' | 'provider';
  /** Of its receipt, what neither went back nor is on its way. */
  readonly leftCents: number;
  readonly amountCents: number;
}

/**
 * Takes up refunds again that were given up. One that the provider never had is asked for once more by its id; one that
 * the provider still had under way is asked about once more; one that it refused is replaced by another, since an id is
 * good once. In the place of one that the provider made by itself we ask for one of our own.
 * @param refundIds of refunds that failed; others are passed over, and those whose money went back otherwise
 * @returns the ids under which they go on
 */
export function retryRefunds(
  context: ServerContext,
  merchantId: string,
  refundIds: readonly string[],
): Promise<string[]> {
  return context.db.transaction(async (transaction) => {
    const atMs = context.clock.nowMs();
    // As whoever asks for a refund does, so that two at once never send back more than came.
    await transaction.query(
      `SELECT 1 FROM payment_transactions WHERE merchant_id = $1 AND transaction_id IN (
         SELECT transaction_id FROM refunds WHERE merchant_id = $1 AND refund_id = ANY($2))
       ORDER BY transaction_id FOR UPDATE`,
      [merchantId, refundIds],
    );
    const going: string[] = [];
    for (const refundId of [...new Set(refundIds)].sort()) {
      const refund = await lockFailed(transaction, merchantId, refundId);
      if (refund === undefined || refund.leftCents < refund.amountCents) continue;
      going.push(await retry(transaction, merchantId, refund, new Date(atMs)));
    }
    if (going.length > 0) transaction.afterCommit(() => context.workDue.announce('refund', atMs));
    return going;
  });
}

async function lockFailed(
  transaction: Transaction,
  merchantId: string,
  refundId: string,
): Promise<FailedRefund | undefined> {
  const [failed] = await transaction.query<FailedRefund & Record<string, unknown>>(
    `SELECT f.refund_id AS "refundId", f.provider_status AS "providerStatus", f.refused, f.amount_cents AS "amountCents",
       f.initiated_by AS "initiatedBy",
       r.amount_cents - (SELECT coalesce(sum(o.amount_cents), 0) FROM refunds o
         WHERE o.merchant_id = $1 AND o.receipt_id = f.receipt_id AND o.status <> 'failed')::bigint AS "leftCents"
     FROM refunds f JOIN receipts r USING (merchant_id, receipt_id)
     WHERE f.merchant_id = $1 AND f.refund_id = $2 AND f.status = 'failed' AND f.replaced_by IS NULL
       AND f.returned_at IS NULL
       -- What bought nothing has a refund of ours already.
       AND (f.initiated_by = 'us' OR r.disposition = 'settles')
     FOR UPDATE OF f`,
    [merchantId, refundId],
  );
  return failed;
}

/** Counted as an attempt, the taking up ends the claim of a worker that is looking at the refund just now. */
async function retry(
  transaction: Transaction,
  merchantId: string,
  { refundId, providerStatus, refused, initiatedBy }: FailedRefund,
  at: Date,
): Promise<string> {
  const isOurs = initiatedBy === 'us';
  if (isOurs && !refused) {
    await transaction.query(
      `UPDATE refunds SET status = $4, attempts = attempts + 1, attempts_before = attempts + 1, next_attempt_at = $3
       WHERE merchant_id = $1 AND refund_id = $2`,
      [merchantId, refundId, at, providerStatus === null ? 'requested' : 'processing'],
    );
    return refundId;
  }
  const next = isOurs ? successorOf(refundId) : ownNameFor(refundId);
  await transaction.query(
    `WITH replaced AS (
       UPDATE refunds SET replaced_by = $3, attempts = attempts + 1, next_attempt_at = NULL
       WHERE merchant_id = $1 AND refund_id = $2
       RETURNING *)
     INSERT INTO refunds (merchant_id, refund_id, receipt_id, transaction_id, amount_cents, reason, status,
       next_attempt_at, created_at, requested_by, note)
     SELECT merchant_id, $3, receipt_id, transaction_id, amount_cents,
       CASE WHEN initiated_by = 'us' THEN reason ELSE 'requested' END, 'requested', $4, $4,
       CASE WHEN initiated_by = 'us' THEN requested_by ELSE 'manager' END, note
     FROM replaced`,
    [merchantId, refundId, next, at],
  );
  return next;
}

/** Of the shape of a manager's request: `M` and 32 hexadecimal digits, the same for the same refund. */
function ownNameFor(refundId: string): string {
  return `M${createHash('sha256').update(refundId).digest('hex').slice(0, 32)}`;
}

/** Of a Pix, or of a manager's request; API Pix knows its successors as ours (`providers/bacen-pix/sent-back.ts`). */
const PIX_REFUND_ID = /^([RM][a-zA-Z0-9]{32})(\d*)$/;
const OTHER_REFUND_ID = /^(.*)_r(\d+)$/;

/** The id under which a refund goes on that was refused. */
export function successorOf(refundId: string): string {
  const [, base = refundId, round = ''] =
    PIX_REFUND_ID.exec(refundId) ?? OTHER_REFUND_ID.exec(refundId) ?? [];
  return refundIdOfRound(base, (round === '' ? 1 : Number(round)) + 1);
}

/**
 * `R…`, `R…2`, `R…3` …: of a Pix 33 characters and a number, API Pix allows 35. Other receipts are of any length, and
 * one's id with a digit behind it may be another's: theirs are `R…_r2`.
 * @param base the id of the first round
 */
export function refundIdOfRound(base: string, round: number): string {
  if (round === 1) return base;
  return PIX_REFUND_ID.test(base) ? `${base}${round}` : `${base}_r${round}`;
}
