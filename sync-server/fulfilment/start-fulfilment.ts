import type { ServerContext } from '../context.ts';
import type { Channels } from '../notifications/channel.ts';
import type { TransactionKey } from '../payments/payment-transaction.ts';
import { startWorkerLoop } from '../payments/worker-loop.ts';
import { LONGEST_PLAN_MS } from './stages.ts';
import { advance, workOn } from './work-on.ts';

/** Entries of a busy feed come together: one look for all of them. */
const GATHER_MS = 100;
/** Of one look; what is left is found by the next. */
const BATCH = 100;
/**
 * Work that lies about longer than this has no job that is worked on: a process died with it in hand, its handler fails
 * and waits, or the queue was restored. It gets a new one, whatever became of the old: two polls of the queue, which
 * finds what is planned for later within one. The watch looks every quarter of a minute, so that nothing stands still
 * for longer than 40 s. Work that is planned for later than plans go is overdue too.
 */
export const OVERDUE_MS = 20_000;

export interface Fulfilment {
  /** Ends the watch; the jobs are ended by who opened them. */
  stop(): Promise<void>;
}

/** All that goes on behind payments: the jobs, and the watch over tickets whose totems have told of them. */
export async function startFulfilment(context: ServerContext, channels: Channels): Promise<Fulfilment> {
  const { jobs, clock, log, feedWake } = context;
  await jobs.work((job) => workOn(context, channels, job));
  const watch = startWorkerLoop({
    name: 'fulfilment',
    clock,
    log,
    task: async (isStopping) => {
      const heard = await findHeard(context);
      for (const key of heard) {
        if (isStopping()) return null;
        await context.db
          .transaction((transaction) => advance(context, channels, transaction, key, { mayClaim: false }))
          // One that does not go on holds up no other.
          .catch((error: unknown) => log.error({ error, ...key }, 'a fulfilment was not brought on'));
      }
      await addLostJobs(context);
      return heard.length === BATCH ? clock.nowMs() : null;
    },
  });
  const stopListening = feedWake.onAnyWake(() => watch.dueAt(clock.nowMs() + GATHER_MS));
  return {
    async stop() {
      stopListening();
      await watch.stop();
    },
  };
}

/** Fulfilments whose ticket is further than they know. */
function findHeard({ db }: ServerContext): Promise<TransactionKey[]> {
  return db.query<TransactionKey & Record<string, unknown>>(
    `SELECT f.merchant_id AS "merchantId", f.transaction_id AS "transactionId"
     FROM fulfilments f JOIN payment_transactions t USING (merchant_id, transaction_id)
     LEFT JOIN tickets k USING (merchant_id, transaction_id)
     WHERE f.awaits = 'ticket' AND (k.ticket_id IS NOT NULL OR t.status = 'REFUNDED')
       OR f.awaits = 'paper' AND k.status NOT IN ('paid', 'printing', 'print_error')
         AND (k.delivery IS NOT NULL OR k.status = 'voided')
     LIMIT $1`,
    [BATCH],
  );
}

async function addLostJobs({ db, jobs, clock }: ServerContext): Promise<void> {
  const nowMs = clock.nowMs();
  const overdue = '(next_work_at < $1 OR next_work_at > $2)';
  const bounds = [new Date(nowMs - OVERDUE_MS), new Date(nowMs + LONGEST_PLAN_MS)];
  const [some] = await db.query(`SELECT 1 FROM fulfilments WHERE ${overdue} LIMIT 1`, bounds);
  if (some === undefined) return;
  await db.transaction(async (transaction) => {
    const lost = await transaction.query<TransactionKey & Record<string, unknown>>(
      `UPDATE fulfilments SET next_work_at = $3 WHERE (merchant_id, transaction_id) IN (
         SELECT merchant_id, transaction_id FROM fulfilments WHERE ${overdue} LIMIT $4 FOR UPDATE SKIP LOCKED)
       RETURNING merchant_id AS "merchantId", transaction_id AS "transactionId"`,
      [...bounds, new Date(nowMs), BATCH],
    );
    for (const key of lost) await jobs.add(transaction, key, nowMs);
  });
}
