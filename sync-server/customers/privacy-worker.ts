import { pruneWaitingRows } from '../adoption/prune-rows.ts';
import type { ServerContext } from '../context.ts';
import { startWorkerLoop, type WorkerLoop } from '../payments/worker-loop.ts';
import { finishErasure, requestErasure } from './erase-customer.ts';
import { moveSealedPayers } from './link-payer.ts';
import { maskRawBodies } from './mask-everywhere.ts';

const DAY_MS = 24 * 60 * 60_000;
/** Days are what retention counts in. */
const RETENTION_EVERY_MS = 60 * 60_000;
/** One statement stays short beside the sales; the rest comes in the next round. */
const BATCH = 500;

/**
 * What privacy asks for without anybody's request: erasures that a process left unfinished, what older releases kept
 * of payers, and what is older than its retention. Nothing of money, tickets or the ledger is touched.
 */
export function startPrivacyWorker(context: ServerContext): WorkerLoop {
  let nextRetentionMs = 0;
  return startWorkerLoop({
    name: 'privacy',
    clock: context.clock,
    log: context.log,
    task: async (isStopping) => {
      await moveSealedPayers(context, null, isStopping);
      await maskRawBodies(context.db, isStopping);
      await resumeErasures(context, isStopping);
      const nowMs = context.clock.nowMs();
      // A clock that was set back makes no longer gap.
      if (nowMs >= nextRetentionMs || nextRetentionMs > nowMs + RETENTION_EVERY_MS) {
        await pruneWebhooks(context, isStopping);
        await prunePayloads(context);
        await eraseForgotten(context, isStopping);
        await pruneAdopted(context, isStopping);
        nextRetentionMs = nowMs + RETENTION_EVERY_MS;
      }
      return nextRetentionMs;
    },
  });
}

/** Rows of an old system whose clinic or person has not come in all that time. */
async function pruneAdopted(context: ServerContext, isStopping: () => boolean): Promise<void> {
  const rows = await pruneWaitingRows(context, context.config.privacy.customerDays, isStopping);
  if (rows > 0) context.log.info({ rows }, 'personal words of rows of an old system were pruned');
}

async function resumeErasures(context: ServerContext, isStopping: () => boolean): Promise<void> {
  const unfinished = await context.db.query<{ merchantId: string; customerId: string }>(
    `SELECT merchant_id AS "merchantId", customer_id AS "customerId" FROM customer_erasures
     WHERE finished_at IS NULL ORDER BY requested_at LIMIT ${BATCH}`,
  );
  for (const { merchantId, customerId } of unfinished) {
    if (isStopping()) return;
    await finishErasure(context, merchantId, customerId);
  }
}

/** The bodies of webhooks that are done with; the rows stay, to know the same webhook again. */
export async function pruneWebhooks(
  { db, clock, config }: Pick<ServerContext, 'db' | 'clock' | 'config'>,
  isStopping: () => boolean = () => false,
): Promise<void> {
  const before = new Date(clock.nowMs() - config.privacy.webhookDays * DAY_MS);
  while (!isStopping()) {
    const old = await db.query<{ id: string }>(
      `SELECT inbox_id AS id FROM webhook_inbox
       WHERE body_kept <> 'pruned' AND status = 'processed' AND received_at < $1 ORDER BY received_at LIMIT ${BATCH}`,
      [before],
    );
    if (old.length === 0) return;
    await db.query(
      `UPDATE webhook_inbox SET body = '', headers = '{}', last_error = NULL, body_kept = 'pruned'
       WHERE inbox_id = ANY($1) AND status = 'processed'`,
      [old.map(({ id }) => id)],
    );
  }
}

/** Providers' answers about payments, as old as the webhooks that are deleted. */
async function prunePayloads({
  db,
  clock,
  config,
}: Pick<ServerContext, 'db' | 'clock' | 'config'>): Promise<void> {
  const before = new Date(clock.nowMs() - config.privacy.webhookDays * DAY_MS);
  const old = await db.query('SELECT 1 FROM payment_payloads WHERE read_at < $1 LIMIT 1', [before]);
  if (old.length > 0) await db.query('DELETE FROM payment_payloads WHERE read_at < $1', [before]);
}

/** Customers without a payment or a word for so long, and without a subscription that goes on. */
export async function eraseForgotten(
  context: ServerContext,
  isStopping: () => boolean = () => false,
): Promise<void> {
  const before = new Date(context.clock.nowMs() - context.config.privacy.customerDays * DAY_MS);
  while (!isStopping()) {
    const forgotten = await context.db.query<{ merchantId: string; customerId: string }>(
      `SELECT merchant_id AS "merchantId", customer_id AS "customerId" FROM customers c
       WHERE last_seen_at < $1 AND erased_at IS NULL AND merged_into IS NULL
         AND NOT EXISTS (SELECT FROM payment_transactions t JOIN customers s USING (merchant_id, customer_id)
           WHERE t.merchant_id = c.merchant_id AND c.customer_id IN (s.customer_id, s.merged_into)
             AND greatest(t.created_at, t.paid_at) >= $1)
         AND NOT EXISTS (SELECT FROM customer_subscriptions b JOIN customers s USING (merchant_id, customer_id)
           LEFT JOIN recurrences r ON r.merchant_id = b.merchant_id AND r.provider = b.provider
             AND r.kind = 'agreement' AND r.recurrence_id = b.provider_subscription_id
           WHERE b.merchant_id = c.merchant_id AND c.customer_id IN (s.customer_id, s.merged_into)
             AND coalesce(b.native_status, r.status) IN ('created', 'active', 'trialing', 'past_due', 'paused'))
       ORDER BY last_seen_at LIMIT ${BATCH}`,
      [before],
    );
    for (const { merchantId, customerId } of forgotten) {
      if (isStopping()) return;
      await requestErasure(context, merchantId, customerId, { reason: 'retention', by: 'totem' });
      await finishErasure(context, merchantId, customerId);
    }
    if (forgotten.length < BATCH) break;
  }
  // What an older release sealed and no key opens any more: it was moved to no customer.
  const lost = await context.db.query<{ merchantId: string; transactionId: string }>(
    `SELECT merchant_id AS "merchantId", transaction_id AS "transactionId" FROM payment_transactions
     WHERE customer_sealed IS NOT NULL AND created_at < $1 LIMIT ${BATCH}`,
    [before],
  );
  for (const { merchantId, transactionId } of lost)
    await context.db.query(
      'UPDATE payment_transactions SET customer_sealed = NULL WHERE merchant_id = $1 AND transaction_id = $2',
      [merchantId, transactionId],
    );
}
