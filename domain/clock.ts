/**
 * Time as a parameter. Nothing in the product reads the system clock by itself: the composition roots pass a
 * system clock, the tests and the simulation pass one that they move by hand.
 */
export interface Clock {
  /** UTC, in epoch milliseconds. */
  nowMs(): number;
  /**
   * Milliseconds since an arbitrary instant, which only ever go forward: for durations, whoever sets the clock
   * meanwhile. Not comparable between processes.
   */
  monotonicMs(): number;
  /** Runs `task` once, `delayMs` from now; the answer cancels it (harmless when it has already run). */
  schedule(delayMs: number, task: () => void): CancelTimer;
}

export type CancelTimer = () => void;

/** Randomness as a parameter: `count` random bytes. */
export type RandomBytes = (count: number) => Uint8Array;
