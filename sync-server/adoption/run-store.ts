import { newId } from '../../domain/ids.ts';
import type { Queryable } from '../db/database.ts';
import type { AdoptionDeps } from './adopt-rows.ts';
import type { RowKind } from './columns.ts';
import type { ReadOptions } from './read-row.ts';

export interface RunName {
  readonly source: string;
  readonly kind: RowKind;
  /** A file's name, or a table. */
  readonly origin: string;
  readonly sha256: Buffer | null;
}

/** How the rows of a run are read, so that they can be read again. */
export type RunOptions = ReadOptions & { readonly columns: Readonly<Record<string, string>> };

export interface Run extends RunName {
  readonly runId: string;
  readonly rowsDone: number;
  readonly cursor: string | null;
  readonly isFinished: boolean;
  /** By which its rows were read. */
  readonly options: RunOptions;
}

const FIELDS = `run_id AS "runId", source, kind, origin, sha256, rows_done AS "rowsDone", cursor,
  finished_at IS NOT NULL AS "isFinished", options`;

/** The run of this file, begun or not; of a table the one that was cut off, or a new one. */
export async function openRun(
  deps: AdoptionDeps,
  database: Queryable,
  name: RunName,
  options: RunOptions,
): Promise<Run> {
  const at = new Date(deps.clock.nowMs());
  await database.query(
    `INSERT INTO adoption_runs (run_id, source, kind, origin, sha256, options, started_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING`,
    [
      newId(deps.clock, deps.randomBytes),
      name.source,
      name.kind,
      name.origin,
      name.sha256,
      JSON.stringify(options),
      at,
    ],
  );
  const run = await findRun(database, name);
  if (run === undefined) throw new Error('a run was neither there nor written');
  if (run.rowsDone > 0 || run.isFinished) return run;
  // Nothing was read by the rule of an earlier attempt.
  await database.query('UPDATE adoption_runs SET options = $2 WHERE run_id = $1', [
    run.runId,
    JSON.stringify(options),
  ]);
  return { ...run, options };
}

/** What was committed of it. */
export async function findRun(
  database: Queryable,
  { source, kind, origin, sha256 }: RunName,
): Promise<Run | undefined> {
  const [run] = await database.query<Run & Record<string, unknown>>(
    `SELECT ${FIELDS} FROM adoption_runs WHERE source = $1 AND kind = $2
       AND CASE WHEN $3::bytea IS NULL THEN sha256 IS NULL AND origin = $4 AND finished_at IS NULL ELSE sha256 = $3 END`,
    [source, kind, sha256, origin],
  );
  return run;
}

/** In the batch's own transaction: what is done and where to go on are committed together. */
export async function noteProgress(
  database: Queryable,
  runId: string,
  {
    rows,
    unchanged,
    cursor,
  }: { readonly rows: number; readonly unchanged: number; readonly cursor: string | null },
): Promise<void> {
  await database.query(
    `UPDATE adoption_runs SET rows_done = rows_done + $2, unchanged = unchanged + $3, cursor = coalesce($4, cursor)
     WHERE run_id = $1`,
    [runId, rows, unchanged, cursor],
  );
}

export async function finishRun(database: Queryable, runId: string, atMs: number): Promise<void> {
  await database.query('UPDATE adoption_runs SET finished_at = coalesce(finished_at, $2) WHERE run_id = $1', [
    runId,
    new Date(atMs),
  ]);
}

/** How each rule is said to the command. */
const RULES = {
  amounts: '--amounts',
  timeZone: '--time-zone',
  dayFirst: '--month-first',
  currency: '--currency',
} as const;

/** @returns in words, what rows of the run were read by and would not be now; null where nothing was, or by the same rules */
export function otherRules(run: Run | undefined, options: RunOptions): string | null {
  if (run === undefined || (run.rowsDone === 0 && !run.isFinished)) return null;
  const others = (Object.keys(RULES) as (keyof typeof RULES)[]).filter(
    (rule) => run.options[rule] !== options[rule],
  );
  if (others.length === 0) return null;
  return others
    .map((rule) => {
      const was = run.options[rule];
      if (rule === 'dayFirst') return `${was === true ? 'without' : 'with'} ${RULES.dayFirst}`;
      return was === null ? `without ${RULES[rule]}` : `with ${RULES[rule]} ${was}`;
    })
    .join(', ');
}
