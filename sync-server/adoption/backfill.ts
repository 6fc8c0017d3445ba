import { readdirSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { isTimeZone } from '../../domain/business-day.ts';
import type { AmountRule } from './amounts.ts';
import {
  columnsNotRead,
  columnsOf,
  READING_ORDER,
  ROW_KINDS,
  type RowKind,
  repeatedColumn,
} from './columns.ts';
import { openCsv, readCsv, SourceFailure } from './csv-source.ts';
import { type Import, type ImportDeps, importRows, reportRun, tryImport, withTurn } from './import-rows.ts';
import { type MappingFile, openMapping } from './mapping.ts';
import { openPostgresSource, type PostgresSource } from './postgres-source.ts';
import type { RunReport } from './report.ts';
import { kindOf, kindOfTable, tableOf } from './source-kinds.ts';
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

/** How a file or table was taken, which its rows do not tell. */
export interface SourceNote {
  readonly origin: string;
  /** Of a file. */
  readonly encoding: string | null;
  readonly columnsNotRead: readonly string[];
  /** Payments without the provider's own id: what stands in two rows under two ids counts twice. */
  readonly namesNoCharges: boolean;
  /** Of a table: columns of times whose zone is the one that the command was given. */
  readonly timesWithoutZone: readonly string[];
}

export interface BackfillReport {
  readonly dryRun: boolean;
  readonly sources: readonly SourceNote[];
  /** Files of a folder that are no table that is known. */
  readonly filesNotRead: readonly string[];
  readonly files: readonly RunReport[];
  /** Rows that each step changed; in a dry run what it would look at now. */
  readonly steps: Readonly<Partial<Record<Step, number>>>;
}

type Reading = Omit<Import, 'mapping' | 'onProgress'> & { readonly note: SourceNote };

interface Readings {
  readonly readings: readonly Reading[];
  readonly filesNotRead: readonly string[];
}

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
    const found = opened === null ? await readingsOfFiles(task) : readingsOfTables(task, opened);
    const { readings, filesNotRead } = found;
    if (task.dryRun) return await tryAll(deps, task, found);
    return await withTurn(deps, task.source, async () => {
      // Read under the lock: the merchants and words of this moment.
      const words = await openMapping(deps.db, task.mapping);
      const mapping = { ...words, amounts: task.step === 'normalise' ? task.amounts : null };
      const runs: Awaited<ReturnType<typeof importRows>>[] = [];
      for (const reading of readings)
        runs.push(await importRows(deps, { ...reading, mapping, onProgress: progressOf(task, reading) }));
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
      // After the steps: `normalise` may have adopted what waited.
      const files: RunReport[] = [];
      for (const run of runs) files.push(await reportRun(deps, run.runId, run));
      return { dryRun: false, sources: readings.map(({ note }) => note), filesNotRead, files, steps };
    });
  } finally {
    await opened?.close();
  }
}

async function tryAll(
  deps: ImportDeps,
  task: BackfillTask,
  { readings, filesNotRead }: Readings,
): Promise<BackfillReport> {
  const mapping = await openMapping(deps.db, task.mapping);
  const files: RunReport[] = [];
  for (const reading of readings)
    files.push(await tryImport(deps, { ...reading, mapping, onProgress: progressOf(task, reading) }));
  const pending = await pendingOf(deps.db, task.source);
  const steps = task.step === null ? pending : { [task.step]: pending[task.step] };
  return { dryRun: true, sources: readings.map(({ note }) => note), filesNotRead, files, steps };
}

function progressOf(task: BackfillTask, { name }: Reading): (done: number) => void {
  return (done) => task.onProgress(name.origin, done, null);
}

async function readingsOfFiles(task: BackfillTask): Promise<Readings> {
  const readings: Reading[] = [];
  const filesNotRead: string[] = [];
  const tablesOfMoney = new Map<string, string>();
  for (const { path, isOfFolder } of task.csv.flatMap(csvFilesOf)) {
    const table = tableOf(basename(path));
    if (isOfFolder && task.kind === null && kindOfTable(table) === null) {
      filesNotRead.push(path);
      continue;
    }
    const file = await openCsv(path);
    const kind = task.kind ?? kindOf(basename(path), file.header);
    if (kind === null)
      throw new SourceFailure(
        'unknown_kind',
        `${path}: say with --kind what its rows are (${ROW_KINDS.join(', ')})`,
      );
    if (isOfFolder && kind === 'transaction') tablesOfMoney.set(table, path);
    if (tablesOfMoney.size > 1)
      throw new SourceFailure(
        'two_tables',
        `${[...tablesOfMoney.values()].join(' and ')} may hold the same money twice: name the one that counts with --from-csv`,
      );
    readings.push({
      ...readingOf(task, kind, path, file.header, file.encoding),
      name: { source: task.source, kind, origin: basename(path), sha256: file.sha256 },
      rows: ({ rowsDone }) => readCsv(file, rowsDone),
    });
  }
  if (readings.length === 0 && filesNotRead.length > 0)
    throw new SourceFailure(
      'unknown_kind',
      `no file is called as a table: name them with --from-csv and --kind (${filesNotRead.join(', ')})`,
    );
  return { readings: readings.toSorted((a, b) => placeOf(a) - placeOf(b)), filesNotRead };
}

function placeOf({ name }: Pick<Reading, 'name'>): number {
  return READING_ORDER.indexOf(name.kind);
}

function readingsOfTables(task: BackfillTask, opened: PostgresSource): Readings {
  const readings = opened.tables.map((table): Reading => {
    const reading = readingOf(task, table.kind, table.name, table.header, null);
    return {
      ...reading,
      note: { ...reading.note, timesWithoutZone: table.timesWithoutZone },
      name: { source: task.source, kind: table.kind, origin: `${opened.name} ${table.name}`, sha256: null },
      rows: ({ rowsDone, cursor }) => opened.rows(table, cursor, rowsDone),
    };
  });
  return { readings, filesNotRead: [] };
}

/** @throws SourceFailure where amounts could be read in two ways and nobody has said which */
function readingOf(
  { amounts, timeZone, dayFirst, currency, mapping }: BackfillTask,
  kind: RowKind,
  origin: string,
  header: readonly string[],
  encoding: string | null,
): Pick<Reading, 'options' | 'columns' | 'note'> {
  const columns = columnsOf(kind, header, mapping.columns);
  const repeated = repeatedColumn(columns, header);
  if (repeated !== null)
    throw new SourceFailure(
      'repeated_column',
      `${origin}: two columns are called ${repeated}: export them under two names`,
    );
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
  const notRead = columnsNotRead(columns, header);
  return {
    columns,
    options: { kind, amounts, timeZone, dayFirst, currency, columns: mapping.columns },
    note: {
      origin,
      encoding,
      columnsNotRead: notRead,
      namesNoCharges: kind === 'transaction' && columns.chargeId === undefined,
      timesWithoutZone: [],
    },
  };
}

function csvFilesOf(path: string): { readonly path: string; readonly isOfFolder: boolean }[] {
  try {
    if (!statSync(path).isDirectory()) return [{ path, isOfFolder: false }];
  } catch (error) {
    throw new SourceFailure('not_read', `${path}: ${(error as Error).message}`);
  }
  const files = readdirSync(path)
    .filter((name) => /\.(csv|tsv|txt)$/i.test(name))
    .toSorted();
  if (files.length === 0) throw new SourceFailure('not_read', `${path}: no .csv file is in it`);
  return files.map((name) => ({ path: join(path, name), isOfFolder: true }));
}
