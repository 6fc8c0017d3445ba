import { newId } from '../../domain/ids.ts';
import type { Connection, Database, Transaction } from '../db/database.ts';
import { type AdoptionDeps, adoptRows, type RowToAdopt } from './adopt-rows.ts';
import type { Columns, RowKind } from './columns.ts';
import { SourceFailure, type SourceRow } from './csv-source.ts';
import type { Mapping } from './mapping.ts';
import { openDryPlace, type Place, REAL } from './place.ts';
import { contentHash, readRow } from './read-row.ts';
import { type RunReport, reportOf } from './report.ts';
import { rowKeysOf } from './row-keys.ts';
import {
  findRun,
  finishRun,
  noteProgress,
  openRun,
  otherRules,
  type Run,
  type RunName,
  type RunOptions,
} from './run-store.ts';

/**
 * A batch is one commit. Its entries are sealed at that commit under the lock of the merchant's chain, which live
 * settlements also need: so few rows hold it for some tens of milliseconds.
 */
const BATCH_ROWS = 250;
const BATCH_BYTES = 4 * 1024 * 1024;
/** Reports of years of rows, and the wait for another process's turn. */
const PATIENT = { statementTimeoutMs: 0, onBroken: () => undefined } as const;

export interface ImportDeps extends AdoptionDeps {
  readonly db: Database;
}

export interface Import {
  readonly name: RunName;
  readonly options: RunOptions;
  readonly columns: Columns;
  readonly mapping: Mapping;
  /** @param done rows and cursor that are committed */
  readonly rows: (done: Pick<Run, 'rowsDone' | 'cursor'>) => AsyncIterable<SourceRow>;
  readonly onProgress?: (rowsDone: number) => void;
}

/** Imports of one old system take turns, whichever process they run in. */
export async function withTurn<T>(
  { db }: Pick<ImportDeps, 'db'>,
  source: string,
  work: () => Promise<T>,
): Promise<T> {
  const connection = await db.connect(PATIENT);
  try {
    await connection.query('SELECT pg_advisory_lock(hashtextextended($1, 0))', [`adoption of ${source}`]);
    return await work();
  } finally {
    // The lock goes with its connection, also that of a process that was killed.
    await connection.close();
  }
}

/**
 * Reads a source to its end, from where an earlier process was cut off, a committed batch at a time. A file that was
 * read to its end is not read again.
 */
export async function importRows(
  deps: ImportDeps,
  task: Import,
): Promise<{ readonly runId: string; readonly origin: string; readonly kind: RowKind }> {
  refuseOtherRules(task, await findRun(deps.db, task.name));
  const run = await openRun(deps, deps.db, task.name, task.options);
  let done = run.rowsDone;
  if (!run.isFinished) {
    for await (const batch of readAhead(batches(deps, task, run))) {
      await deps.db.transaction(async (transaction) => {
        // Whole or not at all even so; a crash of the machine takes the last batches back, and they are read again.
        await transaction.query('SET LOCAL synchronous_commit = off');
        const { unchanged } = await adoptRows(deps, transaction, REAL, run, batch.rows);
        await noteProgress(transaction, run.runId, {
          rows: batch.rows.length,
          unchanged,
          cursor: batch.cursor,
        });
      });
      done += batch.rows.length;
      task.onProgress?.(done);
    }
    await finishRun(deps.db, run.runId, deps.clock.nowMs());
  }
  return { runId: run.runId, origin: task.name.origin, kind: task.name.kind };
}

/** One file by two rules would be two files. @throws SourceFailure */
function refuseOtherRules({ name, options }: Import, run: Run | undefined): void {
  const others = otherRules(run, options);
  if (others !== null)
    throw new SourceFailure(
      'read_by_other_rules',
      `${name.origin} was read ${others}: what it adopted stays. ` +
        (run?.isFinished === true
          ? 'Amounts that could not be read are read by another rule with --step normalise --amounts RULE'
          : 'Go on by the same rules'),
    );
}

/** The report that an import would give; nothing is written. */
export async function tryImport(deps: ImportDeps, task: Import): Promise<RunReport> {
  const connection = await deps.db.connect(PATIENT);
  try {
    const earlier = await findRun(connection, task.name);
    refuseOtherRules(task, earlier);
    const place = await openDryPlace(connection);
    const run = { ...task.name, runId: newId(deps.clock, deps.randomBytes) };
    // A run that was cut off goes on where it is: what it did is in its report, and the rest is tried.
    return earlier === undefined
      ? await tryRun(deps, task, connection, place, run, { rowsDone: 0, cursor: null })
      : await tryRest(deps, task, connection, place, earlier);
  } finally {
    // The temporary tables go with the connection.
    await connection.close();
  }
}

