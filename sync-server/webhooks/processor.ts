import type { ServerContext } from '../context.ts';
import { backoffMs } from '../payments/backoff.ts';
import { checkCharge } from '../payments/check-charge.ts';
import { findByCharge, type PaymentTransaction } from '../payments/payment-transaction.ts';
import { lookAgainAtRefunds } from '../payments/refunds.ts';
import { startWorkerLoop, type WorkerLoop } from '../payments/worker-loop.ts';
import type { PaymentProvider } from '../providers/provider.ts';
import type { ChargeHint, RecurrenceHint, WebhookReading } from '../providers/webhook-intake.ts';
import { isKnownRecurrence, recurrencesNamed, takeRecurrence } from '../recurring/take-recurrence.ts';

/** Small, so that one slow read at the bank holds up few others; the hands beside it go on. */
const BATCH = 8;
/** Batches under way at once; one claimer feeds them. */
const HANDS = 3;
const FIRST_RETRY_MS = 1_000;
const MAX_RETRY_MS = 5 * 60_000;
/** About half an hour with the pauses above; the poller goes on asking about the charge for a day. */
const MAX_ATTEMPTS = 14;
/** A webhook may overtake our own row by a moment; about a minute later the charge is none of ours. */
const UNKNOWN_CHARGE_ATTEMPTS = 6;
/** Far longer than a charge is in the making; by then the poller has asked about it many times. */
const KEPT_EARLY_MS = 24 * 60 * 60_000;
/** Longer than a read at the bank with its token. A process that is killed leaves its items this long. */
const CLAIM_MS = 20_000;

interface InboxRow {
  readonly inboxId: string;
  readonly path: string;
  readonly body: Uint8Array;
  readonly receivedAt: Date;
  /** Those begun, this one included: it is the name of the claim. */
  readonly attempts: number;
}

type ItemOutcome =
  | { readonly kind: 'processed'; readonly outcome: string }
  | { readonly kind: 'retry'; readonly error: string; readonly givesUpAs?: string }
  | { readonly kind: 'dead'; readonly error: string };

/**
 * Works off the inbox. What a webhook says is only a hint: each charge that it names is read back from the provider,
 * and the answer goes the one path. An item is claimed by planning its next attempt, so that no transaction waits for
 * the bank; done twice, it changes nothing.
 */
export function startInboxProcessor(context: ServerContext, provider: PaymentProvider): WorkerLoop {
  const hands = new Set<Promise<void>>();
  const loop = startWorkerLoop({
    name: 'webhook processor',
    clock: context.clock,
    log: context.log,
    task: async (isStopping) => {
      while (hands.size < HANDS && !isStopping()) {
        const rows = await claim(context, provider);
        if (rows.length > 0) take(rows);
        if (rows.length < BATCH) break;
      }
      // With no hand free the first that becomes free looks for what is due.
      return hands.size === HANDS ? null : nextAttemptAtMs(context, provider);
    },
  });

  function take(rows: readonly InboxRow[]): void {
    const hand = processBatch(context, provider, rows)
      .catch((error: unknown) => {
        // What it had claimed is due again when its claim ends.
        context.log.error({ error }, 'a batch of webhooks could not be processed');
        return null;
      })
      .then((nextAtMs) => {
        const allWereBusy = hands.size === HANDS;
        hands.delete(hand);
        if (allWereBusy) loop.wake();
        else if (nextAtMs !== null) loop.dueAt(nextAtMs);
      });
    hands.add(hand);
  }

  return {
    wake: loop.wake,
    dueAt: loop.dueAt,
    stop: async () => {
      await loop.stop();
      await Promise.all(hands);
    },
  };
}

async function nextAttemptAtMs(
  { db }: ServerContext,
  { name }: Pick<PaymentProvider, 'name'>,
): Promise<number | null> {
  const [row] = await db.query<{ at: Date | null }>(
    `SELECT min(next_attempt_at) AS at FROM webhook_inbox WHERE status = 'received' AND provider = $1`,
    [name],
  );
  return row?.at?.getTime() ?? null;
}

/** @returns when the first of those that have to be tried again is due, epoch milliseconds; null when none has */
async function processBatch(
  context: ServerContext,
  provider: PaymentProvider,
  rows: readonly InboxRow[],
): Promise<number | null> {
  // A batch often names one charge many times; it was all received before this read, so one read answers for all.
  const outcomeByCharge = new Map<string, Promise<ItemOutcome>>();
  const items = await Promise.all(
    rows.map(async (row) => {
      const reading = provider.webhooks.read(row);
      return { row, reading, outcome: await processItem(context, provider, row, reading, outcomeByCharge) };
    }),
  );
  const again: number[] = [];
  for (const { row, reading, outcome } of items) {
    const nextAtMs = await keepOutcome(context, row, reading.kind === 'event' ? reading.type : null, outcome);
    if (nextAtMs !== null) again.push(nextAtMs);
  }
  return again.length === 0 ? null : Math.min(...again);
}

