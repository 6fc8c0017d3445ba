import type { CanonicalStatus } from '../../domain/payment-status.ts';
import type { ServerContext } from '../context.ts';
import { isClosed } from '../payments/answer-charge.ts';
import { applyProviderCharge } from '../payments/apply-provider-charge.ts';
import { cancelAtProvider } from '../payments/cancel-charge.ts';
import { isPayable, type PaymentTransaction, readTransactions } from '../payments/payment-transaction.ts';
import type { FetchChargeOutcome, PaymentProvider } from '../providers/provider.ts';
import type { ProviderHealth } from '../providers/provider-health.ts';
import { MAX_DELAY_MS, nextCheckDelayMs } from './check-schedule.ts';

/** As many at once as the poller reads of charges that count. */
const CONCURRENCY = 8;
/** By a bank that refuses to tell, or after a kill. */
const UNANSWERED_RETRY_MS = 60 * 60_000;
/** Nobody waits for these: each reads on after a minute, two, four … minutes, then every five. */
const PACE = { firstMs: 60_000, steadyMs: null };

interface LeftAttempt {
  /** As the provider that was left knows it. */
  readonly payment: PaymentTransaction;
  /** Nobody will ask this provider for the charge again: another made it, or the transaction is closed. */
  readonly isLeftForGood: boolean;
  readonly checkCount: number;
  /** As `next_check_at` of the attempt now stands. */
  readonly nextAtMs: number;
}

/**
 * Asks a provider about charges that it had given to understand it did not make, so that another was asked in its place.
 * What it made all the same is withdrawn, since nobody was shown it; what came to it counts like any money. One that it
 * does not know was never made, and is not asked about again.
 * @returns when the next is due, epoch milliseconds; null when none is planned
 */
export async function checkLeftAttempts(
  context: ServerContext,
  provider: PaymentProvider,
  health: Pick<ProviderHealth, 'pausedUntilMs'>,
  isStopping: () => boolean,
): Promise<number | null> {
  while (!isStopping() && health.pausedUntilMs() <= context.clock.nowMs()) {
    const due = await claimDue(context, provider);
    await Promise.all(due.map((attempt) => check(context, provider, health, attempt)));
    if (due.length < CONCURRENCY) break;
  }
  const [row] = await context.db.query<{ at: Date | null }>(
    'SELECT min(next_check_at) AS at FROM payment_attempts WHERE next_check_at IS NOT NULL AND provider = $1',
    [provider.name],
  );
  return row?.at?.getTime() ?? null;
}

async function check(
  context: ServerContext,
  provider: PaymentProvider,
  health: Pick<ProviderHealth, 'pausedUntilMs'>,
  attempt: LeftAttempt,
): Promise<void> {
  const { payment, checkCount } = attempt;
  const nowMs = context.clock.nowMs();
  const outcome = await readAndWithdraw(context, provider, attempt);
  switch (outcome.kind) {
    case 'found': {
      await applyProviderCharge(context, payment, outcome.charge, 'poll');
      const status = outcome.charge.status ?? 'PENDING';
      const delayMs = nextCheckDelayMs(status, checkCount, outcome.charge.expiresAtMs, nowMs, PACE);
      return replan(context, attempt, checkCount, delayMs === null ? null : nowMs + delayMs);
    }
    case 'not_found':
      return replan(context, attempt, checkCount, null);
    case 'unavailable':
      // A check that did not reach the provider does not count.
      return replan(context, attempt, checkCount - 1, Math.max(health.pausedUntilMs(), nowMs));
    case 'rejected':
      context.log.error(
        { txid: payment.txid, provider: provider.name, code: outcome.code },
        'the provider refused to tell of a charge that was given up',
      );
  }
}

const OPEN: readonly (CanonicalStatus | null)[] = ['PENDING', 'AUTHORIZED'];

async function readAndWithdraw(
  context: ServerContext,
  provider: PaymentProvider,
  { payment, isLeftForGood }: LeftAttempt,
): Promise<FetchChargeOutcome> {
  const read = await provider.fetchCharge(payment);
  if (read.kind !== 'found' || !OPEN.includes(read.charge.status) || !isLeftForGood) return read;
  const withdrawn = await cancelAtProvider(context, provider, payment);
  // What was read counts, whatever became of the withdrawal: the next check asks for it again.
  return withdrawn.kind === 'found' ? withdrawn : read;
}

/**
 * Takes what is due and plans its next check in the same step. What is planned for later than plans go is due as well:
 * it was planned before the clock was set back.
 */
async function claimDue(
  context: ServerContext,
  { name }: Pick<PaymentProvider, 'name'>,
): Promise<LeftAttempt[]> {
  const nowMs = context.clock.nowMs();
  const nextAtMs = nowMs + UNANSWERED_RETRY_MS;
  const claimed = await context.db.query<{
    merchantId: string;
    transactionId: string;
    providerChargeId: string | null;
    checkCount: number;
  }>(
    `UPDATE payment_attempts SET check_count = check_count + 1, next_check_at = $2
     WHERE (merchant_id, transaction_id, attempt) IN (
       SELECT merchant_id, transaction_id, attempt FROM payment_attempts
       WHERE provider = $3 AND (next_check_at <= $1 OR next_check_at > $4)
       ORDER BY next_check_at LIMIT ${CONCURRENCY} FOR UPDATE SKIP LOCKED)
     RETURNING merchant_id AS "merchantId", transaction_id AS "transactionId",
       provider_charge_id AS "providerChargeId", check_count AS "checkCount"`,
    [new Date(nowMs), new Date(nextAtMs), name, new Date(nowMs + MAX_DELAY_MS)],
  );
  const payments = await readTransactions(context.db, claimed);
  return claimed.flatMap(({ transactionId, providerChargeId, checkCount }) => {
    const payment = payments.find((one) => one.transactionId === transactionId);
    // Asked anew in this instant: it is the poller's again.
    if (payment === undefined || payment.provider === name) return [];
    const isLeftForGood = isPayable(payment) || isClosed(payment);
    return [
      { payment: { ...payment, provider: name, providerChargeId }, isLeftForGood, checkCount, nextAtMs },
    ];
  });
}

/** Changes the plan that `claimDue` made, unless the provider has been asked for the charge anew since. */
async function replan(
  { db }: ServerContext,
  { payment, nextAtMs }: LeftAttempt,
  checkCount: number,
  atMs: number | null,
): Promise<void> {
  await db.query(
    `UPDATE payment_attempts SET check_count = $4, next_check_at = $5
     WHERE merchant_id = $1 AND transaction_id = $2 AND provider = $3 AND next_check_at = $6`,
    [
      payment.merchantId,
      payment.transactionId,
      payment.provider,
      checkCount,
      atMs === null ? null : new Date(atMs),
      new Date(nextAtMs),
    ],
  );
}
