import { allowMutations } from './mutation-loader.ts';
import { MUTATIONS } from './mutations.ts';
import type { SimulationOptions } from './options.ts';
import { openWorkplace } from './workplace.ts';

/** Runs worlds in this process and prints every step. @returns how many broke an invariant */
export async function traceSeeds(options: SimulationOptions): Promise<number> {
  allowMutations(MUTATIONS);
  const mark = options.mutation === null ? '' : `?mutation=${encodeURIComponent(options.mutation)}`;
  const { runSeed } = (await import(`./seed.ts${mark}`)) as typeof import('./seed.ts');
  const workplace = await openWorkplace();
  let broken = 0;
  for (let seed = options.from; seed < options.from + options.seeds; seed += 1) {
    const result = await runSeed(seed, workplace, console.log);
    if (result.violation !== null) {
      broken += 1;
      console.log(`\nseed ${seed}: "${result.violation.invariant}" is broken: ${result.violation.complaint}`);
    }
    console.log(`trace ${result.hash}, ${result.steps} steps, ${result.sales} sales`);
  }
  await workplace.close();
  console.log(`seeds ${options.seeds} violations ${broken}`);
  return broken;
}
