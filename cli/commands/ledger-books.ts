import type { Command } from 'commander';
import { formatCurrencyPlain } from '../../domain/money.ts';
import { LedgerBalances, LedgerStatement, LedgerVerification } from '../../domain/protocol/ledger.ts';
import { SettlementDifferences, SettlementReport } from '../../domain/protocol/settlement.ts';
import { askAsManager } from '../../scripts/manager-api.ts';
import { openDatabase } from '../../sync-server/db/database.ts';
import { verifyLedger } from '../../sync-server/ledger/verify-ledger.ts';
import { type Outcome, reportOutcome, type Terminal } from '../output.ts';
import { callServer, pathPart } from '../request.ts';
import { type AccessOptions, accessOf, withAccess } from '../server-access.ts';

/** A ledger of years: the server reads all of it. */
const VERIFY_TIMEOUT_MS = 15 * 60_000;

interface VerifyOptions extends Partial<AccessOptions> {
  readonly databaseUrl?: string;
  readonly head?: string;
}

interface BalancesOptions extends AccessOptions {
  readonly at?: string;
  readonly knownBy?: string;
}

interface StatementOptions extends AccessOptions {
  readonly before?: string;
  readonly limit: string;
}

interface SettlementOptions extends AccessOptions {
  readonly from: string;
  readonly to: string;
  readonly provider?: string;
  readonly timeZone?: string;
  readonly differences?: boolean;
}

type Head = { readonly seq: number; readonly hash: string };

/** `ledger verify`, `balances`, `statement` and `settlement`: whether the books are whole, and what they say. */
export function addLedgerBooksCommands(ledger: Command, terminal: Terminal): void {
  reportOutcome<VerifyOptions>(
    ledger
      .command('verify')
      .description(
        'recompute the whole ledger: its chain, its sums, and the facts behind them; exit 1 at a break',
      )
      .option('--server <url>', 'address of the sync server')
      .option('--token <token>', 'a manager’s token; TOTEM_MANAGER_TOKEN keeps it out of the shell’s history')
      .option('--database-url <url>', 'ask the database itself instead of the server (all merchants)')
      .option('--head <seq:hash>', 'a head that was noted down: the chain has to go through it'),
    terminal,
    (_args, options) => verify(options),
  );
  reportOutcome<BalancesOptions>(
    withAccess(ledger.command('balances'))
      .description('every account as it stands, or as it stood')
      .option('--at <time>', 'counts what happened until then, as 2026-03-10T23:59:59-03:00')
      .option('--known-by <time>', 'and of that, only what the ledger knew by then'),
    terminal,
    (_args, options) => balances(options),
  );
  reportOutcome<StatementOptions>(
    withAccess(ledger.command('statement'))
      .description('the lines of one account, the newest first')
      .argument('<account>', 'as the balances name it: receivable:bacen-pix')
      .option('--before <seq>', 'only older lines than this place in the chain')
      .option('--limit <count>', 'so many lines', '50'),
    terminal,
    ([account = ''], options) => statement(options, account),
  );
  reportOutcome<SettlementOptions>(
    withAccess(ledger.command('settlement'))
      .description('expected against settled, by provider and day; the statements have to be imported')
      .requiredOption('--from <day>', 'as 2026-03-01')
      .requiredOption('--to <day>', 'that day included')
      .option('--provider <name>', 'only this one')
      .option('--time-zone <name>', 'where days begin; America/Sao_Paulo without it')
      .option('--differences', 'what differs, line by line'),
    terminal,
    (_args, options) => settlement(options),
  );
}

async function verify({ databaseUrl, head, ...options }: VerifyOptions): Promise<Outcome> {
  const noted = head === undefined ? undefined : headOf(head);
  if (noted === null)
    return { ok: false, code: 'invalid_head', message: '--head takes <number>:<64 hexadecimal digits>' };
  if (databaseUrl !== undefined) return verifyDatabase(databaseUrl, noted);
  if (options.server === undefined)
    return { ok: false, code: 'no_server', message: 'say which ledger: --server, or --database-url' };
  const access = accessOf({ ...options, server: options.server });
  if (!access.ok) return access;
  const path = `/v1/ledger/verify${noted === undefined ? '' : `?seq=${noted.seq}&hash=${noted.hash}`}`;
  const verified = await askAsManager(
    access.value,
    LedgerVerification,
    'GET',
    path,
    undefined,
    VERIFY_TIMEOUT_MS,
  );
  return verified.ok ? outcomeOf([verified.value]) : verified;
}

function headOf(text: string): Head | null {
  const [, seq, hash] = /^(\d{1,15}):([0-9a-f]{64})$/.exec(text) ?? [];
  return seq === undefined || hash === undefined ? null : { seq: Number(seq), hash };
}

