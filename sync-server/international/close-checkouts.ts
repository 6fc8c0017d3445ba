import { STATUS_RANK } from '../../domain/payment-status.ts';
import type { ServerContext } from '../context.ts';
import { applyProviderCharge } from '../payments/apply-provider-charge.ts';
import { cancelAtProvider } from '../payments/cancel-charge.ts';
import { startDueWorker } from '../payments/due-worker.ts';
import { type PaymentTransaction, readTransactions } from '../payments/payment-transaction.ts';
import type { WorkerLoop } from '../payments/worker-loop.ts';
import type { InternationalProvider } from '../providers/provider.ts';

const BATCH = 8;
/** Of a provider that is away, or a card that its bank is still looking at. */
const RETRY_MS = 60_000;
/** Stripe's search finds what it made within a minute or so: what it does not know by then was never made. */
const SURELY_NEVER_MADE_MS = 60 * 60_000;

/**
 * Withdraws each PaymentIntent when its time is over: it never expires by itself, and a phone may still show the form.
 * What was paid in the same instant is read, and counts.
 */
export function startCheckoutCloser(context: ServerContext, provider: InternationalProvider): WorkerLoop {
  return startDueWorker(context, 'checkout', {
    name: 'checkout closer',
    task: async (isStopping) => {
      while (!isStopping()) {
        const due = await claimDue(context);
        await Promise.all(due.map((payment) => close(context, provider, payment)));
        if (due.length < BATCH) break;
      }
      const [row] = await context.db.query<{ at: Date | null }>(
        'SELECT min(close_at) AS at FROM checkouts WHERE close_at IS NOT NULL',
      );
      return row?.at?.getTime() ?? null;
    },
  });
}

/** Plans the next try in the same step, so that a process that dies here delays one try. */
function claimDue(context: ServerContext): Promise<PaymentTransaction[]> {
  const nowMs = context.clock.nowMs();
  return context.db.transaction(async (transaction) => {
    const keys = await transaction.query<{ merchantId: string; transactionId: string }>(
      `UPDATE checkouts SET close_at = $2 WHERE (merchant_id, transaction_id) IN (
         SELECT merchant_id, transaction_id FROM checkouts WHERE close_at <= $1
         ORDER BY close_at LIMIT ${BATCH} FOR UPDATE SKIP LOCKED)
       RETURNING merchant_id AS "merchantId", transaction_id AS "transactionId"`,
      [new Date(nowMs), new Date(nowMs + RETRY_MS)],
    );
    return readTransactions(transaction, keys);
  });
}

async function close(
  context: ServerContext,
  provider: InternationalProvider,
  payment: PaymentTransaction,
): Promise<void> {
  // Paid, or withdrawn at the customer's wish: the provider has said so itself.
  const isOver = STATUS_RANK[payment.status] >= STATUS_RANK.FAILED && payment.status !== 'EXPIRED';
  if (isOver || (await withdraw(context, provider, payment)))
    await context.db.query(
      'UPDATE checkouts SET close_at = NULL WHERE merchant_id = $1 AND transaction_id = $2',
      [payment.merchantId, payment.transactionId],
    );
}

/** @returns whether the provider takes no more money for it */
async function withdraw(
  context: ServerContext,
  provider: InternationalProvider,
  payment: PaymentTransaction,
): Promise<boolean> {
  const outcome = await cancelAtProvider(context, provider, payment);
  if (outcome.kind === 'not_found')
    return context.clock.nowMs() - payment.createdAt.getTime() > SURELY_NEVER_MADE_MS;
  if (outcome.kind !== 'found') return false;
  await applyProviderCharge(context, payment, outcome.charge, 'cancel');
  const { status } = outcome.charge;
  return status !== null && STATUS_RANK[status] >= STATUS_RANK.FAILED;
}
