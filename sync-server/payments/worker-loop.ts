import type { Clock } from '../../domain/clock.ts';
import type { Log } from '../../platform/log.ts';

export interface WorkerLoop {
  /** Runs the task at once, or once more when it is running. */
  wake(): void;
  /** Resolves when the run under way has ended; none starts after it. */
  stop(): Promise<void>;
}

/**
 * Runs `task` again and again, never twice at a time: at each wake, and `idleMs` after the last run. A run that
 * throws (a database that is away) is logged and tried again at the next turn.
 */
export function startWorkerLoop(options: {
  readonly name: string;
  readonly clock: Clock;
  readonly log: Log;
  readonly idleMs: number;
  /** A long run asks `isStopping` between its steps. */
  readonly task: (isStopping: () => boolean) => Promise<void>;
}): WorkerLoop {
  const { name, clock, log, idleMs, task } = options;
  let stopped = false;
  let again = false;
  let running: Promise<void> | undefined;
  let cancelTimer = (): void => undefined;

  async function run(): Promise<void> {
    do {
      again = false;
      try {
        await task(() => stopped);
      } catch (error) {
        log.error({ error, worker: name }, 'a background run failed; it is tried again');
      }
    } while (again && !stopped);
    running = undefined;
    if (!stopped) cancelTimer = clock.schedule(idleMs, wake);
  }

  function wake(): void {
    if (stopped) return;
    if (running !== undefined) {
      again = true;
      return;
    }
    cancelTimer();
    running = run();
  }

  wake();
  return {
    wake,
    async stop() {
      stopped = true;
      cancelTimer();
      await running;
    },
  };
}