async function tryRun(
  deps: ImportDeps,
  task: Import,
  connection: Connection,
  place: Place,
  run: RunName & { readonly runId: string },
  from: Pick<Run, 'rowsDone' | 'cursor'>,
): Promise<RunReport> {
  const transaction: Transaction = { query: connection.query, afterCommit: () => undefined };
  let done = from.rowsDone;
  let unchanged = 0;
  for await (const batch of readAhead(batches(deps, task, from))) {
    unchanged += (await adoptRows(deps, transaction, place, run, batch.rows)).unchanged;
    done += batch.rows.length;
    task.onProgress?.(done);
  }
  return reportOf(connection, place, { ...run, rows: done, unchanged, finished: true });
}

async function tryRest(
  deps: ImportDeps,
  task: Import,
  connection: Connection,
  place: Place,
  earlier: Run,
): Promise<RunReport> {
  if (earlier.isFinished) return reportRun(deps, earlier.runId, task.name);
  await connection.query(
    `INSERT INTO ${place.rows} OVERRIDING SYSTEM VALUE SELECT * FROM adopted_rows WHERE run_id = $1`,
    [earlier.runId],
  );
  const [kept] = await connection.query<{ unchanged: number }>(
    'SELECT unchanged FROM adoption_runs WHERE run_id = $1',
    [earlier.runId],
  );
  const report = await tryRun(deps, task, connection, place, { ...task.name, runId: earlier.runId }, earlier);
  return { ...report, unchanged: report.unchanged + (kept?.unchanged ?? 0) };
}

/** What became of the rows of a run until now. */
export async function reportRun(
  deps: ImportDeps,
  runId: string,
  name: Pick<RunName, 'origin' | 'kind'>,
): Promise<RunReport> {
  const [run] = await deps.db.query<{ rows: number; unchanged: number; finished: boolean }>(
    `SELECT rows_done AS rows, unchanged, finished_at IS NOT NULL AS finished FROM adoption_runs WHERE run_id = $1`,
    [runId],
  );
  if (run === undefined) throw new Error(`run ${runId} is not there`);
  return reportOf(deps.db, REAL, { ...run, runId, origin: name.origin, kind: name.kind });
}

interface Batch {
  readonly rows: readonly RowToAdopt[];
  readonly cursor: string | null;
}

/** The next batch is read while the database has this one. What fails there is thrown when it is asked for. */
async function* readAhead(read: AsyncGenerator<Batch>): AsyncGenerator<Batch> {
  const start = (): Promise<IteratorResult<Batch>> => {
    const result = read.next();
    // Somebody awaits it later, or nobody where this batch fails first: then its own failure is told.
    result.catch(() => undefined);
    return result;
  };
  try {
    for (let next = start(); ; ) {
      const { value, done } = await next;
      if (done === true) return;
      next = start();
      yield value;
    }
  } finally {
    await read.return(undefined);
  }
}

/** No key twice in a batch with other content: the second may have to change what the first wrote. */
async function* batches(
  deps: AdoptionDeps,
  { rows, columns, options, mapping }: Import,
  from: Pick<Run, 'rowsDone' | 'cursor'>,
): AsyncGenerator<Batch> {
  const secret = rowKeysOf(deps.personalData).rows;
  let batch: RowToAdopt[] = [];
  let hashes = new Map<string, Buffer>();
  let bytes = 0;
  let cursor: string | null = null;
  for await (const { line, cells, reasons, cursor: next } of rows(from)) {
    const read = readRow(cells, columns, options, mapping, { secret, nowMs: deps.clock.nowMs() });
    const hash = contentHash(cells, secret);
    const size = Object.values(cells).reduce((sum, value) => sum + value.length, 0);
    if (
      batch.length >= BATCH_ROWS ||
      (batch.length > 0 && bytes + size > BATCH_BYTES) ||
      hashes.get(read.key)?.equals(hash) === false
    ) {
      yield { rows: batch, cursor };
      batch = [];
      hashes = new Map();
      bytes = 0;
    }
    batch.push({
      line,
      cells,
      hash,
      row: reasons.length === 0 ? read : { ...read, reasons: [...read.reasons, ...reasons] },
    });
    hashes.set(read.key, hash);
    bytes += size;
    cursor = next;
  }
  if (batch.length > 0) yield { rows: batch, cursor };
}
