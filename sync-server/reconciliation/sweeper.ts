import type { ServerContext } from '../context.ts';
import { startWorkerLoop, type WorkerLoop } from '../payments/worker-loop.ts';
import type { PaymentProvider, ProviderReceipt } from '../providers/provider.ts';
import type { ProviderHealth } from '../providers/provider-health.ts';
import { placeReceipt } from './place-receipt.ts';
import { placedReceipts } from './suspense.ts';

/** A lost webhook whose charge is not asked about at the moment is found this long later. */
export const SWEEP_EVERY_MS = 60_000;
/** Looked at again each time: lists of banks lag by minutes, and their clocks are not ours. */
export const OVERLAP_MS = 15 * 60_000;
/** Now and then this far back: a fraud review holds a Pix for an hour, and a list has been seen hours behind. */
export const FAR_OVERLAP_MS = 24 * 60 * 60_000;
const FAR_SWEEP_EVERY_MS = 60 * 60_000;
/** Of one request; a server that was away for days asks for them one after the other. */
const MAX_SPAN_MS = 26 * 60 * 60_000;
/** Charges read at once: as the poller's, beside it. */
const CONCURRENCY = 4;

interface Sweep {
  readonly merchantId: string;
  readonly pixKey: string;
  /** Nothing before it is asked for. */
  readonly since: Date;
  readonly sweptTo: Date;
  readonly farSweptAt: Date | null;
}

/**
 * Goes through the provider's own list of money, again and again with an overlap, for each merchant's key: the way by
 * which money is found whatever became of its webhook and its charge. A provider without a list has none to sweep.
 */
export function startSweeper(
  context: ServerContext,
  provider: PaymentProvider,
  health: Pick<ProviderHealth, 'pausedUntilMs'>,
): WorkerLoop {
  return startWorkerLoop({
    name: 'receipt sweeper',
    clock: context.clock,
    log: context.log,
    task: async (isStopping) => {
      if (provider.listReceipts === undefined) return null;
      while (!isStopping() && health.pausedUntilMs() <= context.clock.nowMs()) {
        const sweep = await claimSweep(context, provider);
        if (sweep === null) break;
        await runSweep(context, provider, sweep, isStopping);
      }
      const nextAtMs = await nextSweepAtMs(context, provider);
      return nextAtMs === null ? null : Math.max(nextAtMs, health.pausedUntilMs());
    },
  });
}

async function nextSweepAtMs(
  { db }: ServerContext,
  { name }: Pick<PaymentProvider, 'name'>,
): Promise<number | null> {
  const [row] = await db.query<{ at: Date | null }>(
    'SELECT min(next_sweep_at) AS at FROM receipt_sweeps WHERE provider = $1',
    [name],
  );
  return row?.at?.getTime() ?? null;
}

/**
 * Takes the sweep that is due longest, and plans its next one in the same step, so that of several processes one does
 * it. A key is swept from its first charge at this provider on; what came before the merchant did is none of ours.
 */
async function claimSweep(
  { db, clock }: ServerContext,
  { name }: Pick<PaymentProvider, 'name'>,
): Promise<Sweep | null> {
  const nowMs = clock.nowMs();
  const unknown = await db.query<{ merchantId: string }>(
    `SELECT merchant_id AS "merchantId" FROM merchants m
     WHERE EXISTS (SELECT FROM payment_attempts a WHERE a.merchant_id = m.merchant_id AND a.provider = $1)
       AND NOT EXISTS (SELECT FROM receipt_sweeps s
         WHERE s.merchant_id = m.merchant_id AND s.provider = $1 AND s.pix_key = m.pix_key)`,
    [name],
  );
  if (unknown.length > 0)
    await db.query(
      `INSERT INTO receipt_sweeps (merchant_id, provider, pix_key, since, swept_to, next_sweep_at)
       SELECT merchant_id, $1, pix_key, greatest(created_at, $2), greatest(created_at, $2), $3 FROM merchants
       WHERE merchant_id = ANY($4) ON CONFLICT DO NOTHING`,
      [
        name,
        new Date(nowMs - FAR_OVERLAP_MS),
        new Date(nowMs + SWEEP_EVERY_MS),
        unknown.map(({ merchantId }) => merchantId),
      ],
    );
  // What is planned for later than plans go was planned before the clock was set back.
  const [sweep] = await db.query<Sweep & Record<string, unknown>>(
    `UPDATE receipt_sweeps SET next_sweep_at = $3
     WHERE (merchant_id, provider, pix_key) IN (
       SELECT merchant_id, provider, pix_key FROM receipt_sweeps
       WHERE provider = $1 AND (next_sweep_at <= $2 OR next_sweep_at > $3)
       ORDER BY next_sweep_at LIMIT 1 FOR UPDATE SKIP LOCKED)
     RETURNING merchant_id AS "merchantId", pix_key AS "pixKey", since, swept_to AS "sweptTo", far_swept_at AS "farSweptAt"`,
    [name, new Date(nowMs), new Date(nowMs + SWEEP_EVERY_MS)],
  );
  return sweep ?? null;
}

