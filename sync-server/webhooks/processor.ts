import type { ServerContext } from '../context.ts';
import type { Transaction } from '../db/database.ts';
import { backoffMs } from '../payments/backoff.ts';
import { checkCharge } from '../payments/check-charge.ts';
import { findByTxid, type PaymentTransaction } from '../payments/payment-transaction.ts';
import { lookAgainAtRefunds } from '../payments/refunds.ts';
import { startWorkerLoop, type WorkerLoop } from '../payments/worker-loop.ts';
import type { PaymentProvider } from '../providers/provider.ts';

/** Woken after each commit; this is for what another process stored, and for retries. */
const IDLE_MS = 500;
/** Small, so that one slow read at the bank holds up few others; the workers beside it go on. */
const BATCH = 8;
const WORKERS = 3;
const FIRST_RETRY_MS = 1_000;
const MAX_RETRY_MS = 5 * 60_000;
/** About half an hour with the pauses above; the poller goes on asking about the charge for a day. */
const MAX_ATTEMPTS = 14;
/** A webhook may overtake our own row by a moment; about a minute later the charge is none of ours. */
const UNKNOWN_TXID_ATTEMPTS = 6;

interface InboxRow {
  readonly inboxId: string;
  readonly body: Buffer;
  readonly attempts: number;
}

type ItemOutcome =
  | { readonly kind: 'processed'; readonly outcome: string }
  | { readonly kind: 'retry'; readonly error: string; readonly givesUpAs?: string }
  | { readonly kind: 'dead'; readonly error: string };

/**
 * Works off the inbox. What a webhook says is only a hint: each charge that it names is read back from the provider,
 * and the answer goes the one path. The rows stay locked until they are done, so a process that is killed leaves them
 * free for the next one at once; done twice, they change nothing.
 */
export function startInboxProcessor(context: ServerContext, provider: PaymentProvider): WorkerLoop {
  const workers = Array.from({ length: WORKERS }, (_, index) =>
    startWorkerLoop({
      name: `webhook processor ${index + 1}`,
      clock: context.clock,
      log: context.log,
      idleMs: IDLE_MS,
      task: async (isStopping) => {
        while ((await processBatch(context, provider)) === BATCH && !isStopping());
      },
    }),
  );
  return {
    wake: () => {
      for (const worker of workers) worker.wake();
    },
    stop: async () => {
      await Promise.all(workers.map((worker) => worker.stop()));
    },
  };
}

/** @returns how many items were looked at */
function processBatch(context: ServerContext, provider: PaymentProvider): Promise<number> {
  return context.db.transaction(async (transaction) => {
    const rows = await transaction.query<InboxRow & Record<string, unknown>>(
      `SELECT inbox_id AS "inboxId", body, attempts FROM webhook_inbox
       WHERE status = 'received' AND provider = $1 AND next_attempt_at <= $2
       ORDER BY next_attempt_at LIMIT ${BATCH} FOR UPDATE SKIP LOCKED`,
      [provider.name, new Date(context.clock.nowMs())],
    );
    // A batch often names one charge many times; it was all received before this read, so one read answers for all.
    const outcomeByTxid = new Map<string, Promise<ItemOutcome>>();
    const outcomes = await Promise.all(rows.map((row) => processItem(context, provider, row, outcomeByTxid)));
    for (const [index, row] of rows.entries()) {
      const outcome = outcomes[index];
      if (outcome !== undefined) await keepOutcome(context, transaction, row, outcome);
    }
    return rows.length;
  });
}

async function processItem(
  context: ServerContext,
  provider: PaymentProvider,
  row: InboxRow,
  outcomeByTxid: Map<string, Promise<ItemOutcome>>,
): Promise<ItemOutcome> {
  const reading = provider.parseWebhook(row.body.toString('utf8'));
  if (reading.kind === 'unreadable') return { kind: 'dead', error: reading.reason };
  const outcomes: ItemOutcome[] = [];
  for (const txid of reading.txids) {
    const known = outcomeByTxid.get(txid) ?? processCharge(context, provider, txid);
    outcomeByTxid.set(txid, known);
    outcomes.push(await known);
  }
  // One charge that has to be tried again brings the whole item back; the others change nothing the second time.
  return (
    outcomes.find((outcome) => outcome.kind === 'retry') ??
    outcomes[0] ?? { kind: 'processed', outcome: 'no_charge_named' }
  );
}

async function processCharge(
  context: ServerContext,
  provider: PaymentProvider,
  txid: string,
): Promise<ItemOutcome> {
  try {
    const payments = await findByTxid(context.db, provider.name, txid);
    if (payments.length === 0)
      return { kind: 'retry', error: `txid ${txid} is not known here`, givesUpAs: 'unknown_charge' };
    for (const payment of payments) {
      await lookAgainAtRefunds(context.db, payment, context.clock.nowMs());
      const checked = await checkCharge(context, provider, payment, 'webhook');
      if (checked.kind === 'applied') continue;
      await askLater(context, payment);
      const error = checked.kind === 'not_found' ? 'the provider does not know the charge' : checked.detail;
      return { kind: 'retry', error };
    }
    return { kind: 'processed', outcome: 'applied' };
  } catch (error) {
    context.log.error({ error, txid }, 'a webhook could not be applied');
    return { kind: 'retry', error: error instanceof Error ? error.message : String(error) };
  }
}

/** The attempts of a webhook are bounded, those of the poller last until the provider answers: it takes over. */
async function askLater({ db, clock }: ServerContext, payment: PaymentTransaction): Promise<void> {
  await db.query(
    `UPDATE payment_transactions SET next_check_at = $3
     WHERE merchant_id = $1 AND transaction_id = $2 AND next_check_at IS NULL`,
    [payment.merchantId, payment.transactionId, new Date(clock.nowMs())],
  );
}

async function keepOutcome(
  context: ServerContext,
  transaction: Transaction,
  row: InboxRow,
  outcome: ItemOutcome,
): Promise<void> {
  const attempts = row.attempts + 1;
  const nowMs = context.clock.nowMs();
  const next = rowAfter(outcome, attempts);
  if (next.status === 'dead')
    context.log.error({ inboxId: row.inboxId, error: next.error }, 'a webhook is given up');
  await transaction.query(
    `UPDATE webhook_inbox SET status = $2, attempts = $3, outcome = $4, last_error = $5, processed_at = $6,
       next_attempt_at = $7 WHERE inbox_id = $1`,
    [
      row.inboxId,
      next.status,
      attempts,
      next.outcome,
      next.error?.slice(0, 500) ?? null,
      next.status === 'received' ? null : new Date(nowMs),
      next.status === 'received' ? new Date(nowMs + backoffMs(attempts, FIRST_RETRY_MS, MAX_RETRY_MS)) : null,
    ],
  );
}

interface RowAfter {
  readonly status: 'received' | 'processed' | 'dead';
  readonly outcome: string | null;
  readonly error: string | null;
}

function rowAfter(item: ItemOutcome, attempts: number): RowAfter {
  if (item.kind === 'processed') return { status: 'processed', outcome: item.outcome, error: null };
  if (item.kind === 'dead') return { status: 'dead', outcome: null, error: item.error };
  if (item.givesUpAs !== undefined && attempts >= UNKNOWN_TXID_ATTEMPTS)
    return { status: 'processed', outcome: item.givesUpAs, error: item.error };
  const dead = attempts >= MAX_ATTEMPTS;
  return { status: dead ? 'dead' : 'received', outcome: null, error: item.error };
}
