import { FULFILMENT_STAGES } from '../../domain/fulfilment.ts';
import type { ServerContext } from '../context.ts';
import type { TransactionKey } from '../payments/payment-transaction.ts';
import { lockFulfilment, saveFulfilment } from './fulfilment-row.ts';
import { happen, type Stages } from './stages.ts';

export type ResyncRefusal = 'unknown_fulfilment' | 'nothing_failed';

/** Has what failed tried again at once, all its tries anew. What is done stays done. */
export function resync(
  context: ServerContext,
  key: TransactionKey,
): Promise<{ readonly ok: true } | { readonly ok: false; readonly code: ResyncRefusal }> {
  return context.db.transaction(async (transaction) => {
    const before = await lockFulfilment(transaction, key);
    if (before === undefined) return { ok: false, code: 'unknown_fulfilment' };
    const atMs = context.clock.nowMs();
    const after = FULFILMENT_STAGES.reduce<Stages>(
      (stages, stage) => happen(stages, stage, 'resync', { atMs, detail: null }),
      before,
    );
    if (after === before) return { ok: false, code: 'nothing_failed' };
    await saveFulfilment(context, transaction, key, { before, after, atMs });
    // A stage of the ticket has nothing that is due of itself: it begins by being looked at.
    await context.jobs.add(transaction, key, atMs);
    return { ok: true };
  });
}

/** Of one kick of all. */
const MOST_KICKED = 1_000;

/**
 * Has what is due worked on now: of one fulfilment also what would be tried again later by itself.
 * @returns how many
 */
export function kick(
  context: ServerContext,
  { merchantId, transactionId }: { readonly merchantId: string; readonly transactionId?: string | undefined },
): Promise<number> {
  const atMs = context.clock.nowMs();
  return context.db.transaction(async (transaction) => {
    if (transactionId === undefined) {
      const due = await transaction.query<{ transactionId: string }>(
        `SELECT transaction_id AS "transactionId" FROM fulfilments WHERE merchant_id = $1 AND next_work_at <= $2
         ORDER BY next_work_at LIMIT $3`,
        [merchantId, new Date(atMs), MOST_KICKED],
      );
      for (const one of due) await context.jobs.add(transaction, { merchantId, ...one }, atMs);
      return due.length;
    }
    const key = { merchantId, transactionId };
    const before = await lockFulfilment(transaction, key);
    if (before === undefined) return 0;
    const after: Stages = hasten(before, atMs);
    await saveFulfilment(context, transaction, key, { before, after, atMs });
    if (after === before) await context.jobs.add(transaction, key, atMs);
    return 1;
  });
}

function hasten(before: Stages, atMs: number): Stages {
  const failed = FULFILMENT_STAGES.filter((stage) => before[stage].state === 'failed');
  if (failed.length === 0) return before;
  const hastened = failed.map((stage) => [stage, { ...before[stage], dueAt: atMs }] as const);
  return { ...before, ...Object.fromEntries(hastened) };
}
