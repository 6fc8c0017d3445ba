import type { CancelTimer, Clock } from '../../domain/clock.ts';

interface Task {
  readonly dueMs: number;
  readonly run: () => void;
}

/** A clock that a test moves by hand: time stands still until `advance`. */
export class ManualClock implements Clock {
  #nowMs: number;
  readonly #tasks = new Set<Task>();

  /** @param startMs epoch milliseconds; by default a Tuesday noon in São Paulo */
  constructor(startMs: number = Date.UTC(2026, 2, 10, 15, 0, 0)) {
    this.#nowMs = startMs;
  }

  nowMs(): number {
    return this.#nowMs;
  }

  monotonicMs(): number {
    return this.#nowMs;
  }

  schedule(delayMs: number, run: () => void): CancelTimer {
    const task: Task = { dueMs: this.#nowMs + Math.max(0, delayMs), run };
    this.#tasks.add(task);
    return () => {
      this.#tasks.delete(task);
    };
  }

  /** Tasks that wait: a test can wait for one to be scheduled, or see that none is left behind. */
  get pendingTasks(): number {
    return this.#tasks.size;
  }

  /** Moves the time on, and runs what falls due on the way, in order, each at its own time. */
  advance(durationMs: number): void {
    const targetMs = this.#nowMs + durationMs;
    for (let task = this.#nextDue(targetMs); task !== undefined; task = this.#nextDue(targetMs)) {
      this.#tasks.delete(task);
      this.#nowMs = Math.max(this.#nowMs, task.dueMs);
      task.run();
    }
    this.#nowMs = targetMs;
  }

  /** As of a machine that slept: the time is another at once, and only then what fell due meanwhile runs, once. */
  leap(durationMs: number): void {
    this.#nowMs += durationMs;
    this.advance(0);
  }

  #nextDue(targetMs: number): Task | undefined {
    let next: Task | undefined;
    for (const task of this.#tasks) {
      if (task.dueMs <= targetMs && (next === undefined || task.dueMs < next.dueMs)) next = task;
    }
    return next;
  }
}
