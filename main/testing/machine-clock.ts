import type { CancelTimer, Clock } from '../../domain/clock.ts';
import type { ManualClock } from '../../platform/testing/manual-clock.ts';

/** A totem's clocks, on the shop's time: set by hand, or jumped over while the process was frozen. */
export class MachineClock implements Clock {
  readonly base: ManualClock;
  /** What the wall clock shows beyond the right time, ms. */
  wallOffsetMs = 0;
  /** Passed while nothing of the process ran. */
  frozenMs = 0;

  constructor(base: ManualClock) {
    this.base = base;
  }

  nowMs(): number {
    return this.base.nowMs() + this.frozenMs + this.wallOffsetMs;
  }

  monotonicMs(): number {
    return this.base.monotonicMs() + this.frozenMs;
  }

  schedule(delayMs: number, task: () => void): CancelTimer {
    return this.base.schedule(delayMs, task);
  }
}
