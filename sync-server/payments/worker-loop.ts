import type { Clock } from '../../domain/clock.ts';
import type { Log } from '../../platform/log.ts';

export interface WorkerLoop {
  /** Runs the task at once, or once more when it is running. */
  wake(): void;
  /** There is work to be done at `atMs`, epoch milliseconds: rests no longer than until then. */
  dueAt(atMs: number): void;
  /** Resolves when the run under way has ended; none starts after it. */
  stop(): Promise<void>;
}

/**
 * However far the next work is: what another process wrote is found after this long at the latest, and a clock that
 * was set makes no longer gap.
 */
export const MAX_IDLE_MS = 15_000;
/** After a run that threw: a database that restarts is back within seconds. */
const RETRY_MS = 500;

/**
 * Runs `task` again and again, never twice at a time: at each wake, and when its next work is due. A run that throws
 * (a database that is away) is logged and tried again.
 */
export function startWorkerLoop(options: {
  readonly name: string;
  readonly clock: Clock;
  readonly log: Log;
  /**
   * A long run asks `isStopping` between its steps.
   * @returns when the next work is due, epoch milliseconds; null when none is known
   */
  readonly task: (isStopping: () => boolean) => Promise<number | null>;
}): WorkerLoop {
  const { name, clock, log, task } = options;
  let stopped = false;
  let again = false;
  let running: Promise<void> | undefined;
  let cancelTimer = (): void => undefined;
  let nextAtMs = Number.POSITIVE_INFINITY;

  async function run(): Promise<void> {
    nextAtMs = Number.POSITIVE_INFINITY;
    do {
      again = false;
      try {
        nextAtMs = Math.min(nextAtMs, (await task(() => stopped)) ?? nextAtMs);
      } catch (error) {
        log.error({ error, worker: name }, 'a background run failed; it is tried again');
        nextAtMs = clock.nowMs() + RETRY_MS;
      }
    } while (again && !stopped);
    running = undefined;
    if (!stopped) rest();
  }

  function rest(): void {
    cancelTimer();
    const restMs = Math.min(MAX_IDLE_MS, Math.max(0, nextAtMs - clock.nowMs()));
    cancelTimer = clock.schedule(restMs, wake);
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
    dueAt(atMs) {
      if (stopped || atMs >= nextAtMs) return;
      nextAtMs = atMs;
      // A run under way takes it into account when it rests.
      if (running === undefined) rest();
    },
    async stop() {
      stopped = true;
      cancelTimer();
      await running;
    },
  };
}