/** Past the server: who looks after the books need not trust the program that writes them. */
async function verifyDatabase(url: string, notedHead: Head | undefined): Promise<Outcome> {
  const database = openDatabase(url, () => {
    // The statement that needs the connection fails by itself, and says so.
  });
  try {
    const merchants = await database.query<{ id: string }>(
      'SELECT merchant_id AS id FROM merchants ORDER BY merchant_id',
    );
    if (notedHead !== undefined && merchants.length > 1)
      return {
        ok: false,
        code: 'several_merchants',
        message: 'a head is one merchant’s, and the database has several: use --server with that one’s token',
      };
    const verified: LedgerVerification[] = [];
    for (const { id } of merchants)
      verified.push(await verifyLedger(database, { merchantId: id, notedHead }));
    return outcomeOf(verified);
  } catch (error) {
    return { ok: false, code: 'not_read', message: (error as Error).message };
  } finally {
    await database.close();
  }
}

function outcomeOf(verified: readonly LedgerVerification[]): Outcome {
  const lines = verified.map(
    ({ entries, head }) =>
      `${entries} entries of ${head.merchantId}; note down the head ${head.seq}:${head.hash}`,
  );
  const breaks = verified.flatMap(({ findings }) => findings);
  if (breaks.length === 0)
    return { ok: true, data: verified, text: [...lines, 'the ledger is whole'].join('\n') };
  const told = breaks.map(({ rule, subject, detail }) => `${rule}: ${subject}: ${detail}`);
  return {
    ok: false,
    code: 'ledger_broken',
    message: `the ledger is not whole:\n${told.join('\n')}`,
    data: verified,
  };
}

async function balances(options: BalancesOptions): Promise<Outcome> {
  const query = new URLSearchParams();
  for (const [name, text] of [
    ['at', options.at],
    ['knownBy', options.knownBy],
  ] as const) {
    if (text === undefined) continue;
    const atMs = Date.parse(text);
    if (Number.isNaN(atMs))
      return {
        ok: false,
        code: 'invalid_time',
        message: `"${text}" is no time, as 2026-03-10T23:59:59-03:00`,
      };
    query.set(name, String(atMs));
  }
  return callServer(options, {
    path: `/v1/ledger/balances?${query}`,
    answer: LedgerBalances,
    text: ({ accounts }) =>
      accounts
        .map(
          ({ accountCode, kind, currency, balanceCents }) =>
            `${accountCode.padEnd(32)} ${kind.padEnd(10)} ${formatCurrencyPlain(balanceCents, currency).padStart(16)}`,
        )
        .join('\n') || 'nothing was posted by then',
  });
}

function statement(options: StatementOptions, account: string): Promise<Outcome> {
  const query = new URLSearchParams({ limit: options.limit });
  if (options.before !== undefined) query.set('before', options.before);
  return callServer(options, {
    path: `/v1/ledger/accounts/${pathPart(account)}?${query}`,
    answer: LedgerStatement,
    text: ({ lines, nextBefore }) => {
      const text = lines.map(
        ({ seq, occurredAt, kind, amountCents, currency, transactionId }) =>
          `${String(seq).padStart(8)}  ${new Date(occurredAt).toISOString()}  ${formatCurrencyPlain(amountCents, currency).padStart(16)}  ${kind}  ${transactionId ?? ''}`,
      );
      if (text.length === 0) text.push('no lines');
      if (nextBefore !== null) text.push(`older ones: --before ${nextBefore}`);
      return text.join('\n');
    },
  });
}

function settlement({ differences, ...options }: SettlementOptions): Promise<Outcome> {
  const query = new URLSearchParams();
  for (const name of ['from', 'to', 'provider', 'timeZone'] as const) {
    const value = options[name];
    if (value !== undefined) query.set(name, value);
  }
  if (differences === true)
    return callServer(options, {
      path: `/v1/settlement/differences?${query}`,
      answer: SettlementDifferences,
      text: differencesText,
    });
  return callServer(options, {
    path: `/v1/settlement?${query}`,
    answer: SettlementReport,
    text: ({ days }) =>
      days
        .map(
          ({
            provider,
            day,
            currency,
            state,
            expected,
            settled,
            payoutsCents,
            differences: count,
            awaited,
          }) =>
            `${day}  ${provider.padEnd(12)} ${state.padEnd(8)} expected ${money(expected.netCents, currency)}, settled ${money(settled.netCents, currency)} after fees of ${money(settled.feesCents, currency)}, paid out ${money(payoutsCents, currency)}; ${count} differ, ${awaited} awaited`,
        )
        .join('\n') || 'no money on those days',
  });
}

function differencesText({ total, differences }: SettlementDifferences): string {
  const lines = differences.map((one) => {
    const isFee = one.kind === 'fee_differs';
    const here = money(isFee ? one.feeHereCents : one.hereCents, one.currency);
    const there = money(isFee ? one.feeThereCents : one.thereCents, one.currency);
    return `${one.day}  ${one.provider}  ${one.kind.padEnd(14)} ${one.of} ${one.id}  here ${here}, there ${there}  ${one.transactionId ?? ''}`;
  });
  if (total > lines.length) lines.push(`and ${total - lines.length} older ones: ask for fewer days`);
  return lines.join('\n') || 'nothing differs';
}

function money(cents: number | null, currency: string): string {
  return cents === null ? 'nothing' : formatCurrencyPlain(cents, currency);
}