async function runSweep(
  context: ServerContext,
  provider: PaymentProvider,
  sweep: Sweep,
  isStopping: () => boolean,
): Promise<void> {
  const nowMs = context.clock.nowMs();
  const { fromMs, toMs, isFar } = spanOf(sweep, nowMs);
  const outcome = await provider.listReceipts?.({ pixKey: sweep.pixKey, fromMs, toMs });
  if (outcome === undefined) return;
  if (outcome.kind !== 'found') {
    if (outcome.kind === 'rejected')
      context.log.error(
        { code: outcome.code, detail: outcome.detail },
        'the provider refused its list of money',
      );
    return keepFailure(context, provider, sweep, `${outcome.kind}: ${outcome.detail}`);
  }
  const left = await placeAll(context, provider, sweep, outcome.receipts, isStopping);
  // The cursor does not pass what has no place yet.
  const sweptToMs = Math.min(toMs, ...left.map((receipt) => receipt.paidAtMs));
  const isBehind = left.length === 0 && toMs < nowMs;
  await context.db.query(
    `UPDATE receipt_sweeps SET swept_to = $4, far_swept_at = CASE WHEN $5 THEN $6 ELSE far_swept_at END,
       last_answer_at = $6, last_error = NULL, next_sweep_at = CASE WHEN $7 THEN $6 ELSE next_sweep_at END
     WHERE merchant_id = $1 AND provider = $2 AND pix_key = $3`,
    [
      sweep.merchantId,
      provider.name,
      sweep.pixKey,
      new Date(sweptToMs),
      isFar && left.length === 0 && !isBehind,
      new Date(nowMs),
      isBehind,
    ],
  );
}

/** Half-open. A cursor that is ahead of the clock is of a clock that was set back since. */
export function spanOf(
  { since, sweptTo, farSweptAt }: Pick<Sweep, 'since' | 'sweptTo' | 'farSweptAt'>,
  nowMs: number,
): { readonly fromMs: number; readonly toMs: number; readonly isFar: boolean } {
  const farAgoMs = farSweptAt === null ? Number.POSITIVE_INFINITY : nowMs - farSweptAt.getTime();
  const doneMs = Math.min(sweptTo.getTime(), nowMs);
  const isNear = doneMs > nowMs + FAR_OVERLAP_MS - MAX_SPAN_MS;
  // What is days behind catches up first.
  const isFar = isNear && (farAgoMs >= FAR_SWEEP_EVERY_MS || farAgoMs < 0);
  const fromMs = Math.max(since.getTime(), doneMs - (isFar ? FAR_OVERLAP_MS : OVERLAP_MS));
  return { fromMs, toMs: Math.min(nowMs, fromMs + MAX_SPAN_MS), isFar };
}

/** @returns those that have to be looked at again */
async function placeAll(
  context: ServerContext,
  provider: PaymentProvider,
  { merchantId }: Sweep,
  receipts: readonly ProviderReceipt[],
  isStopping: () => boolean,
): Promise<readonly ProviderReceipt[]> {
  const placed = await placedReceipts(
    context.db,
    merchantId,
    receipts.map(({ receiptId }) => receiptId),
  );
  const queue = receipts.filter(({ receiptId }) => !placed.has(receiptId));
  const left: ProviderReceipt[] = [];
  const work = async (): Promise<void> => {
    for (let receipt = queue.shift(); receipt !== undefined; receipt = queue.shift()) {
      const { receiptId } = receipt;
      const place = isStopping()
        ? 'later'
        : await placeReceipt(context, provider, {
            merchantId,
            receipt,
            foundBy: 'sweep',
            suggestedReceiptId: null,
            isPlaced: async () => (await placedReceipts(context.db, merchantId, [receiptId])).has(receiptId),
          });
      if (place === 'later') left.push(receipt);
    }
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, work));
  return left;
}

async function keepFailure(
  { db }: ServerContext,
  { name }: Pick<PaymentProvider, 'name'>,
  { merchantId, pixKey }: Sweep,
  problem: string,
): Promise<void> {
  await db.query(
    'UPDATE receipt_sweeps SET last_error = $4 WHERE merchant_id = $1 AND provider = $2 AND pix_key = $3',
    [merchantId, name, pixKey, problem.slice(0, 500)],
  );
}
