import type { ServerContext } from '../context.ts';
import { startProviderWorker } from '../payments/due-worker.ts';
import type { WorkerLoop } from '../payments/worker-loop.ts';
import type { PaymentProvider } from '../providers/provider.ts';
import type { ProviderHealth } from '../providers/provider-health.ts';
import type { RecurrenceHint } from '../providers/webhook-intake.ts';
import { keepRecurrence, type RecurrenceKey } from './keep-recurrence.ts';
import { FIRST_READ_MS } from './plan-reads.ts';

/** Agreements live for years. Once a day is soon enough for one that was cancelled, and few requests. */
const MAX_READ_MS = 24 * 60 * 60_000;
/** Cards are charged back for 120 days; a Pix is sent back for 90, and its payer has 80 for a MED case. */
const RETURNS_FOLLOWED_MS = 120 * 24 * 60 * 60_000;
/** Longer than the one call that a read makes: a process that dies delays its reads this long. */
const CLAIM_MS = 45_000;

/**
 * Reads agreements, and what is charged by them, back from the provider while they have not ended, and what was paid
 * while its money may go back: a webhook may be lost. At first after a minute, then ever more rarely, at last once a day.
 */
export function startRecurrenceReader(
  context: ServerContext,
  provider: PaymentProvider,
  health: Pick<ProviderHealth, 'pausedUntilMs'>,
): WorkerLoop {
  return startProviderWorker(context, health, 'recurrence', {
    name: 'recurrence reader',
    advanceNext: async () => provider.readRecurrence !== undefined && (await readNext(context, provider)),
    nextAt: async () => {
      if (provider.readRecurrence === undefined) return null;
      const [row] = await context.db.query<{ at: Date | null }>(
        'SELECT min(next_read_at) AS at FROM recurrences WHERE provider = $1 AND next_read_at IS NOT NULL',
        [provider.name],
      );
      return row?.at ?? null;
    },
  });
}

interface Claimed extends Record<string, unknown> {
  readonly merchantId: string;
  readonly kind: RecurrenceHint['kind'];
  readonly id: string;
  readonly attempts: number;
}

/** @returns whether one was due */
async function readNext(context: ServerContext, provider: PaymentProvider): Promise<boolean> {
  const claimed = await claimNext(context, provider);
  if (claimed === undefined) return false;
  const { merchantId, kind, id, attempts } = claimed;
  const key = { merchantId, provider: provider.name, kind, id };
  const readAtMs = context.clock.nowMs();
  const outcome = await provider.readRecurrence?.({ kind, id });
  // Before what was read is kept, which may begin the rounds anew.
  await planNext(context, key, attempts);
  if (outcome?.kind === 'found') await keepRecurrence(context, key, outcome.recurrence, 'poll', readAtMs);
  else
    context.log.warn(
      { provider: provider.name, kind, outcome: outcome?.kind },
      'a recurrence was not told of',
    );
  return true;
}

/** What is due; also what is planned for later than plans go: it was planned before the clock was set back. */
async function claimNext(
  { db, clock }: ServerContext,
  { name }: Pick<PaymentProvider, 'name'>,
): Promise<Claimed | undefined> {
  const nowMs = clock.nowMs();
  const [claimed] = await db.query<Claimed>(
    `UPDATE recurrences SET read_attempts = read_attempts + 1, next_read_at = $3
     WHERE (merchant_id, provider, kind, recurrence_id) IN (
       SELECT merchant_id, provider, kind, recurrence_id FROM recurrences
       WHERE provider = $1 AND (next_read_at <= $2 OR next_read_at > $4)
       ORDER BY next_read_at LIMIT 1 FOR UPDATE SKIP LOCKED)
     RETURNING merchant_id AS "merchantId", kind, recurrence_id AS id, read_attempts AS attempts`,
    [name, new Date(nowMs), new Date(nowMs + CLAIM_MS), new Date(nowMs + MAX_READ_MS)],
  );
  return claimed;
}

/** Unless a webhook has begun the rounds anew meanwhile. */
async function planNext(
  { db, clock }: ServerContext,
  { merchantId, provider, kind, id }: RecurrenceKey,
  attempts: number,
): Promise<void> {
  const nowMs = clock.nowMs();
  const nextMs = nowMs + Math.min(FIRST_READ_MS * 2 ** attempts, MAX_READ_MS);
  await db.query(
    `UPDATE recurrences k SET next_read_at = CASE WHEN k.status IS DISTINCT FROM 'paid' OR EXISTS (
         SELECT FROM recurring_receipts r WHERE r.merchant_id = $1 AND r.provider = $2 AND r.kind = $3
           AND r.recurrence_id = $4 AND r.paid_at > $7) THEN $6::timestamptz END
     WHERE merchant_id = $1 AND provider = $2 AND kind = $3 AND recurrence_id = $4 AND read_attempts = $5
       AND next_read_at IS NOT NULL`,
    [merchantId, provider, kind, id, attempts, new Date(nextMs), new Date(nowMs - RETURNS_FOLLOWED_MS)],
  );
}
