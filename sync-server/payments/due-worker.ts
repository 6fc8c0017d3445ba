import type { ServerContext } from '../context.ts';
import type { ProviderHealth } from '../providers/provider-health.ts';
import type { PaymentWork } from './work-due.ts';
import { startWorkerLoop, type WorkerLoop } from './worker-loop.ts';

/** A worker loop of one kind of work: what this process writes down of it is begun when it is due, not at the next rest. */
export function startDueWorker(
  { clock, log, workDue }: Pick<ServerContext, 'clock' | 'log' | 'workDue'>,
  work: PaymentWork,
  options: Pick<Parameters<typeof startWorkerLoop>[0], 'name' | 'task'>,
): WorkerLoop {
  const loop = startWorkerLoop({ clock, log, ...options });
  const stopListening = workDue.onAnnounced(work, loop.dueAt);
  return {
    ...loop,
    stop: () => {
      stopListening();
      return loop.stop();
    },
  };
}

/** Such a loop of work at one provider: one item after the other while any is due, and none while the provider is left alone. */
export function startProviderWorker(
  context: Pick<ServerContext, 'clock' | 'log' | 'workDue'>,
  health: Pick<ProviderHealth, 'pausedUntilMs'>,
  work: PaymentWork,
  options: {
    readonly name: string;
    /** @returns whether one was due */
    readonly advanceNext: () => Promise<boolean>;
    /** @returns when the next one is due; null when none is known */
    readonly nextAt: () => Promise<Date | null>;
  },
): WorkerLoop {
  const { name, advanceNext, nextAt } = options;
  return startDueWorker(context, work, {
    name,
    task: async (isStopping) => {
      while (!isStopping() && health.pausedUntilMs() <= context.clock.nowMs())
        if (!(await advanceNext())) break;
      const at = await nextAt();
      return at === null ? null : Math.max(at.getTime(), health.pausedUntilMs());
    },
  });
}
