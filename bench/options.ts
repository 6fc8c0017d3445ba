import { parseArgs } from 'node:util';

export const BENCHMARK_NAMES = ['webhook', 'payment', 'sync', 'ledger', 'simulation'] as const;
export type BenchmarkName = (typeof BENCHMARK_NAMES)[number];

export interface BenchOptions {
  readonly only: readonly BenchmarkName[];
  readonly rounds: number;
  /** The results on stdout as JSON, everything else on stderr. */
  readonly json: boolean;
}

/** Fewer rounds than this have no median that a wild one cannot move. */
const DEFAULT_ROUNDS = 5;
const MAX_ROUNDS = 50;

export const USAGE = `npm run bench -- [options]

  --only NAME    ${BENCHMARK_NAMES.join(', ')}; may be given more than once (default: all)
  --rounds N     rounds of each benchmark, after the warm-up (default ${DEFAULT_ROUNDS})
  --json         print the results as JSON

Writes bench/results.json. Ends with 1 when a limit was missed by far. How to read it: docs/benchmarks.md`;

export type ParsedOptions =
  | { readonly kind: 'run'; readonly options: BenchOptions }
  | { readonly kind: 'help' }
  | { readonly kind: 'invalid'; readonly message: string };

export function parseBenchOptions(args: readonly string[]): ParsedOptions {
  let values: { only?: string[]; rounds?: string; json?: boolean; help?: boolean };
  try {
    ({ values } = parseArgs({
      args: [...args],
      options: {
        only: { type: 'string', multiple: true },
        rounds: { type: 'string' },
        json: { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
      },
    }));
  } catch (error) {
    return { kind: 'invalid', message: (error as Error).message };
  }
  if (values.help === true) return { kind: 'help' };
  const unknown = values.only?.find((name) => !isBenchmarkName(name));
  if (unknown !== undefined) return { kind: 'invalid', message: `there is no benchmark "${unknown}"` };
  const rounds = values.rounds === undefined ? DEFAULT_ROUNDS : Number(values.rounds);
  if (!Number.isInteger(rounds) || rounds < 1 || rounds > MAX_ROUNDS)
    return { kind: 'invalid', message: `--rounds takes a whole number from 1 to ${MAX_ROUNDS}` };
  const only = values.only?.filter(isBenchmarkName) ?? BENCHMARK_NAMES;
  return { kind: 'run', options: { only, rounds, json: values.json ?? false } };
}

function isBenchmarkName(name: string): name is BenchmarkName {
  return BENCHMARK_NAMES.some((known) => known === name);
}
