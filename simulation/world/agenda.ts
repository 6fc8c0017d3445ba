import type { Random } from './random.ts';

export interface Happening {
  /** Milliseconds of world time. */
  readonly atMs: number;
  readonly what: string;
  readonly run: () => void;
}

interface Entry extends Happening {
  readonly tie: number;
  cancelled: boolean;
}

export interface Agenda {
  /** World time, ms since the seed's beginning: no machine sees it, each has its own clock. */
  nowMs(): number;
  /** @returns takes it off the agenda, harmless when it has happened */
  after(delayMs: number, what: string, run: () => void): () => void;
  /** Moves the time on to the next happening, and hands it over. */
  next(): Happening | undefined;
  /** Time passes without a happening; never backwards. */
  advanceTo(atMs: number): void;
  /** When the next one happens; Infinity when nothing is planned. */
  nextAtMs(): number;
}

/** One queue for all machines and people, ordered by time; what falls on one instant comes in an order of the seed. */
export function createAgenda(random: Random): Agenda {
  const heap: Entry[] = [];
  let now = 0;

  const before = (left: Entry, right: Entry): boolean =>
    left.atMs < right.atMs || (left.atMs === right.atMs && left.tie < right.tie);

  function push(entry: Entry): void {
    let index = heap.push(entry) - 1;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      const above = heap[parent];
      if (above === undefined || !before(entry, above)) break;
      heap[index] = above;
      index = parent;
    }
    heap[index] = entry;
  }

  function pop(): Entry | undefined {
    const first = heap[0];
    const last = heap.pop();
    if (first === undefined || last === undefined || heap.length === 0) return first;
    let index = 0;
    for (;;) {
      let child = 2 * index + 1;
      const left = heap[child];
      if (left === undefined) break;
      const right = heap[child + 1];
      let smaller = left;
      if (right !== undefined && before(right, left)) {
        child += 1;
        smaller = right;
      }
      if (!before(smaller, last)) break;
      heap[index] = smaller;
      index = child;
    }
    heap[index] = last;
    return first;
  }

  function dropCancelled(): void {
    while (heap[0]?.cancelled === true) pop();
  }

  return {
    nowMs: () => now,
    after(delayMs, what, run) {
      const entry: Entry = {
        atMs: now + Math.max(0, delayMs),
        what,
        run,
        tie: random.next(),
        cancelled: false,
      };
      push(entry);
      return () => {
        entry.cancelled = true;
      };
    },
    next() {
      dropCancelled();
      const entry = pop();
      if (entry !== undefined) now = entry.atMs;
      return entry;
    },
    advanceTo(atMs) {
      now = Math.max(now, atMs);
    },
    nextAtMs() {
      dropCancelled();
      return heap[0]?.atMs ?? Number.POSITIVE_INFINITY;
    },
  };
}
