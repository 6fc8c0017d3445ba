import type { Clock } from '../../domain/clock.ts';
import type { Log } from '../../platform/log.ts';

/** Timers of more than 2^31 ms fire at once in Node; an hour is far below and costs nothing. */
const LONGEST_SLEEP_MS = 3_600_000;
/** After an unexpected failure, so that a broken disk does not spin the processor. */
const PAUSE_AFTER_FAILURE_MS = 1000;

export interface DueLoop {
  /** Work may have been added: looks again when the next is due. */
  wake(): void;
  /** Resolves when what is under way has ended; nothing starts after. */
  stop(): Promise<void>;
}

/** Runs `run` whenever something is due. What is due rests in the database, so nothing is lost with the process. */
export function startDueLoop(
  clock: Clock,
  log: Log,
  work: {
    /** Epoch ms of the earliest piece of work; null when there is none. */
    readonly nextDueAt: () => number | null;
    readonly run: (nowMs: number) => void | Promise<void>;
  },
): DueLoop {
  let cancelTimer = (): void => {};
  let running: Promise<void> | undefined;
  let stopped = false;

  function arm(leastMs = 0): void {
    cancelTimer();
    if (stopped || running !== undefined) return;
    const dueAt = work.nextDueAt();
    if (dueAt === null) return;
    const delayMs = Math.min(LONGEST_SLEEP_MS, Math.max(leastMs, dueAt - clock.nowMs()));
    cancelTimer = clock.schedule(delayMs, tick);
  }

  function tick(): void {
    if (stopped || running !== undefined) return;
    let pauseMs = 0;
    running = (async () => work.run(clock.nowMs()))()
      .catch((error: unknown) => {
        log.error({ err: error }, 'due work failed');
        pauseMs = PAUSE_AFTER_FAILURE_MS;
      })
      .finally(() => {
        running = undefined;
        arm(pauseMs);
      });
  }

  arm();
  return {
    wake: () => arm(),
    async stop() {
      stopped = true;
      cancelTimer();
      await running;
    },
  };
}
