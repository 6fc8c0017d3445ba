import type { Clock } from '../../domain/clock.ts';
import type { World } from './world.ts';

/** A machine's two clocks. The wall clock is off by `skewMs`, and may be set while it runs. */
export class Machine {
  readonly name: string;
  skewMs: number;
  readonly #world: World;
  #bootedAtMs = 0;
  #life = 0;
  #alive = false;

  constructor(world: World, name: string, skewMs: number) {
    this.#world = world;
    this.name = name;
    this.skewMs = skewMs;
  }

  get alive(): boolean {
    return this.#alive;
  }

  /** The start of a process: what it is given ends with it. */
  boot(): Life {
    this.#life += 1;
    this.#alive = true;
    this.#bootedAtMs = this.#world.agenda.nowMs();
    return new Life(this.#world, this, this.#life, this.#bootedAtMs);
  }

  /** The process is gone, between two of its steps or in the midst of one. */
  kill(): void {
    this.#alive = false;
  }

  /** World time, ms. */
  get bootedAtMs(): number {
    return this.#bootedAtMs;
  }

  isLife(life: number): boolean {
    return this.#alive && this.#life === life;
  }
}

/** Never resolves: what a process that is gone waits for. */
export function never<T>(): Promise<T> {
  return new Promise<T>(() => undefined);
}

/** One process on a machine, from its start to its end. */
export class Life {
  readonly machine: Machine;
  readonly clock: Clock;
  readonly #number: number;

  constructor(world: World, machine: Machine, number: number, bootedAtMs: number) {
    this.machine = machine;
    this.#number = number;
    const { agenda } = world;
    this.clock = {
      nowMs: () => Math.floor(world.epochMs + agenda.nowMs() + machine.skewMs),
      monotonicMs: () => agenda.nowMs() - bootedAtMs,
      schedule: (delayMs, task) => {
        if (this.over) return () => undefined;
        return agenda.after(delayMs, `${machine.name} timer`, () => {
          if (!this.over) task();
        });
      },
    };
  }

  get over(): boolean {
    return !this.machine.isLife(this.#number);
  }
}
