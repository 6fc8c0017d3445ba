import { type Agenda, createAgenda } from './agenda.ts';
import { Activity } from './quiet.ts';
import { createRandom, type Random } from './random.ts';
import { createTrace, type Trace } from './trace.ts';

/** A Tuesday, 21:00 UTC: six in the evening in São Paulo. */
const EPOCH_MS = Date.UTC(2026, 2, 10, 21, 0, 0);
/** Two minutes before midnight in São Paulo, and long after it in UTC: some worlds see the day change. */
const NIGHT_MS = EPOCH_MS + (5 * 60 + 58) * 60_000;
const NIGHT_CHANCE = 0.2;

/** What all parts of a simulated world share. */
export interface World {
  readonly seed: number;
  readonly epochMs: number;
  readonly random: Random;
  readonly agenda: Agenda;
  readonly activity: Activity;
  readonly trace: Trace;
  /** Writes a line of the trace. */
  tell(who: string, what: string): void;
  /** Whether faults may still happen: false once the healing has begun. */
  faulty: boolean;
  /** An error that nobody expected, of the product or of the simulation: it ends the seed. */
  fail(error: unknown): void;
  failure: unknown;
}

export function createWorld(seed: number, print: ((line: string) => void) | null): World {
  const random = createRandom(seed);
  const agenda = createAgenda(random);
  const trace = createTrace(print);
  const world: World = {
    seed,
    epochMs: random.chance(NIGHT_CHANCE) ? NIGHT_MS : EPOCH_MS,
    random,
    agenda,
    activity: new Activity(),
    trace,
    tell: (who, what) => trace.line(agenda.nowMs(), who, what),
    faulty: true,
    fail: (error) => {
      // Where a simulated process died, whatever it was doing ends with this.
      if (!(error instanceof Error && error.name === 'PowerCut')) world.failure ??= error;
    },
    failure: null,
  };
  return world;
}