/** What is due; also what is planned for later than plans go: it was planned before the clock was set back. */
function claim({ db, clock }: ServerContext, { name }: Pick<PaymentProvider, 'name'>): Promise<InboxRow[]> {
  const nowMs = clock.nowMs();
  return db.query<InboxRow & Record<string, unknown>>(
    `UPDATE webhook_inbox SET attempts = attempts + 1, next_attempt_at = $3
     WHERE inbox_id IN (
       SELECT inbox_id FROM webhook_inbox WHERE status = 'received' AND provider = $1
         AND (next_attempt_at <= $2 OR next_attempt_at > $4)
       ORDER BY next_attempt_at LIMIT ${BATCH} FOR UPDATE SKIP LOCKED)
     RETURNING inbox_id AS "inboxId", path, body, attempts, received_at AS "receivedAt"`,
    [name, new Date(nowMs), new Date(nowMs + CLAIM_MS), new Date(nowMs + MAX_RETRY_MS)],
  );
}

async function processItem(
  context: ServerContext,
  provider: PaymentProvider,
  row: InboxRow,
  reading: WebhookReading,
  outcomeByCharge: Map<string, Promise<ItemOutcome>>,
): Promise<ItemOutcome> {
  if (reading.kind === 'unreadable') return { kind: 'dead', error: reading.reason };
  const outcomes: ItemOutcome[] = [];
  for (const hint of reading.charges) {
    const key = `${hint.txid} ${hint.providerChargeId}`;
    const known = outcomeByCharge.get(key) ?? processCharge(context, provider, row, hint);
    outcomeByCharge.set(key, known);
    outcomes.push(await known);
  }
  const recurring: ItemOutcome[] = [];
  for (const hint of await recurrencesNamed(context.db, provider.name, reading))
    recurring.push(await processRecurrence(context, provider, row, hint));
  // What a period asks for is paid by a charge that is none of a totem's: nobody waits for that to become ours.
  const own = recurring.some(({ kind }) => kind === 'processed')
    ? outcomes.filter((outcome) => outcome.kind !== 'retry' || outcome.givesUpAs === undefined)
    : outcomes;
  const all = [...own, ...recurring];
  // One charge that has to be tried again brings the whole item back; the others change nothing the second time.
  return (
    all.find((outcome) => outcome.kind === 'retry') ??
    all[0] ?? { kind: 'processed', outcome: 'no_charge_named' }
  );
}

async function processRecurrence(
  context: ServerContext,
  provider: PaymentProvider,
  { receivedAt }: InboxRow,
  hint: RecurrenceHint,
): Promise<ItemOutcome> {
  try {
    const taken = await takeRecurrence(context, provider, hint, {
      cause: 'webhook',
      receivedAtMs: receivedAt.getTime(),
    });
    switch (taken.kind) {
      case 'applied':
        return { kind: 'processed', outcome: 'recurrence_applied' };
      case 'noted':
        return { kind: 'processed', outcome: 'recurrence_noted' };
      case 'not_found':
        return {
          kind: 'retry',
          error: `${hint.kind} ${hint.id} is not known there`,
          givesUpAs: 'unknown_recurrence',
        };
      case 'nobodys':
        return {
          kind: 'retry',
          error: `${hint.kind} ${hint.id} is of no merchant alone`,
          givesUpAs: 'recurrence_of_nobody',
        };
      case 'unavailable':
      case 'rejected':
        return { kind: 'retry', error: taken.detail };
    }
  } catch (error) {
    context.log.error({ error, ...hint }, 'a webhook of a recurrence could not be applied');
    return { kind: 'retry', error: error instanceof Error ? error.message : String(error) };
  }
}

