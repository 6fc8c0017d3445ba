import { openAsBlob } from 'node:fs';
import { extname } from 'node:path';
import type { Command } from 'commander';
import { centsToPixAmount } from '../../domain/money.ts';
import {
  STATEMENT_OUTCOMES,
  StatementReport,
  SuspenseDecision,
  SuspenseItem,
  SuspenseList,
} from '../../domain/protocol/reconciliation.ts';
import { askAsManager } from '../../scripts/manager-api.ts';
import { type Outcome, reportOutcome, type Terminal } from '../output.ts';
import { type AccessOptions, accessOf, withAccess } from '../server-access.ts';
import { addLedgerAuditCommand } from './ledger-audit.ts';
import { addLedgerBackfillCommands } from './ledger-backfill.ts';
import { addLedgerBooksCommands } from './ledger-books.ts';

interface ReconcileOptions extends AccessOptions {
  readonly file: string;
  readonly provider: string;
  readonly dryRun?: boolean;
  readonly from?: string;
  readonly to?: string;
  readonly timeZone?: string;
}

interface SuspenseOptions extends AccessOptions {
  readonly resolved?: boolean;
}

interface AssignOptions extends AccessOptions {
  readonly owner?: string;
}

interface ResolveOptions extends AccessOptions {
  readonly as: string;
  readonly by: string;
  readonly transaction?: string;
  readonly note?: string;
}

const CONTENT_TYPES: Readonly<Record<string, string>> = {
  '.csv': 'text/csv',
  '.txt': 'text/csv',
  '.json': 'application/json',
  '.jsonl': 'application/x-ndjson',
  '.ndjson': 'application/x-ndjson',
};

/** `ledger reconcile`, and the money of no charge: `ledger suspense`, `ledger assign` and `ledger resolve`. */
export function addLedgerCommands(program: Command, terminal: Terminal): void {
  const ledger = program
    .command('ledger')
    .description('the books: whole or not, balances, bank statements, money in suspense');
  addLedgerBooksCommands(ledger, terminal);
  addLedgerBackfillCommands(ledger, terminal);
  addLedgerAuditCommand(ledger, terminal);
  reportOutcome<ReconcileOptions>(
    withAccess(ledger.command('reconcile'))
      .description('hold a bank’s statement against the books; the same file again changes nothing')
      .requiredOption(
        '--file <path>',
        'CSV (.csv) or JSON (.json, .jsonl); docs/reconciliation.md has the columns',
      )
      .requiredOption('--provider <name>', 'whose statement it is, as bacen-pix')
      .option('--dry-run', 'only tell what would be found; nothing is written')
      .option(
        '--from <time>',
        'what it covers, as 2026-03-10T00:00:00-03:00; without it, from its first line',
      )
      .option('--to <time>', 'until before then; without it, to its last line')
      .option('--time-zone <name>', 'of dates without an offset; America/Sao_Paulo without it'),
    terminal,
    (_args, options) => reconcile(options),
  );
  reportOutcome<SuspenseOptions>(
    withAccess(ledger.command('suspense'))
      .description('list the money that belongs to no charge, the oldest first')
      .option('--resolved', 'what was resolved, instead of what is open'),
    terminal,
    (_args, options) => suspense(options),
  );
  reportOutcome<AssignOptions>(
    withAccess(ledger.command('assign'))
      .description('say who looks after money in suspense')
      .argument('<receiptId>', 'as the list names it')
      .option('--owner <name>', 'who; without it nobody'),
    terminal,
    ([receiptId = ''], options) => assign(options, receiptId),
  );
  reportOutcome<ResolveOptions>(
    withAccess(ledger.command('resolve'))
      .description('say what money in suspense is, and post it there')
      .argument('<receiptId>', 'as the list names it')
      .requiredOption('--as <resolution>', SuspenseDecision.options.join(', '))
      .requiredOption('--by <name>', 'who decides')
      .option('--transaction <id>', 'of a sale')
      .option('--note <text>', 'why; of a refund the payer reads it at the bank'),
    terminal,
    ([receiptId = ''], options) => resolve(options, receiptId),
  );
}

