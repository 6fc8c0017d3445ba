import type { ServerContext } from '../context.ts';
import type { Transaction } from '../db/database.ts';
import { postSuspenseRefundEnd } from '../ledger/ledger.ts';
import { backoffMs } from '../payments/backoff.ts';
import { startProviderWorker } from '../payments/due-worker.ts';
import type { WorkerLoop } from '../payments/worker-loop.ts';
import type { PaymentProvider, RefundOutcome } from '../providers/provider.ts';
import type { ProviderHealth } from '../providers/provider-health.ts';
import { suspenseOf } from './suspense.ts';

const FIRST_RETRY_MS = 2_000;
const MAX_RETRY_MS = 30 * 60_000;
/** About a day with the pauses above; then it is in suspense again, and a person decides anew. */
const MAX_ATTEMPTS = 60;
/** Longer than a call at the provider: a process that is killed leaves its refund this long. */
const CLAIM_MS = 45_000;

interface SuspenseRefund {
  readonly merchantId: string;
  readonly receiptId: string;
  readonly refundId: string;
  readonly txid: string | null;
  readonly amountCents: number;
  readonly currency: string;
  readonly refundStatus: 'requested' | 'processing';
  /** Those begun, this one included: it is the name of the claim. */
  readonly attempts: number;
  readonly note: string | null;
}

/**
 * Sends back through the provider what a person took out of suspense to be refunded. What the provider refuses is open
 * in suspense again. Asked for by our id, so that it goes back once, however often it is asked for.
 */
export function startSuspenseRefunds(
  context: ServerContext,
  provider: PaymentProvider,
  health: Pick<ProviderHealth, 'pausedUntilMs'>,
): WorkerLoop {
  return startProviderWorker(context, health, 'refund', {
    name: 'refunds out of suspense',
    advanceNext: () => advanceNext(context, provider),
    nextAt: async () => {
      const [row] = await context.db.query<{ at: Date | null }>(
        'SELECT min(refund_next_at) AS at FROM suspense_items WHERE refund_next_at IS NOT NULL AND provider = $1',
        [provider.name],
      );
      return row?.at ?? null;
    },
  });
}

/** @returns whether one was due */
async function advanceNext(context: ServerContext, provider: PaymentProvider): Promise<boolean> {
  const refund = await claimNext(context, provider);
  if (refund === undefined) return false;
  const charge = { txid: refund.txid ?? '', providerChargeId: null };
  const outcome =
    refund.refundStatus === 'requested'
      ? await provider.requestRefund({
          ...refund,
          charge,
          receivedCents: refund.amountCents,
          mayExist: refund.attempts > 1,
          description: refund.note ?? 'Devolução',
        })
      : await provider.fetchRefund({ ...refund, charge });
  await context.db.transaction((transaction) => keepOutcome(context, transaction, provider, refund, outcome));
  return true;
}

/** What is due; also what is planned for later than plans go: it was planned before the clock was set back. */
async function claimNext(
  { db, clock }: ServerContext,
  { name }: Pick<PaymentProvider, 'name'>,
): Promise<SuspenseRefund | undefined> {
  const nowMs = clock.nowMs();
  const [claimed] = await db.query<SuspenseRefund & Record<string, unknown>>(
    `UPDATE suspense_items SET refund_attempts = refund_attempts + 1, refund_next_at = $2
     WHERE (merchant_id, receipt_id) IN (
       SELECT merchant_id, receipt_id FROM suspense_items
       WHERE (refund_next_at <= $1 OR refund_next_at > $3) AND provider = $4
       ORDER BY refund_next_at LIMIT 1 FOR UPDATE SKIP LOCKED)
     RETURNING merchant_id AS "merchantId", receipt_id AS "receiptId", refund_id AS "refundId", txid,
       amount_cents AS "amountCents", currency, refund_status AS "refundStatus", refund_attempts AS attempts, note`,
    [new Date(nowMs), new Date(nowMs + CLAIM_MS), new Date(nowMs + MAX_RETRY_MS), name],
  );
  return claimed;
}

async function keepOutcome(
  context: ServerContext,
  transaction: Transaction,
  { name: provider }: Pick<PaymentProvider, 'name'>,
  refund: SuspenseRefund,
  outcome: RefundOutcome,
): Promise<void> {
  const atMs = context.clock.nowMs();
  const [row] = await suspenseOf(transaction, refund.merchantId, [refund.receiptId]);
  const status = statusAfter(refund, outcome);
  const isOver = status === 'settled' || status === 'failed';
  const kept = await transaction.query(
    `UPDATE suspense_items SET refund_status = $4, refund_next_at = $5, refund_error = $6,
       status = CASE WHEN $4 = 'failed' THEN 'open' ELSE status END,
       resolution = CASE WHEN $4 = 'failed' THEN NULL ELSE resolution END
     WHERE merchant_id = $1 AND receipt_id = $2 AND refund_attempts = $3 AND refund_next_at IS NOT NULL
     RETURNING receipt_id`,
    [
      refund.merchantId,
      refund.receiptId,
      refund.attempts,
      status,
      isOver ? null : new Date(atMs + backoffMs(refund.attempts, FIRST_RETRY_MS, MAX_RETRY_MS)),
      problemOf(outcome),
    ],
  );
  // Somebody else has claimed it meanwhile, and will say what became of it.
  if (kept.length === 0 || row === undefined || !isOver) return;
  if (status === 'failed')
    context.log.error({ receiptId: refund.receiptId }, 'a refund out of suspense failed: it is open again');
  await postSuspenseRefundEnd(context, transaction, {
    ...refund,
    provider,
    transactionId: null,
    occurredAtMs: atMs,
    outcome: status,
    round: row.round,
  });
}

function statusAfter(
  { amountCents, attempts, refundStatus }: SuspenseRefund,
  outcome: RefundOutcome,
): 'requested' | 'processing' | 'settled' | 'failed' {
  if (outcome.kind === 'rejected') return 'failed';
  if (outcome.kind === 'found') {
    if (outcome.refund.amountCents !== amountCents || outcome.refund.status === 'refused') return 'failed';
    if (outcome.refund.status === 'settled') return 'settled';
    return 'processing';
  }
  // Money that may be on its way is not called back into suspense by impatience: only a "no" does that.
  return attempts >= MAX_ATTEMPTS && outcome.kind === 'not_found' ? 'failed' : refundStatus;
}

function problemOf(outcome: RefundOutcome): string | null {
  if (outcome.kind === 'not_found') return 'the provider does not know the receipt or the refund';
  if (outcome.kind !== 'found') return `${outcome.kind}: ${outcome.detail}`.slice(0, 500);
  return outcome.refund.status === 'refused' ? (outcome.refund.reason ?? 'refused by the provider') : null;
}
