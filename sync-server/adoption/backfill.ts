import { readdirSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { isTimeZone } from '../../domain/business-day.ts';
import type { AmountRule } from './amounts.ts';
import { columnsOf, kindOf, ROW_KINDS, type RowKind } from './columns.ts';
import { openCsv, readCsv, SourceFailure } from './csv-source.ts';
import { type Import, type ImportDeps, importRows, tryImport, withTurn } from './import-rows.ts';
import { type MappingFile, openMapping } from './mapping.ts';
import { openPostgresSource, type PostgresSource } from './postgres-source.ts';
import type { RunReport } from './report.ts';
import { renewStatistics } from './steps/statistics.ts';
import { pendingOf, runStep, STEPS, type Step } from './steps/steps.ts';

export interface BackfillTask {
  /** The old system's name: its ids are unique within it, whichever file brings them. */
  readonly source: string;
  /** Files, or folders of them. */
  readonly csv: readonly string[];
  readonly sourceUrl: string | null;
  readonly kind: RowKind | null;
  readonly amounts: AmountRule | null;
  readonly timeZone: string;
  readonly dayFirst: boolean;
  readonly currency: string;
  readonly mapping: MappingFile;
  readonly dryRun: boolean;
  /** Null: all of them, after the reading. */
  readonly step: Step | null;
  /** @param total null: nobody knows before the end */
  readonly onProgress: (what: string, done: number, total: number | null) => void;
}

export interface BackfillReport {
  readonly dryRun: boolean;
  readonly files: readonly RunReport[];
  /** Rows that each step changed; in a dry run what it would look at now. */
  readonly steps: Readonly<Partial<Record<Step, number>>>;
}

type Reading = Omit<Import, 'mapping' | 'onProgress'>;

/**
 * Adopts files or tables of an old system, and runs the steps that follow. All of it may be done again: what is here
 * stays as it is.
 * @throws SourceFailure before anything is written where a file cannot be read without guessing
 */
export async function backfill(deps: ImportDeps, task: BackfillTask): Promise<BackfillReport> {
  if (!isTimeZone(task.timeZone))
    throw new SourceFailure('invalid_time_zone', `${task.timeZone} is no time zone`);
  const opened = task.sourceUrl === null ? null : await openPostgresSource(task.sourceUrl, task.mapping);
  try {
    const readings = opened === null ? await readingsOfFiles(task) : readingsOfTables(task, opened);
    if (task.dryRun) return await tryAll(deps, task, readings);
    return await withTurn(deps, task.source, async () => {
      // Read under the lock: the merchants and words of this moment.
      const mapping = await openMapping(deps.db, task.mapping);
      const files: RunReport[] = [];
      for (const reading of readings)
        files.push(await importRows(deps, { ...reading, mapping, onProgress: progressOf(task, reading) }));
      await renewStatistics(deps, 'rows');
      const steps: Partial<Record<Step, number>> = {};
      for (const step of task.step === null ? STEPS : [task.step]) {
        const { [step]: total } = await pendingOf(deps.db, task.source);
        const tell = (done: number): void => task.onProgress(`step ${step}`, done, total);
        tell(0);
        steps[step] = await runStep(deps, step, task.source, mapping, tell);
        // What it looked at may be less or more than what it changed.
        task.onProgress(`step ${step}`, steps[step], steps[step]);
      }
      return { dryRun: false, files, steps };
    });
  } finally {
    await opened?.close();
  }
}

async function tryAll(
  deps: ImportDeps,
  task: BackfillTask,
  readings: readonly Reading[],
): Promise<BackfillReport> {
  const mapping = await openMapping(deps.db, task.mapping);
  const files: RunReport[] = [];
  for (const reading of readings)
    files.push(await tryImport(deps, { ...reading, mapping, onProgress: progressOf(task, reading) }));
  const pending = await pendingOf(deps.db, task.source);
  const steps = task.step === null ? pending : { [task.step]: pending[task.step] };
  return { dryRun: true, files, steps };
}

function progressOf(task: BackfillTask, { name }: Reading): (done: number) => void {
  return (done) => task.onProgress(name.origin, done, null);
}

async function readingsOfFiles(task: BackfillTask): Promise<Reading[]> {
  const readings: Reading[] = [];
  for (const path of task.csv.flatMap(csvFilesOf)) {
    const file = await openCsv(path);
    const kind = task.kind ?? kindOf(basename(path), file.header);
    if (kind === null)
      throw new SourceFailure(
        'unknown_kind',
        `${path}: say with --kind what its rows are (${ROW_KINDS.join(', ')})`,
      );
    readings.push({
      ...readingOf(task, kind, path, file.header),
      name: { source: task.source, kind, origin: basename(path), sha256: file.sha256 },
      rows: ({ rowsDone }) => readCsv(file, rowsDone),
    });
  }
  // Customers and sessions first: a row of theirs may say whose a transaction is.
  return readings.toSorted((a, b) => placeOf(a) - placeOf(b));
}

function placeOf({ name }: Pick<Reading, 'name'>): number {
  return ['customer', 'session', 'transaction'].indexOf(name.kind);
}

function readingsOfTables(task: BackfillTask, opened: PostgresSource): Reading[] {
  return opened.tables.map((table) => ({
    ...readingOf(task, table.kind, table.name, table.header),
    name: { source: task.source, kind: table.kind, origin: `${opened.name} ${table.name}`, sha256: null },
    rows: ({ rowsDone, cursor }) => opened.rows(table, cursor, rowsDone),
  }));
}

/** @throws SourceFailure where amounts could be read in two ways and nobody has said which */
function readingOf(
  { amounts, timeZone, dayFirst, currency, mapping }: BackfillTask,
  kind: RowKind,
  origin: string,
  header: readonly string[],
): Pick<Import, 'options' | 'columns'> {
  const columns = columnsOf(kind, header, mapping.columns);
  if (kind === 'transaction' && columns.amountCents === undefined && columns.amount === undefined)
    throw new SourceFailure('no_amounts', `${origin}: no column holds amounts; name it in the mapping file`);
  if (
    kind === 'transaction' &&
    columns.amount !== undefined &&
    columns.amountCents === undefined &&
    amounts === null
  )
    throw new SourceFailure(
      'amounts_undecided',
      `${origin}: column ${columns.amount[0]} may hold cents or 1.234,56: say how with --amounts`,
    );
  return { columns, options: { kind, amounts, timeZone, dayFirst, currency, columns: mapping.columns } };
}

function csvFilesOf(path: string): string[] {
  try {
    if (!statSync(path).isDirectory()) return [path];
  } catch (error) {
    throw new SourceFailure('not_read', `${path}: ${(error as Error).message}`);
  }
  const files = readdirSync(path)
    .filter((name) => /\.(csv|tsv|txt)$/i.test(name))
    .toSorted();
  if (files.length === 0) throw new SourceFailure('not_read', `${path}: no .csv file is in it`);
  return files.map((name) => join(path, name));
}
