import { parseArgs } from 'node:util';

export interface SimulationOptions {
  readonly seeds: number;
  readonly from: number;
  readonly trace: boolean;
  readonly mutations: boolean;
  /** Writes into the lists of mutations which seed found each. */
  readonly note: boolean;
  /** One mutation by its name, for a closer look. */
  readonly mutation: string | null;
  readonly workers: number;
}

export const USAGE = `npm run simulate -- [--seeds N] [--from S] [--workers W] [--trace]
npm run simulate -- --mutations [--note]
  --seeds N      how many worlds (200)
  --from S       the seed of the first (1)
  --workers W    processes that share them (2)
  --trace        print every step; one process
  --mutations    break the product on purpose, one bug after the other: each must be found
  --note         with --mutations: search from the first seed, and note in the lists which found each
  --mutation M   run the seeds with this bug`;

/** @returns a message where the arguments are wrong */
export function readOptions(args: readonly string[]): SimulationOptions | string {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        seeds: { type: 'string', default: '200' },
        from: { type: 'string', default: '1' },
        workers: { type: 'string', default: '2' },
        trace: { type: 'boolean', default: false },
        mutations: { type: 'boolean', default: false },
        note: { type: 'boolean', default: false },
        mutation: { type: 'string' },
      },
    });
    const whole = (text: string, name: string, least: number): number => {
      const value = Number(text);
      if (!Number.isSafeInteger(value) || value < least)
        throw new TypeError(`--${name} must be a whole number`);
      return value;
    };
    if (values.note && !values.mutations) throw new TypeError('--note goes with --mutations');
    return {
      seeds: whole(values.seeds, 'seeds', 1),
      from: whole(values.from, 'from', 0),
      workers: whole(values.workers, 'workers', 1),
      trace: values.trace,
      mutations: values.mutations,
      note: values.note,
      mutation: values.mutation ?? null,
    };
  } catch (error) {
    return `${(error as Error).message}\n${USAGE}`;
  }
}
