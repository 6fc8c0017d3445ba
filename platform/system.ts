import { randomBytes } from 'node:crypto';
import type { Clock, RandomBytes } from '../domain/clock.ts';

export const systemClock: Clock = {
  nowMs: () => Date.now(),
  schedule: (delayMs, task) => {
    const timer = setTimeout(task, delayMs);
    return () => clearTimeout(timer);
  },
};

export const systemRandom: RandomBytes = (count) => new Uint8Array(randomBytes(count));
