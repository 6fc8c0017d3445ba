import { parseArgs } from 'node:util';

export interface ChaosOptions {
  readonly minutes: number;
  readonly seed: number;
  /** Faults come thicker, last longer, and lose what was stored. */
  readonly harsh: boolean;
  /** Strikes with this fault alone; null chooses among all. */
  readonly only: string | null;
  /** Leaves the folder with its logs and databases behind, whatever the outcome. */
  readonly keep: boolean;
}

export const USAGE = `npm run chaos -- [options]

  --minutes N   how long sales and faults go on (default 2); coming to rest takes a few minutes more at most
  --seed S      decides which faults come, in which order and for how long (default: by the clock)
  --harsh       more of them at once, and also lost disks, revoked totems, restored backups
  --only NAME   one kind of fault alone
  --keep        leave the folder behind
  --help`;

/** @throws with one line that says what is wrong */
export function parseChaosOptions(args: readonly string[]): ChaosOptions | 'help' {
  const { values } = parseArgs({
    args: [...args],
    options: {
      minutes: { type: 'string', default: '2' },
      seed: { type: 'string', default: String(Date.now() % 1_000_000) },
      harsh: { type: 'boolean', default: false },
      only: { type: 'string' },
      keep: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return 'help';
  const minutes = Number(values.minutes);
  const seed = Number(values.seed);
  if (!(minutes > 0 && minutes <= 600)) throw new Error('--minutes takes a number up to 600');
  if (!Number.isInteger(seed) || seed < 0) throw new Error('--seed takes a whole number');
  return { minutes, seed, harsh: values.harsh, only: values.only ?? null, keep: values.keep };
}
