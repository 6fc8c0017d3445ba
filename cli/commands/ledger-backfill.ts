import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { AdoptionStatus, AdoptionSwitch } from '../../domain/protocol/adoption.ts';
import { createPersonalDataBox, loadOrCreateKey } from '../../platform/personal-data.ts';
import { StartupFailure } from '../../platform/service.ts';
import { systemClock, systemRandom } from '../../platform/system.ts';
import { AMOUNT_RULES, type AmountRule } from '../../sync-server/adoption/amounts.ts';
import { type BackfillReport, backfill } from '../../sync-server/adoption/backfill.ts';
import { ROW_KINDS, type RowKind } from '../../sync-server/adoption/columns.ts';
import { SourceFailure } from '../../sync-server/adoption/csv-source.ts';
import type { ImportDeps } from '../../sync-server/adoption/import-rows.ts';
import { NO_MAPPING, readMappingFile } from '../../sync-server/adoption/mapping.ts';
import { prunedOf } from '../../sync-server/adoption/prune-rows.ts';
import { type RunReport, reportRuns } from '../../sync-server/adoption/report.ts';
import { pendingOf, STEPS, type Step } from '../../sync-server/adoption/steps/steps.ts';
import { writeUnmapped } from '../../sync-server/adoption/unmapped-csv.ts';
import { openDatabase } from '../../sync-server/db/database.ts';
import { defaultDataDir } from '../data-dir.ts';
import { type Outcome, reportOutcome, type Terminal } from '../output.ts';
import { callServer, timeText } from '../request.ts';
import { type AccessOptions, withAccess } from '../server-access.ts';

interface HouseOptions {
  readonly databaseUrl?: string;
  readonly keyFile?: string;
  readonly source: string;
}

interface BackfillOptions extends HouseOptions {
  readonly fromCsv?: string[];
  readonly sourceUrl?: string;
  readonly mapping?: string;
  readonly kind?: string;
  readonly amounts?: string;
  readonly timeZone: string;
  readonly monthFirst?: boolean;
  readonly currency: string;
  readonly step?: string;
  readonly dryRun?: boolean;
}

interface MirrorOptions extends AccessOptions {
  readonly set?: string;
}

/** So often a line of progress of each file and step. */
const PROGRESS_MS = 2_000;

/** `ledger backfill`: adopts the ledger of an old system; docs/adoption.md tells the way. */
export function addLedgerBackfillCommands(ledger: Command, terminal: Terminal): void {
  const command = ledger
    .command('backfill')
    .description('adopt the ledger of an old system; again changes nothing');
  reportOutcome<BackfillOptions>(
    withHouse(command)
      .option(
        '--from-csv <paths...>',
        'exports, or folders of them: transactions.csv, sessions.csv, customers.csv',
      )
      .option('--source-url <url>', 'or the old system’s PostgreSQL, which is only read')
      .option('--mapping <file>', 'JSON: clinics, words, columns, tables')
      .option(
        '--kind <kind>',
        `what the rows are, where the file’s name does not tell: ${ROW_KINDS.join(', ')}`,
      )
      .option('--amounts <rule>', `how amounts are written where not in cents: ${AMOUNT_RULES.join(', ')}`)
      .option('--time-zone <name>', 'of dates without one', 'America/Sao_Paulo')
      .option('--month-first', 'dates with slashes are month/day/year')
      .option('--currency <code>', 'of rows that name none', 'BRL')
      .option('--step <name>', `only this step: ${STEPS.join(', ')}`)
      .option('--dry-run', 'the same report, and nothing is written'),
    terminal,
    (_args, options) => run(options, terminal),
  );
  reportOutcome<HouseOptions>(
    withHouse(command.command('status')).description('what was read, and what each step would still look at'),
    terminal,
    (_args, options) => inHouse(options, status),
  );
  reportOutcome<HouseOptions & { readonly unmapped: string }>(
    withHouse(command.command('report'))
      .description('rows that could not be adopted, with the reasons; personal words masked')
      .requiredOption('--unmapped <file>', 'the CSV file to write'),
    terminal,
    (_args, options) => inHouse(options, (deps) => report(deps, options.source, options.unmapped)),
  );
  reportOutcome<MirrorOptions>(
    withAccess(command.command('mirror'))
      .description('whether the old system’s rows are taken one by one while it lives')
      .option('--set <mode>', 'off, shadow (judge, write nothing) or on'),
    terminal,
    (_args, options) => mirror(options),
  );
}