async function reconcile(options: ReconcileOptions): Promise<Outcome> {
  const access = accessOf(options);
  if (!access.ok) return access;
  const type = CONTENT_TYPES[extname(options.file).toLowerCase()];
  if (type === undefined)
    return { ok: false, code: 'invalid_file', message: '--file takes a .csv, .json or .jsonl' };
  const query = new URLSearchParams({ provider: options.provider, dryRun: String(options.dryRun === true) });
  for (const name of ['from', 'to'] as const) {
    const text = options[name];
    if (text === undefined) continue;
    const atMs = Date.parse(text);
    if (Number.isNaN(atMs))
      return {
        ok: false,
        code: 'invalid_time',
        message: `--${name} takes a time, as 2026-03-10T00:00:00-03:00`,
      };
    query.set(name, String(atMs));
  }
  if (options.timeZone !== undefined) query.set('timeZone', options.timeZone);
  let file: Blob;
  try {
    file = await openAsBlob(options.file, { type });
  } catch (error) {
    return { ok: false, code: 'not_read', message: (error as Error).message };
  }
  const found = await askAsManager(
    access.value,
    StatementReport,
    'POST',
    `/v1/reconciliation/statements?${query}`,
    file,
  );
  if (!found.ok) return found;
  return { ok: true, data: found.value, text: textOf(found.value) };
}

function textOf(report: StatementReport): string {
  const lines = [
    report.alreadyImported
      ? 'this file was imported before; nothing was changed. What was found then:'
      : report.dryRun
        ? 'a dry run; nothing was written. What would be found:'
        : 'imported. What was found:',
    `lines                    ${report.lines}`,
  ];
  for (const outcome of STATEMENT_OUTCOMES) {
    const count = report.outcomes[outcome];
    if (count !== undefined) lines.push(`${outcome.padEnd(24)} ${count}`);
  }
  if (report.feeCents > 0) lines.push(`fees                     ${centsToPixAmount(report.feeCents)}`);
  lines.push(`missing there            ${report.missingThere.count}`);
  for (const { receiptId, amountCents } of report.missingThere.first)
    lines.push(`  ${receiptId}  ${centsToPixAmount(amountCents)}`);
  if (report.badLines.count > 0) lines.push(`bad lines                ${report.badLines.count}`);
  for (const { line, problem } of report.badLines.first) lines.push(`  line ${line}: ${problem}`);
  for (const finding of report.findings) {
    const here = finding.hereCents === null ? '' : `, here ${centsToPixAmount(finding.hereCents)}`;
    const hint = finding.suggestedReceiptId === null ? '' : `, perhaps ${finding.suggestedReceiptId}`;
    lines.push(
      `  line ${finding.line}: ${finding.outcome} ${centsToPixAmount(finding.amountCents)} ${finding.endToEndId ?? finding.txid ?? 'without an id'}${here}${hint}`,
    );
  }
  if (!report.complete)
    lines.push('not complete: the provider did not answer for some; import the file again');
  return lines.join('\n');
}

async function suspense(options: SuspenseOptions): Promise<Outcome> {
  const access = accessOf(options);
  if (!access.ok) return access;
  const status = options.resolved === true ? 'resolved' : 'open';
  const found = await askAsManager(
    access.value,
    SuspenseList,
    'GET',
    `/v1/suspense?status=${status}&limit=200`,
  );
  if (!found.ok) return found;
  const { figures, items } = found.value;
  const sum = `open: ${figures.open} of ${centsToPixAmount(figures.openCents)} together`;
  return { ok: true, data: found.value, text: [...items.map(lineOf), sum].join('\n') };
}

async function assign({ owner, ...options }: AssignOptions, receiptId: string): Promise<Outcome> {
  return change(options, '/v1/suspense/assign', { receiptId, owner: owner ?? null });
}

async function resolve(options: ResolveOptions, receiptId: string): Promise<Outcome> {
  const decision = SuspenseDecision.safeParse(options.as);
  if (!decision.success)
    return {
      ok: false,
      code: 'invalid_resolution',
      message: `--as takes one of ${SuspenseDecision.options.join(', ')}`,
    };
  return change(options, '/v1/suspense/resolve', {
    receiptId,
    resolution: decision.data,
    by: options.by,
    ...(options.transaction === undefined ? {} : { transactionId: options.transaction }),
    ...(options.note === undefined ? {} : { note: options.note }),
  });
}

async function change(options: AccessOptions, path: string, body: unknown): Promise<Outcome> {
  const access = accessOf(options);
  if (!access.ok) return access;
  const changed = await askAsManager(access.value, SuspenseItem, 'POST', path, body);
  return changed.ok ? { ok: true, data: changed.value, text: lineOf(changed.value) } : changed;
}

function lineOf(item: SuspenseItem): string {
  const days = (item.ageSeconds / 86_400).toFixed(1);
  const state = item.resolution ?? item.reason;
  return `${item.receiptId}  ${centsToPixAmount(item.amountCents).padStart(10)}  ${days} days  ${state}  ${item.owner ?? 'nobody'}`;
}
