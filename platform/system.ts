import { randomBytes } from 'node:crypto';
import type { Clock, RandomBytes } from '../domain/clock.ts';

/** Node fires a timer of more than 2^31 - 1 ms at once; a longer wait is made of several. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

export const systemClock: Clock = {
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  schedule: (delayMs, task) => {
    let timer: NodeJS.Timeout;
    const wait = (remainingMs: number): void => {
      timer =
        remainingMs > LONGEST_TIMER_MS
          ? setTimeout(() => wait(remainingMs - LONGEST_TIMER_MS), LONGEST_TIMER_MS)
          : setTimeout(task, remainingMs);
    };
    wait(delayMs);
    return () => clearTimeout(timer);
  },
};

export const systemRandom: RandomBytes = (count) => new Uint8Array(randomBytes(count));