async function processCharge(
  context: ServerContext,
  provider: PaymentProvider,
  row: InboxRow,
  hint: ChargeHint,
): Promise<ItemOutcome> {
  try {
    const payments = await findByCharge(context.db, provider.name, hint);
    if (payments.length === 0) {
      const recurring = hint.txid === null ? null : { kind: 'charge' as const, id: hint.txid };
      if (recurring !== null && (await isKnownRecurrence(context, provider.name, recurring)))
        return processRecurrence(context, provider, row, recurring);
      await keepEarlyCharge(context, provider, row, hint);
      const name = hint.txid === null ? hint.providerChargeId : `txid ${hint.txid}`;
      return { kind: 'retry', error: `${name} is not known here`, givesUpAs: 'unknown_charge' };
    }
    for (const payment of payments) {
      await lookAgainAtRefunds(context, payment, context.clock.nowMs());
      const checked = await checkCharge(context, provider, payment, 'webhook');
      if (checked.kind === 'applied') {
        await keepWebhookTime(context, payment, row);
        continue;
      }
      await askLater(context, payment);
      const error = checked.kind === 'not_found' ? 'the provider does not know the charge' : checked.detail;
      return { kind: 'retry', error };
    }
    return { kind: 'processed', outcome: 'applied' };
  } catch (error) {
    context.log.error({ error, ...hint }, 'a webhook could not be applied');
    return { kind: 'retry', error: error instanceof Error ? error.message : String(error) };
  }
}

/** By it is measured how long this provider's webhooks take. */
async function keepWebhookTime(
  { db }: ServerContext,
  { merchantId, transactionId }: PaymentTransaction,
  { receivedAt }: InboxRow,
): Promise<void> {
  await db.query(
    `UPDATE receipts SET first_webhook_at = $3
     WHERE merchant_id = $1 AND transaction_id = $2 AND disposition = 'settles' AND first_webhook_at IS NULL`,
    [merchantId, transactionId, receivedAt],
  );
}

/**
 * The charge is looked at as soon as somebody learns that it is ours. Those of strangers, who sell by the same account,
 * are forgotten.
 */
async function keepEarlyCharge(
  { db, clock }: ServerContext,
  { name }: PaymentProvider,
  { inboxId }: InboxRow,
  { providerChargeId }: ChargeHint,
): Promise<void> {
  if (providerChargeId === null) return;
  const nowMs = clock.nowMs();
  await db.query(
    `WITH forgotten AS (DELETE FROM early_charges WHERE first_seen_at < $5)
     INSERT INTO early_charges (provider, provider_charge_id, inbox_id, first_seen_at)
     VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING`,
    [name, providerChargeId, inboxId, new Date(nowMs), new Date(nowMs - KEPT_EARLY_MS)],
  );
}

/** The attempts of a webhook are bounded, those of the poller last until the provider answers: it takes over. */
async function askLater({ db, clock, workDue }: ServerContext, payment: PaymentTransaction): Promise<void> {
  const atMs = clock.nowMs();
  await db.query(
    `UPDATE payment_transactions SET next_check_at = $3
     WHERE merchant_id = $1 AND transaction_id = $2 AND next_check_at IS NULL`,
    [payment.merchantId, payment.transactionId, new Date(atMs)],
  );
  workDue.announce('check', atMs);
}

/**
 * Unless somebody else has claimed the item meanwhile.
 * @returns when it is tried again, epoch milliseconds; null when it is done with
 */
async function keepOutcome(
  context: ServerContext,
  row: InboxRow,
  eventType: string | null,
  outcome: ItemOutcome,
): Promise<number | null> {
  const { attempts } = row;
  const nowMs = context.clock.nowMs();
  const next = rowAfter(outcome, attempts);
  const nextAtMs =
    next.status === 'received' ? nowMs + backoffMs(attempts, FIRST_RETRY_MS, MAX_RETRY_MS) : null;
  if (next.status === 'dead')
    context.log.error({ inboxId: row.inboxId, error: next.error }, 'a webhook is given up');
  await context.db.query(
    `UPDATE webhook_inbox SET status = $2, outcome = $4, last_error = $5, processed_at = $6, next_attempt_at = $7,
       event_type = $8
     WHERE inbox_id = $1 AND status = 'received' AND attempts = $3`,
    [
      row.inboxId,
      next.status,
      attempts,
      next.outcome,
      next.error?.slice(0, 500) ?? null,
      next.status === 'received' ? null : new Date(nowMs),
      nextAtMs === null ? null : new Date(nextAtMs),
      eventType?.slice(0, 100) ?? null,
    ],
  );
  return nextAtMs;
}

interface RowAfter {
  readonly status: 'received' | 'processed' | 'dead';
  readonly outcome: string | null;
  readonly error: string | null;
}

function rowAfter(item: ItemOutcome, attempts: number): RowAfter {
  if (item.kind === 'processed') return { status: 'processed', outcome: item.outcome, error: null };
  if (item.kind === 'dead') return { status: 'dead', outcome: null, error: item.error };
  if (item.givesUpAs !== undefined && attempts >= UNKNOWN_CHARGE_ATTEMPTS)
    return { status: 'processed', outcome: item.givesUpAs, error: item.error };
  const dead = attempts >= MAX_ATTEMPTS;
  return { status: dead ? 'dead' : 'received', outcome: null, error: item.error };
}
