import { z } from 'zod';
import type { Queryable } from '../db/database.ts';
import { ROW_KINDS } from './columns.ts';
import type { Place } from './place.ts';
import { meaningOf } from './reasons.ts';

/** So many lines of each reason are named: enough to go and look. */
const EXAMPLES = 5;
/** A page of them; who has given these a meaning sees the next. */
const WORDS = 50;

const Count = z.int().nonnegative();

/** What became of the rows of one file or table. */
export const RunReport = z.object({
  origin: z.string(),
  kind: z.enum(ROW_KINDS),
  finished: z.boolean(),
  rows: Count,
  mapped: Count,
  partly: Count,
  unmapped: Count,
  /** The same row again in the same file. */
  duplicates: Count,
  /** Adopted from an earlier file, word for word. */
  unchanged: Count,
  /** A row may have several. `stops`: nothing is made of a row for it; the others only say what was left out of it. */
  reasons: z.array(
    z.object({
      state: z.string(),
      reason: z.string(),
      stops: z.boolean(),
      hint: z.string().nullable(),
      rows: Count,
      lines: z.array(Count),
    }),
  ),
  /** Words that the mapping could give a meaning, those of most rows first. */
  unknownWords: z.array(z.object({ list: z.enum(['providers', 'statuses']), word: z.string(), rows: Count })),
  /** Old units that are nobody's here, with how many rows wait for them. */
  notOnboarded: z.array(z.object({ clinic: z.string().nullable(), rows: Count })),
});
export type RunReport = z.infer<typeof RunReport>;

export async function reportOf(
  database: Queryable,
  place: Pick<Place, 'rows'>,
  run: {
    readonly runId: string;
    readonly origin: string;
    readonly kind: RunReport['kind'];
    readonly rows: number;
    readonly unchanged: number;
    readonly finished: boolean;
  },
): Promise<RunReport> {
  const states = await database.query<{ state: string; rows: number }>(
    `SELECT state, count(*) AS rows FROM ${place.rows} WHERE run_id = $1 GROUP BY state`,
    [run.runId],
  );
  const of = (state: string): number => states.find((one) => one.state === state)?.rows ?? 0;
  const counted = await database.query<Omit<RunReport['reasons'][number], 'stops' | 'hint'>>(
    `SELECT state, reason, count(*) AS rows,
       (array_agg(line::int ORDER BY line))[1:${EXAMPLES}] AS lines
     FROM ${place.rows}, unnest(reasons) AS reason WHERE run_id = $1
     GROUP BY state, reason ORDER BY array_position(ARRAY['unmapped', 'partly', 'duplicate', 'mapped'], state), 3 DESC, reason`,
    [run.runId],
  );
  const reasons = counted.map((one) => {
    const meaning = meaningOf(one.reason);
    return {
      ...one,
      stops: one.state === 'unmapped' && meaning?.stops === true,
      hint: meaning?.hint ?? null,
    };
  });
  const unknownWords = await database.query<RunReport['unknownWords'][number]>(
    `SELECT list, word, count(*) AS rows
     FROM ${place.rows}, LATERAL (VALUES ('providers', old_provider, 'unknown_provider'), ('statuses', old_status, 'unknown_status'))
       AS said (list, word, reason)
     WHERE run_id = $1 AND said.reason = ANY(reasons) AND word IS NOT NULL
     GROUP BY list, word ORDER BY 3 DESC, list, word LIMIT ${WORDS}`,
    [run.runId],
  );
  const notOnboarded = await database.query<RunReport['notOnboarded'][number]>(
    `SELECT clinic, count(*) AS rows FROM ${place.rows} WHERE run_id = $1 AND 'not_onboarded' = ANY(reasons)
     GROUP BY clinic ORDER BY 2 DESC, clinic LIMIT 100`,
    [run.runId],
  );
  return {
    origin: run.origin,
    kind: run.kind,
    finished: run.finished,
    rows: run.rows,
    mapped: of('mapped'),
    partly: of('partly'),
    unmapped: of('unmapped'),
    duplicates: of('duplicate'),
    unchanged: run.unchanged,
    reasons: reasons.toSorted((one, other) => Number(other.stops) - Number(one.stops)),
    unknownWords,
    notOnboarded,
  };
}

/** Of every run that there was, the newest first. */
export async function reportRuns(database: Queryable, limit = 20): Promise<RunReport[]> {
  const runs = await database.query<Parameters<typeof reportOf>[2] & Record<string, unknown>>(
    `SELECT run_id AS "runId", origin, kind, rows_done AS rows, unchanged, finished_at IS NOT NULL AS finished
     FROM adoption_runs WHERE rows_done > 0 OR sha256 IS NOT NULL ORDER BY started_at DESC, run_id DESC LIMIT ${limit}`,
  );
  const reports: RunReport[] = [];
  for (const run of runs) reports.push(await reportOf(database, { rows: 'adopted_rows' }, run));
  return reports;
}
