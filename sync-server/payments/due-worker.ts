import type { ServerContext } from '../context.ts';
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