function withHouse(command: Command): Command {
  return command
    .option('--database-url <url>', 'the PostgreSQL of the sync server (DATABASE_URL)')
    .option('--key-file <file>', 'the server’s personal-data.key; of the default data folder without it')
    .option('--source <name>', 'the old system’s name; its ids are unique within it', 'legacy');
}

async function run(options: BackfillOptions, terminal: Terminal): Promise<Outcome> {
  const refuse = (code: string, message: string): Outcome => ({ ok: false, code, message });
  const { fromCsv = [], sourceUrl, step, kind, amounts } = options;
  if (fromCsv.length > 0 && sourceUrl !== undefined)
    return refuse('two_sources', 'either --from-csv or --source-url');
  if (fromCsv.length === 0 && sourceUrl === undefined && step === undefined)
    return refuse('no_source', 'say what to adopt: --from-csv or --source-url, or which --step to run alone');
  if (step !== undefined && !isOneOf(STEPS, step))
    return refuse('invalid_step', `--step takes ${STEPS.join(', ')}`);
  if (kind !== undefined && !isOneOf(ROW_KINDS, kind))
    return refuse('invalid_kind', `--kind takes ${ROW_KINDS.join(', ')}`);
  if (amounts !== undefined && !isOneOf(AMOUNT_RULES, amounts))
    return refuse('invalid_amounts', `--amounts takes ${AMOUNT_RULES.join(', ')}`);
  const mapping = options.mapping === undefined ? NO_MAPPING : readMappingFile(options.mapping);
  if ('problem' in mapping) return refuse('invalid_mapping', mapping.problem);
  return inHouse(options, async (deps) => {
    const tell = progressTeller(terminal);
    const found = await backfill(deps, {
      source: options.source,
      csv: fromCsv,
      sourceUrl: sourceUrl ?? null,
      kind: (kind as RowKind | undefined) ?? null,
      amounts: (amounts as AmountRule | undefined) ?? null,
      timeZone: options.timeZone,
      dayFirst: options.monthFirst !== true,
      currency: options.currency,
      mapping,
      dryRun: options.dryRun === true,
      step: (step as Step | undefined) ?? null,
      onProgress: tell,
    });
    return { ok: true, data: found, text: textOf(found) };
  });
}

/** Rows done, of how many, and how fast: the first at once, the last where its end is known, and others now and then. */
function progressTeller(terminal: Terminal): (what: string, done: number, total: number | null) => void {
  const begun = new Map<string, { readonly atMs: number; readonly done: number; toldAtMs: number }>();
  return (what, done, total) => {
    const nowMs = systemClock.nowMs();
    const known = begun.get(what);
    const start = known ?? { atMs: nowMs, done, toldAtMs: nowMs };
    begun.set(what, start);
    if (known !== undefined && nowMs - known.toldAtMs < PROGRESS_MS && done !== total) return;
    start.toldAtMs = nowMs;
    const seconds = (nowMs - start.atMs) / 1_000;
    const rate = seconds > 0 ? `, ${Math.round((done - start.done) / seconds)} a second` : '';
    terminal.err(`${what}: ${done}${total === null ? '' : ` of ${total}`} rows${rate}`);
  };
}

function isOneOf<T extends string>(known: readonly T[], word: string): word is T {
  return (known as readonly string[]).includes(word);
}

/** Past the server, which goes on: the database and the key are all that is needed. */
async function inHouse(
  options: HouseOptions,
  work: (deps: ImportDeps, source: string) => Promise<Outcome>,
): Promise<Outcome> {
  const url = options.databaseUrl ?? process.env['DATABASE_URL'];
  if (url === undefined)
    return { ok: false, code: 'no_database', message: 'say which database: --database-url or DATABASE_URL' };
  const keyFile = options.keyFile ?? join(defaultDataDir(), 'server', 'personal-data.key');
  // A key of its own would seal what the server never opens.
  if (!existsSync(keyFile))
    return {
      ok: false,
      code: 'no_key',
      message: `there is no key ${keyFile}: give the server’s with --key-file`,
    };
  const db = openDatabase(url, () => {
    // The statement that needs the connection fails by itself, and says so.
  });
  try {
    const personalData = createPersonalDataBox(loadOrCreateKey(keyFile));
    return await work({ db, personalData, clock: systemClock, randomBytes: systemRandom }, options.source);
  } catch (error) {
    if (error instanceof SourceFailure) return { ok: false, code: error.code, message: error.message };
    if (error instanceof StartupFailure) return { ok: false, code: 'refused', message: error.message };
    // The database was stopped, or is starting again.
    const message = `${(error as Error).message}; what was committed stays, and the same command goes on from there`;
    return { ok: false, code: 'failed', message };
  } finally {
    await db.close();
  }
}

