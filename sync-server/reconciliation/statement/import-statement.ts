import { newId } from '../../../domain/ids.ts';
import {
  MAX_STATEMENT_FINDINGS,
  type StatementOutcome,
  type StatementReport,
} from '../../../domain/protocol/reconciliation.ts';
import type { ServerContext } from '../../context.ts';
import type { Queryable } from '../../db/database.ts';
import { postStatementLines } from '../../ledger/post-statement.ts';
import type { PaymentProvider } from '../../providers/provider.ts';
import { type Actor, type JudgedLine, judgeLines, type Seen } from './judge-lines.ts';
import type { Owner } from './known-money.ts';
import { readRecords, type StatementFormat, StatementUnreadable } from './read-records.ts';
import { readLine, type StatementLine } from './statement-line.ts';

/** A bank's statement, kept in a file of ours while it is read: more than once, and never all of it in memory. */
export interface StatementFile {
  readonly sha256: string;
  readonly format: StatementFormat;
  open(): AsyncIterable<string>;
}

export interface StatementOrder {
  readonly merchantId: string;
  readonly file: StatementFile;
  /** Only looks: in a transaction in which PostgreSQL itself lets nothing be written. */
  readonly dryRun: boolean;
  /** What the statement covers, epoch milliseconds, half-open; null: from its first line to its last. */
  readonly period: { readonly from: number; readonly to: number } | null;
  /** Of dates without an offset. */
  readonly timeZone: string;
}

export type StatementResult =
  | { readonly ok: true; readonly report: StatementReport }
  | { readonly ok: false; readonly code: 'unreadable' | 'too_long'; readonly detail: string };

/** Compared with one question to the database. */
const BATCH = 500;
/** A day of a thousand totems; ids of so many fit into memory easily. */
const MAX_LINES = 200_000;
const PAGE = 1_000;

/** Of these a person should look at each line. */
const FINDINGS: ReadonlySet<StatementOutcome> = new Set([
  'missing_here',
  'missing_here_recorded',
  'missing_here_suspense',
  'amount_differs',
  'refund_unknown',
  'dispute_unknown',
  'not_read',
]);

class TooLong extends Error {}

/**
 * Holds a statement of the bank against what is written here. The very file again, and a line again in another file,
 * change nothing. Money that is not known here takes the one way of all money: its charge is read back; what has no
 * charge is held in suspense.
 */
export async function importStatement(
  context: ServerContext,
  provider: PaymentProvider,
  order: StatementOrder,
): Promise<StatementResult> {
  try {
    const report = order.dryRun
      ? await context.db.transaction(async (transaction) => {
          await transaction.query('SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY');
          const known = await knownFile(transaction, provider.name, order);
          return known?.summary
            ? { ...known.summary, dryRun: true, alreadyImported: true }
            : examine(transaction, null, provider.name, order, null);
        })
      : await importOnce(context, provider, order);
    return { ok: true, report };
  } catch (error) {
    if (error instanceof StatementUnreadable) return { ok: false, code: 'unreadable', detail: error.message };
    if (error instanceof TooLong)
      return { ok: false, code: 'too_long', detail: `more than ${MAX_LINES} lines` };
    throw error;
  }
}

async function importOnce(
  context: ServerContext,
  provider: PaymentProvider,
  order: StatementOrder,
): Promise<StatementReport> {
  const { db, clock } = context;
  await db.query(
    `INSERT INTO statements (merchant_id, provider, file_sha256, statement_id, started_at) VALUES ($1, $2, $3, $4, $5)
     ON CONFLICT (merchant_id, provider, file_sha256) DO NOTHING`,
    [
      order.merchantId,
      provider.name,
      order.file.sha256,
      newId(clock, context.randomBytes),
      new Date(clock.nowMs()),
    ],
  );
  const known = await knownFile(db, provider.name, order);
  if (known === undefined) throw new Error('a row that was written is there');
  if (known.summary !== null) return { ...known.summary, alreadyImported: true };
  const report = await examine(db, { context, provider }, provider.name, order, known.id);
  if (report.complete)
    await db.query(
      `UPDATE statements SET finished_at = $3, summary = $4, covers_from = $5, covers_to = $6
       WHERE merchant_id = $1 AND statement_id = $2`,
      [
        order.merchantId,
        known.id,
        new Date(clock.nowMs()),
        JSON.stringify(report),
        report.period && new Date(report.period.from),
        report.period && new Date(report.period.to),
      ],
    );
  return report;
}

