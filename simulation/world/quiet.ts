/** Turns of the event loop without a sign of life after which a step is over: two are used, a busy machine may need more. */
const QUIET_TURNS = 6;
/** A step that goes on for longer than this never ends: something asks itself again without waiting. */
const MAX_TURNS = 20_000;

/** Counts what simulated ports are asked, so that the end of a step can be told from a pause within it. */
export class Activity {
  #count = 0;
  #underWay = 0;

  note(): void {
    this.#count += 1;
  }

  /** For work of a port that ends by itself within the step: a database statement. */
  async during<T>(work: () => Promise<T>): Promise<T> {
    this.#count += 1;
    this.#underWay += 1;
    try {
      return await work();
    } finally {
      this.#underWay -= 1;
      this.#count += 1;
    }
  }

  /**
   * Resolves when everything that the step set off has come to rest: it waits for a port or for the clock.
   * @returns false: it never does
   */
  async quiet(): Promise<boolean> {
    let turns = 0;
    let seen = this.#count;
    for (let taken = 0; turns < QUIET_TURNS; taken += 1) {
      if (taken > MAX_TURNS) return false;
      await new Promise<void>((resolve) => setImmediate(resolve));
      if (this.#underWay > 0 || this.#count !== seen) {
        turns = 0;
        seen = this.#count;
      } else turns += 1;
    }
    return true;
  }
}
