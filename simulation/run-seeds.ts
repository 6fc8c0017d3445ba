import process from 'node:process';
import { hireWorker } from './crew.ts';
import type { SimulationOptions } from './options.ts';
import type { SeedResult } from './seed.ts';

/** Of so many failing seeds the story is told; the others are only named. */
const STORIES = 3;
const STORY_LINES = 45;
const PROGRESS_EVERY_MS = 10_000;

/** Runs worlds on several processes. @returns how many broke an invariant, or could not be run to their end */
export async function runSeeds(options: SimulationOptions): Promise<number> {
  const startedAt = performance.now();
  let next = options.from;
  let done = 0;
  let sales = 0;
  let broken = 0;

  const story = (seed: number, what: string, tail: readonly string[]): void => {
    broken += 1;
    console.log(`\nseed ${seed}: ${what}`);
    console.log(`  again, with every step: npm run simulate -- --seeds 1 --from ${seed} --trace`);
    if (broken <= STORIES) for (const line of tail.slice(-STORY_LINES)) console.log(`  ${line}`);
  };
  const note = ({ seed, profile, violation, sales: sold, tail }: SeedResult): void => {
    sales += sold;
    if (violation !== null)
      story(seed, `"${violation.invariant}" is broken (${profile}): ${violation.complaint}`, tail);
  };

  const summary = (): void => {
    const seconds = (performance.now() - startedAt) / 1000;
    console.log(
      `${sales} sales in ${seconds.toFixed(1)} s: ${(sales / seconds).toFixed(1)} simulated sales per second`,
    );
    console.log(`seeds ${done} violations ${broken}`);
  };

  const work = async (): Promise<void> => {
    const worker = hireWorker();
    while (next < options.from + options.seeds) {
      const seed = next;
      next += 1;
      try {
        note(await worker.run(seed, options.mutation));
      } catch (error) {
        story(seed, `could not be run: ${error instanceof Error ? error.message : String(error)}`, []);
      }
      done += 1;
    }
    worker.end();
  };
  const progress = setInterval(() => {
    console.error(`${done} of ${options.seeds} seeds, ${broken} violations`);
  }, PROGRESS_EVERY_MS);
  // An interrupted run says what it had; its workers end with the channel to this process.
  process.once('SIGINT', () => {
    summary();
    process.exit(broken === 0 ? 130 : 1);
  });
  await Promise.all(Array.from({ length: Math.min(options.workers, options.seeds) }, work));

  clearInterval(progress);
  summary();
  return broken;
}