async function knownFile(
  database: Queryable,
  provider: string,
  { merchantId, file }: StatementOrder,
): Promise<{ readonly id: string; readonly summary: StatementReport | null } | undefined> {
  const [known] = await database.query<{ id: string; summary: StatementReport | null }>(
    `SELECT statement_id AS id, summary FROM statements
     WHERE merchant_id = $1 AND provider = $2 AND file_sha256 = $3`,
    [merchantId, provider, file.sha256],
  );
  return known;
}

async function examine(
  database: Queryable,
  actor: Actor,
  providerName: string,
  order: StatementOrder,
  statementId: string | null,
): Promise<StatementReport> {
  const owner: Owner = { merchantId: order.merchantId, provider: providerName };
  const seen: Seen = { receipts: new Set(), refunds: new Set(), disputes: new Set() };
  const tally = newTally();
  let batch: StatementLine[] = [];
  const flush = async (): Promise<void> => {
    const stored = await storedLines(database, owner, statementId, batch);
    const fresh = batch.filter(({ ref }) => !stored.has(ref));
    // What was imported before is compared all the same, and left alone: it is on the statement.
    const again = await judgeLines(
      database,
      null,
      owner,
      batch.filter(({ ref }) => stored.has(ref)),
      seen,
    );
    for (const { line } of again)
      tally.add({ ...nothing(line), outcome: stored.get(line.ref) ?? 'known_line' });
    const judged = await judgeLines(database, actor, owner, fresh, seen);
    for (const one of judged) tally.add(one);
    if (actor !== null && statementId !== null) await storeLines(actor.context, owner, statementId, judged);
    batch = [];
  };
  const copies = new Map<string, number>();
  const refs = new Set<string>();
  for await (const reading of readRecords(order.file.open(), order.file.format)) {
    if (tally.lines === MAX_LINES) throw new TooLong();
    tally.lines += 1;
    const line = reading.ok ? readLine(reading.record, reading.line, order.timeZone, copies) : reading;
    if (!line.ok) tally.addBad(reading.line, line.problem);
    else if (refs.has(line.line.ref)) tally.add(nothing(line.line));
    else {
      refs.add(line.line.ref);
      batch.push(line.line);
    }
    if (batch.length === BATCH) await flush();
  }
  await flush();
  const period = order.period ?? tally.span;
  return {
    statementId,
    provider: providerName,
    sha256: order.file.sha256,
    dryRun: order.dryRun,
    alreadyImported: false,
    complete: tally.outcomes.not_read === undefined,
    lines: tally.lines,
    outcomes: tally.outcomes,
    feeCents: tally.feeCents,
    period,
    badLines: tally.badLines,
    findings: tally.findings,
    missingThere: await missingThere(database, owner, period, seen.receipts),
  };
}

function newTally() {
  const outcomes: Partial<Record<StatementOutcome, number>> = {};
  const findings: StatementReport['findings'] = [];
  const badLines: StatementReport['badLines'] = { count: 0, first: [] };
  return {
    lines: 0,
    feeCents: 0,
    span: null as StatementReport['period'],
    outcomes,
    findings,
    badLines,
    add({ line, outcome, suggestedReceiptId, hereCents }: JudgedLine): void {
      outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
      this.feeCents += outcome === 'fee' ? line.amountCents : line.feeCents;
      this.span = {
        from: Math.min(line.atMs, this.span?.from ?? line.atMs),
        to: Math.max(line.untilMs, this.span?.to ?? line.untilMs),
      };
      if (!FINDINGS.has(outcome) || findings.length === MAX_STATEMENT_FINDINGS) return;
      const { amountCents, endToEndId, txid } = line;
      findings.push({
        line: line.line,
        outcome,
        amountCents,
        endToEndId,
        txid,
        suggestedReceiptId,
        hereCents,
      });
    },
    addBad(line: number, problem: string): void {
      badLines.count += 1;
      if (badLines.first.length < MAX_STATEMENT_FINDINGS) badLines.first.push({ line, problem });
    },
  };
}

function nothing(line: StatementLine): JudgedLine {
  return { line, outcome: 'known_line', receiptId: null, suggestedReceiptId: null, hereCents: null };
}

