import { hireWorker } from './crew.ts';
import { noteFoundAt } from './mutation-notes.ts';
import { MUTATIONS, type Mutation } from './mutations.ts';
import type { SimulationOptions } from './options.ts';

/** A bug that is not found within so many worlds counts as one that the simulation cannot see. */
const MAX_SEEDS = 300;

interface Finding {
  readonly mutation: Mutation;
  /** Null: not found. */
  readonly seed: number | null;
  readonly invariant: string;
  readonly expected: boolean;
}

/**
 * Breaks the product on purpose, one bug after the other: each is looked for where it was found the last time, and from
 * the first seed upwards where it is not found there.
 * @returns how many bugs were not found as they should
 */
export async function runMutations(options: SimulationOptions): Promise<number> {
  const waiting = MUTATIONS.filter(({ name }) => options.mutation === null || name === options.mutation);
  const findings: Finding[] = [];
  const work = async (): Promise<void> => {
    const worker = hireWorker();
    for (let mutation = waiting.shift(); mutation !== undefined; mutation = waiting.shift()) {
      const finding = await find(mutation, seedsFor(mutation, options), (seed) =>
        worker.run(seed, mutation.name),
      );
      findings.push(finding);
      console.log(rowOf(finding));
      if (options.note) noteFoundAt(mutation.name, finding.expected ? finding.seed : null);
    }
    worker.end();
  };
  await Promise.all(Array.from({ length: options.workers }, work));
  const missed = findings.filter(({ seed, expected }) => seed === null || !expected);
  console.log(`mutations ${findings.length} found ${findings.length - missed.length}`);
  return missed.length;
}

/** A search that is noted begins anew: it is to find the first seed. */
function seedsFor({ foundAt }: Mutation, { from, note }: SimulationOptions): readonly number[] {
  // The kind of world in which the bug can show comes soon in any row of seeds.
  const row = Array.from({ length: MAX_SEEDS }, (_, index) => from + index);
  return note || foundAt === undefined ? row : [foundAt, ...row.filter((seed) => seed !== foundAt)];
}

async function find(
  mutation: Mutation,
  seeds: readonly number[],
  run: (seed: number) => Promise<{ readonly violation: { readonly invariant: string } | null }>,
): Promise<Finding> {
  for (const seed of seeds) {
    let invariant: string | null;
    try {
      invariant = (await run(seed)).violation?.invariant ?? null;
    } catch (error) {
      invariant = `could not be run: ${error instanceof Error ? error.message.split('\n', 1)[0] : String(error)}`;
    }
    if (invariant === null) continue;
    return { mutation, seed, invariant, expected: mutation.breaks.includes(invariant) };
  }
  return { mutation, seed: null, invariant: 'not found', expected: false };
}

function rowOf({ mutation, seed, invariant, expected }: Finding): string {
  const elsewhere =
    mutation.foundAt === undefined || mutation.foundAt === seed
      ? ''
      : `  (not ${mutation.foundAt}, as noted)`;
  const remark = seed === null || expected ? '' : '  (not one of those that it should break)';
  return `${mutation.name.padEnd(52)} ${String(seed ?? '-').padStart(5)}  ${invariant}${remark}${elsewhere}`;
}
