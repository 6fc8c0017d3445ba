import type { Clock } from '../../../domain/clock.ts';
import type { FulfilmentJob, Jobs } from '../jobs.ts';

/** After a handler that threw. */
const RETRY_MS = 5_000;

/**
 * The queue within one process, on the given clock: what it holds is lost with the process, as if pg-boss had lost it, so
 * that the search for overdue fulfilments is tried as well.
 */
export function createLocalJobs(clock: Pick<Clock, 'nowMs' | 'schedule'>): Jobs {
  let handle: ((job: FulfilmentJob) => Promise<void>) | null = null;
  const planned = new Set<() => void>();
  const running = new Set<Promise<void>>();

  function plan(job: FulfilmentJob, atMs: number): void {
    if (handle === null) return;
    const cancel = clock.schedule(Math.max(0, atMs - clock.nowMs()), () => {
      planned.delete(cancel);
      run(job);
    });
    planned.add(cancel);
  }

  function run(job: FulfilmentJob): void {
    if (handle === null) return;
    const work = handle(job)
      .catch(() => plan(job, clock.nowMs() + RETRY_MS))
      .finally(() => running.delete(work));
    running.add(work);
  }

  return {
    add: async (transaction, job, atMs) => {
      transaction.afterCommit(() => (atMs <= clock.nowMs() ? run(job) : plan(job, atMs)));
    },
    work: async (handler) => {
      handle = handler;
    },
    async stop() {
      handle = null;
      for (const cancel of planned) cancel();
      planned.clear();
      await Promise.all(running);
    },
  };
}
