import type { Clock } from '../../domain/clock.ts';

/** A clock that is moved by hand. */
export class ManualClock implements Clock {
  #nowMs = 0;
  #tasks: { readonly atMs: number; readonly run: () => void }[] = [];
  nowMs(): number {
    return this.#nowMs;
  }
  monotonicMs(): number {
    return this.#nowMs;
  }
  schedule(delayMs: number, run: () => void): () => void {
    const task = { atMs: this.#nowMs + delayMs, run };
    this.#tasks.push(task);
    return () => {
      this.#tasks = this.#tasks.filter((other) => other !== task);
    };
  }
  advance(ms: number): void {
    this.#nowMs += ms;
    const due = this.#tasks.filter((task) => task.atMs <= this.#nowMs);
    this.#tasks = this.#tasks.filter((task) => task.atMs > this.#nowMs);
    for (const task of due) task.run();
  }
}
