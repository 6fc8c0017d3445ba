import type { Random } from '../simulation/world/random.ts';
import { createRandom } from '../simulation/world/random.ts';
import { FAULTS } from './faults.ts';
import type { ChaosOptions } from './options.ts';
import { count, pause, type Stage } from './stage.ts';

/** How many faults last at once, and how long each hand rests between two. */
const PACE = {
  mild: { hands: 2, restMs: { from: 500, to: 4_000 } },
  harsh: { hands: 3, restMs: { from: 100, to: 2_000 } },
  /** Of one kind alone, which may take a totem away for seconds: it has to sell in between. */
  only: { hands: 1, restMs: { from: 4_000, to: 12_000 } },
} as const;

/** Breaks the shop until the run is over. The seed decides which faults come and how they are; time is the machine's. */
export async function strikeUntilOver(stage: Stage, { seed, harsh, only }: ChaosOptions): Promise<void> {
  const { hands, restMs } = PACE[only !== null ? 'only' : harsh ? 'harsh' : 'mild'];
  const bag = Object.entries(FAULTS)
    .filter(([name, fault]) => (only === null ? harsh || !fault.harsh : name === only))
    .flatMap(([name, { weight }]) => Array.from({ length: weight }, () => name));
  if (bag.length === 0)
    throw new Error(`there is no fault ${only}; there are ${Object.keys(FAULTS).join(', ')}`);
  const hand = async (random: Random): Promise<void> => {
    while (!stage.over.aborted) {
      await pause(random.int(restMs.from, restMs.to), stage.over);
      // Each strike has choices of its own, so that what a fault finds does not shift those of all later ones.
      await strike(stage, random.pick(bag), createRandom(random.int(0, 2 ** 31)));
    }
  };
  await Promise.all(Array.from({ length: hands }, (_, index) => hand(createRandom(seed * 31 + index))));
}

async function strike(stage: Stage, name: string, random: Random): Promise<void> {
  if (stage.over.aborted) return;
  count(stage.witness, `fault ${name}`);
  try {
    await FAULTS[name]?.strike(stage, random, (what) => stage.tell(name, what));
  } catch (error) {
    // It has fallen already, or does not answer because of another fault.
    stage.tell(name, `did not take: ${(error as Error).message}`);
  }
}
