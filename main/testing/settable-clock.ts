import type { Clock } from '../../domain/clock.ts';

/** A machine whose wall clock a test may set, while time itself goes on as `base` says. */
export class SettableClock implements Clock {
  /** What the wall clock shows beyond the right time, ms. */
  offsetMs = 0;
  readonly #base: Clock;

  constructor(base: Clock) {
    this.#base = base;
  }

  nowMs(): number {
    return this.#base.nowMs() + this.offsetMs;
  }

  monotonicMs(): number {
    return this.#base.monotonicMs();
  }

  schedule(delayMs: number, task: () => void): () => void {
    return this.#base.schedule(delayMs, task);
  }
}
