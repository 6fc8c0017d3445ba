import type { ServerContext } from '../context.ts';
import { checkCharge } from '../payments/check-charge.ts';
import { startDueWorker } from '../payments/due-worker.ts';
import { type PaymentTransaction, readTransactions } from '../payments/payment-transaction.ts';
import type { WorkerLoop } from '../payments/worker-loop.ts';
import type { PaymentProvider } from '../providers/provider.ts';
import type { ProviderHealth } from '../providers/provider-health.ts';
import { CLOSED_STATUSES, MAX_DELAY_MS, nextCheckDelayMs } from './check-schedule.ts';
import { checkLeftAttempts } from './left-attempts.ts';
import { askingPace, readWebhookPace } from './webhook-pace.ts';

/** Reads at once: enough for a busy hall, little enough for a bank's rate limit. */
const CONCURRENCY = 8;
/** The last check of a charge stays planned until it is answered: by a bank that refuses, or after a kill, this late. */
const UNANSWERED_RETRY_MS = 60 * 60_000;

interface DueCheck {
  readonly payment: PaymentTransaction;
  /** As `next_check_at` now stands. */
  readonly nextAtMs: number;
  readonly isLast: boolean;
}

/** Asks the provider about the charges that are due: the way by which money is found whose webhook was lost. */
export function startPoller(
  context: ServerContext,
  provider: PaymentProvider,
  health: Pick<ProviderHealth, 'pausedUntilMs'>,
): WorkerLoop {
  const checkDue = async (isStopping: () => boolean): Promise<number | null> => {
    while (!isStopping() && health.pausedUntilMs() <= context.clock.nowMs()) {
      const due = await claimDue(context, provider);
      await Promise.all(due.map(check));
      if (due.length < CONCURRENCY) break;
    }
    const plans = [
      await nextCheckAtMs(context, provider),
      await checkLeftAttempts(context, provider, health, isStopping),
    ].filter((atMs) => atMs !== null);
    return plans.length === 0 ? null : Math.max(Math.min(...plans), health.pausedUntilMs());
  };
  const check = async (due: DueCheck): Promise<void> => {
    const { payment, isLast } = due;
    const outcome = await checkCharge(context, provider, payment, 'poll');
    if (outcome.kind === 'unavailable') {
      // A check that did not reach the provider does not count.
      const againAtMs = Math.max(health.pausedUntilMs(), context.clock.nowMs());
      await replan(context, due, payment.checkCount, againAtMs);
    } else if (isLast && outcome.kind !== 'rejected')
      await replan(context, due, payment.checkCount + 1, null);
  };
  return startDueWorker(context, 'check', { name: 'charge poller', task: checkDue });
}

async function nextCheckAtMs(
  { db }: ServerContext,
  { name }: Pick<PaymentProvider, 'name'>,
): Promise<number | null> {
  const [row] = await db.query<{ at: Date | null }>(
    `SELECT min(next_check_at) AS at FROM payment_transactions
     WHERE next_check_at IS NOT NULL AND provider = $1`,
    [name],
  );
  return row?.at?.getTime() ?? null;
}

/**
 * Takes what is due and plans its next check in the same step, so that a process that dies here delays one check. What
 * is planned for later than plans go is due as well: it was planned before the clock was set back.
 */
function claimDue(context: ServerContext, { name }: Pick<PaymentProvider, 'name'>): Promise<DueCheck[]> {
  const nowMs = context.clock.nowMs();
  return context.db.transaction(async (transaction) => {
    const keys = await transaction.query<{ merchantId: string; transactionId: string }>(
      `SELECT merchant_id AS "merchantId", transaction_id AS "transactionId" FROM payment_transactions
       WHERE provider = $5
         AND (next_check_at <= $1 OR next_check_at > $3 OR (next_check_at > $2 AND NOT status = ANY($4)))
       ORDER BY next_check_at LIMIT ${CONCURRENCY} FOR UPDATE SKIP LOCKED`,
      [
        new Date(nowMs),
        new Date(nowMs + UNANSWERED_RETRY_MS),
        new Date(nowMs + MAX_DELAY_MS),
        CLOSED_STATUSES,
        name,
      ],
    );
    if (keys.length === 0) return [];
    const pace = askingPace(await readWebhookPace(transaction, name, nowMs));
    const due: DueCheck[] = [];
    for (const payment of await readTransactions(transaction, keys)) {
      const endsAtMs = (payment.chargeExpiresAt ?? payment.createdAt).getTime();
      const delayMs = nextCheckDelayMs(payment.status, payment.checkCount + 1, endsAtMs, nowMs, pace);
      const nextAtMs = nowMs + (delayMs ?? UNANSWERED_RETRY_MS);
      await transaction.query(
        `UPDATE payment_transactions SET check_count = $3, next_check_at = $4
         WHERE merchant_id = $1 AND transaction_id = $2`,
        [payment.merchantId, payment.transactionId, payment.checkCount + 1, new Date(nextAtMs)],
      );
      due.push({ payment, nextAtMs, isLast: delayMs === null });
    }
    return due;
  });
}

/** Changes the plan that `claimDue` made, unless somebody has made another one since: a payment, a cancellation. */
async function replan(
  { db }: ServerContext,
  { payment, nextAtMs }: DueCheck,
  checkCount: number,
  atMs: number | null,
): Promise<void> {
  await db.query(
    `UPDATE payment_transactions SET check_count = $3, next_check_at = $4
     WHERE merchant_id = $1 AND transaction_id = $2 AND next_check_at = $5`,
    [
      payment.merchantId,
      payment.transactionId,
      checkCount,
      atMs === null ? null : new Date(atMs),
      new Date(nextAtMs),
    ],
  );
}