async function status(deps: ImportDeps, source: string): Promise<Outcome> {
  const runs = await reportRuns(deps.db);
  const pending = await pendingOf(deps.db, source);
  const pruned = await prunedOf(deps.db, source);
  const lines = STEPS.map((step) => `step ${step}: ${pending[step]} rows to look at`);
  if (pruned > 0) lines.push(`${pruned} rows waited too long, and lost their personal words`);
  return { ok: true, data: { runs, pending, pruned }, text: [...runs.map(runText), ...lines].join('\n') };
}

async function report(deps: ImportDeps, source: string, path: string): Promise<Outcome> {
  const rows = await writeUnmapped(deps, source, path);
  return { ok: true, data: { path, rows }, text: `${path}: ${rows} rows` };
}

async function mirror(options: MirrorOptions): Promise<Outcome> {
  return callServer(options, {
    path: options.set === undefined ? '/v1/adoption' : '/v1/adoption/switch',
    ...(options.set === undefined ? {} : { body: { schema: AdoptionSwitch, value: { mode: options.set } } }),
    answer: AdoptionStatus,
    text: ({ mode, counts, failures }) =>
      [
        `mirror: ${mode}`,
        ...counts.map(({ outcome, count, lastAt }) => `${outcome}: ${count}, last ${timeText(lastAt)}`),
        ...(failures === 0 ? [] : [`failed since the server started: ${failures}`]),
      ].join('\n'),
  });
}

function textOf({ dryRun, sources, filesNotRead, files, steps }: BackfillReport): string {
  return [
    ...(dryRun ? ['a dry run; nothing was written'] : []),
    ...filesNotRead.map((path) => `not read: ${path}: name it with --from-csv and --kind, if it is one`),
    ...sources.flatMap(sourceLines),
    ...files.map(runText),
    ...Object.entries(steps).map(
      ([step, rows]) => `step ${step}: ${rows} rows${dryRun ? ' to look at' : ''}`,
    ),
  ].join('\n');
}

function sourceLines({
  origin,
  encoding,
  columnsNotRead,
  namesNoCharges,
  timesWithoutZone,
}: BackfillReport['sources'][number]): string[] {
  return [
    ...(timesWithoutZone.length === 0
      ? []
      : [
          `${origin}: ${timesWithoutZone.join(', ')} name no zone, and were read in --time-zone; Prisma writes UTC`,
        ]),
    ...(encoding === null || encoding === 'utf-8'
      ? []
      : [`${origin}: is no UTF-8, and was read as ${encoding}`]),
    ...(namesNoCharges
      ? [
          `${origin}: no column names the provider’s charge: a payment in two rows with two ids counts twice; name it in "columns": {"chargeId": "…"}`,
        ]
      : []),
    ...(columnsNotRead.length === 0
      ? []
      : [`${origin}: columns not read: ${columnsNotRead.join(', ')} ("columns" of the mapping names them)`]),
  ];
}

function runText(run: RunReport): string {
  return [
    `${run.origin} (${run.kind}${run.finished ? '' : ', not read to its end'}): ${run.rows} rows; ` +
      `${run.mapped} mapped, ${run.partly} partly, ${run.unmapped} unmapped, ` +
      `${run.duplicates} duplicates, ${run.unchanged} known already`,
    ...reasonLines(
      'not adopted',
      run.reasons.filter(({ stops }) => stops),
    ),
    ...reasonLines(
      'seen beside that',
      run.reasons.filter(({ stops }) => !stops),
    ),
    ...run.unknownWords.map(
      ({ list, word, rows }) =>
        `  not known: ${JSON.stringify(word)}: ${rows} rows; give it a meaning in "${list}"`,
    ),
    ...run.notOnboarded.map(
      ({ clinic, rows }) => `  not onboarded: ${clinic ?? '(no clinic)'}: ${rows} rows wait`,
    ),
  ].join('\n');
}

function reasonLines(title: string, reasons: RunReport['reasons']): string[] {
  if (reasons.length === 0) return [];
  return [
    `  ${title}:`,
    ...reasons.flatMap(({ state, reason, hint, rows, lines }) => [
      `    ${reason}: ${rows}, first on lines ${lines.join(', ')} (${state})`,
      ...(hint === null ? [] : [`      ${hint}`]),
    ]),
  ];
}
