import { nextRandom } from '../../../platform/testing/park-miller.ts';

/** Chance from a seed: the same seed throws the same. */
export interface Dice {
  /** 0 … bound − 1 */
  below(bound: number): number;
  pick<T>(items: readonly T[]): T;
  chance(percent: number): boolean;
}

export function createDice(seed: number): Dice {
  let state = (seed % 2_147_483_646) + 1;
  const below = (bound: number): number => {
    state = nextRandom(state);
    return state % bound;
  };
  return {
    below,
    pick(items) {
      const item = items[below(items.length)];
      if (item === undefined) throw new Error('nothing to choose from');
      return item;
    },
    chance: (percent) => below(100) < percent,
  };
}

/** Something that may happen, and how often beside the others. */
export type Deed = readonly [weight: number, happen: () => Promise<void>];