/** Of these lines, those that are stored: of this file with what they were found to be, of another as known. */
async function storedLines(
  database: Queryable,
  { merchantId, provider }: Owner,
  statementId: string | null,
  lines: readonly StatementLine[],
): Promise<ReadonlyMap<string, StatementOutcome>> {
  const rows = await database.query<{ ref: string; outcome: StatementOutcome; own: boolean }>(
    `SELECT line_ref AS ref, outcome, statement_id = $4::uuid AS own FROM statement_lines
     WHERE merchant_id = $1 AND provider = $2 AND line_ref = ANY($3)`,
    [merchantId, provider, lines.map(({ ref }) => ref), statementId],
  );
  return new Map(rows.map(({ ref, outcome, own }) => [ref, own ? outcome : 'known_line']));
}

/** Lines that could not be asked about are not: the same file again goes on with them. What they tell of fees is posted with them. */
async function storeLines(
  context: ServerContext,
  owner: Owner,
  statementId: string,
  judged: readonly JudgedLine[],
): Promise<void> {
  const done = judged.filter(({ outcome }) => outcome !== 'not_read');
  const column = <T>(of: (judged: JudgedLine) => T): T[] => done.map(of);
  await context.db.transaction(async (transaction) => {
    const stored = await transaction.query<{ ref: string }>(
      `INSERT INTO statement_lines (merchant_id, provider, statement_id, posted, line_ref, line_number, kind, at,
         amount_cents, fee_cents, currency, end_to_end_id, txid, outcome, receipt_id, refund_id, dispute_id)
       SELECT $1, $2, $3, true, * FROM unnest($4::text[], $5::int[], $6::text[], $7::timestamptz[], $8::bigint[],
         $9::bigint[], $10::text[], $11::text[], $12::text[], $13::text[], $14::text[], $15::text[], $16::text[])
       ON CONFLICT DO NOTHING RETURNING line_ref AS ref`,
      [
        owner.merchantId,
        owner.provider,
        statementId,
        column(({ line }) => line.ref),
        column(({ line }) => line.line),
        column(({ line }) => line.kind),
        column(({ line }) => new Date(line.atMs)),
        column(({ line }) => line.amountCents),
        column(({ line }) => line.feeCents),
        column(({ line }) => line.currency),
        column(({ line }) => line.endToEndId),
        column(({ line }) => line.txid),
        column(({ outcome }) => outcome),
        column(({ receiptId }) => receiptId),
        column(({ line, backId = null }) => (line.kind === 'refund' ? backId : null)),
        column(({ line, backId = null }) => (line.kind === 'dispute' ? backId : null)),
      ],
    );
    const refs = new Set(stored.map(({ ref }) => ref));
    await postStatementLines(
      context,
      transaction,
      owner,
      done.map(({ line }) => line).filter(({ ref }) => refs.has(ref)),
    );
  });
}

/** Settled here within the period, and on no line: page by page, so that a long period takes no more memory. */
async function missingThere(
  database: Queryable,
  { merchantId, provider }: Owner,
  period: StatementReport['period'],
  seen: ReadonlySet<string>,
): Promise<StatementReport['missingThere']> {
  const missing: StatementReport['missingThere'] = { count: 0, first: [] };
  if (period === null) return missing;
  let from: [Date, string] = [new Date(period.from), ''];
  for (;;) {
    const rows = await database.query<{ id: string; amountCents: number; paidAt: Date }>(
      `SELECT receipt_id AS id, amount_cents AS "amountCents", paid_at AS "paidAt" FROM receipts
       WHERE merchant_id = $1 AND provider = $2 AND (paid_at, receipt_id) > ($3, $4) AND paid_at < $5
       ORDER BY paid_at, receipt_id LIMIT ${PAGE}`,
      [merchantId, provider, ...from, new Date(period.to)],
    );
    for (const { id, amountCents, paidAt } of rows) {
      if (seen.has(id)) continue;
      missing.count += 1;
      if (missing.first.length < MAX_STATEMENT_FINDINGS)
        missing.first.push({ receiptId: id, amountCents, paidAt: paidAt.getTime() });
    }
    const last = rows.at(-1);
    if (last === undefined || rows.length < PAGE) return missing;
    from = [last.paidAt, last.id];
  }
}
