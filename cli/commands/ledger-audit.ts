import type { Command } from 'commander';
import { formatCurrencyPlain } from '../../domain/money.ts';
import { type AuditCheck, type AuditMoney, AuditReport, type Share } from '../../domain/protocol/audit.ts';
import { reportOutcome, type Terminal } from '../output.ts';
import { callServer } from '../request.ts';
import { type AccessOptions, withAccess } from '../server-access.ts';

/** It reads the ledger of years whole. */
const TIMEOUT_MS = 15 * 60_000;
const MARKS = { ok: 'ok      ', warning: 'WARNING ', critical: 'CRITICAL' } as const;

/** `ledger audit`: what finance and support look at first. */
export function addLedgerAuditCommand(ledger: Command, terminal: Terminal): void {
  reportOutcome<AccessOptions>(
    withAccess(ledger.command('audit')).description(
      'fill rates, providers, money without tickets, what waits, and what to do first',
    ),
    terminal,
    (_args, options) =>
      callServer(options, {
        path: '/v1/ledger/audit',
        answer: AuditReport,
        text: auditText,
        timeoutMs: TIMEOUT_MS,
      }),
  );
}

/** The report for a terminal: a title and its lines for each section, also for those with nothing in them. */
export function auditText(report: AuditReport): string {
  const { at, summary, fillRates, sessions, suspense, ledger } = report;
  const since = (then: number | null): string => (then === null ? '' : `, oldest ${age(at - then)}`);
  const money = ({ count, cents, oldestAt }: AuditMoney): string =>
    `${count}${cents.map((sum) => `, ${formatCurrencyPlain(sum.cents, sum.currency)}`).join('')}${since(oldestAt)}`;
  const rates = (name: string, of: typeof fillRates.overall): string =>
    `${name.padEnd(12)} ${of.transactions} transactions: customer ${share(of.customer)}, link to provider ${share(of.customerProvider)}, provider ${share(of.provider)}, status ${share(of.status)}`;
  const sections: readonly (readonly [title: string, lines: readonly string[]])[] = [
    [
      `Summary: ${fillRates.overall.transactions === 0 ? 'no sales yet' : summary.verdict}`,
      summary.checks.map(checkLine),
    ],
    ['Fill rates', [rates('overall', fillRates.overall), rates('last 7 days', fillRates.last7Days)]],
    [
      'Transactions without customer',
      report.withoutCustomer.map((one) => `${one.provider}: ${one.without} of ${one.transactions}`),
    ],
    [
      'Sessions linked to transactions',
      [`checkout ${share(sessions.checkout)}`, `totem ${share(sessions.totem)}`],
    ],
    [
      'Saved payment methods',
      report.savedMethods.map(
        (one) => `${one.provider}: ${one.saved} saved, ${one.used} used, of ${one.customers} customers`,
      ),
    ],
    [
      'Providers',
      report.providers.map(
        (one) =>
          `${one.provider}: ${one.transactions} transactions, succeeded ${share(one.succeeded)}, in the last 7 days ${share(one.succeededLast7Days)}, ${one.volume.map(({ cents, currency }) => formatCurrencyPlain(cents, currency)).join(' + ') || 'nothing'}; webhook p50 ${ms(one.webhookP50Ms)} p95 ${ms(one.webhookP95Ms)}, none for ${one.withoutWebhook}; read back p50 ${ms(one.readBackP50Ms)} p95 ${ms(one.readBackP95Ms)}`,
      ),
    ],
    [
      'Paid without ticket',
      [
        money(report.paidWithoutTicket),
        ...report.paidWithoutTicket.listed.map(
          ({ transactionId, unit, amountCents, currency, paidAt }) =>
            `  ${transactionId}  ${unit}  ${formatCurrencyPlain(amountCents, currency)}  ${new Date(paidAt).toISOString()}`,
        ),
      ],
    ],
    [
      'Tickets without payment',
      [
        String(report.ticketsWithoutPayment.count),
        ...report.ticketsWithoutPayment.listed.map(
          ({ ticketId, label, unit, issuedAt }) =>
            `  ${label}  ${ticketId}  ${unit}  ${new Date(issuedAt).toISOString()}`,
        ),
      ],
    ],
    [
      'Late, surplus and wrong money',
      report.unwantedMoney.map(
        ({ disposition, all, waiting }) =>
          `${disposition}: ${money({ ...all, oldestAt: null })}; still here ${money(waiting)}`,
      ),
    ],
    ['Refunds', report.refunds.map((one) => `${one.status} (${one.reason}): ${money(one.money)}`)],
    ['Disputes', report.disputes.map((one) => `${one.status} (${one.kind}): ${money(one.money)}`)],
    [
      'Suspense',
      [
        `open ${money(suspense.open)}`,
        ...suspense.ages.map((one) => `  ${one.age}: ${money(one.money)}`),
        ...suspense.owners.map((one) => `  ${one.owner ?? 'nobody'}: ${money(one.money)}`),
      ],
    ],
    [
      'Dead letters',
      report.deadLetters.map(({ provider, count, oldestAt }) => `${provider}: ${count}${since(oldestAt)}`),
    ],
    [
      'Units that sell without a merchant who can be paid',
      report.unitsWithoutMerchant.map(({ name, transactions }) => `${name}: ${transactions} transactions`),
    ],
    ['Adopted rows', report.adopted.map(({ kind, state, rows }) => `${kind} ${state}: ${rows}`)],
    ['Ledger', [`${ledger.entries} entries, ${ledger.findings} breaches; ledger verify names them`]],
  ];
  return sections
    .map(([title, lines]) =>
      [title, ...(lines.length === 0 ? ['none'] : lines).map((line) => `  ${line}`)].join('\n'),
    )
    .join('\n\n');
}

function checkLine({ check, verdict, value, unit, worse, warnAt, criticalAt }: AuditCheck): string {
  const measured = value === null ? 'nothing to measure' : `${value} ${unit}`;
  return `${MARKS[verdict]}  ${check.padEnd(24)} ${measured} (warns ${worse} ${warnAt}, critical ${worse} ${criticalAt})`;
}

function share({ of, have, percent }: Share): string {
  return percent === null ? 'of none' : `${percent} % (${have} of ${of})`;
}

function ms(latencyMs: number | null): string {
  return latencyMs === null ? '–' : `${latencyMs} ms`;
}

function age(durationMs: number): string {
  const hours = Math.max(0, durationMs) / 3_600_000;
  return hours < 48 ? `${hours.toFixed(1)} h` : `${(hours / 24).toFixed(0)} days`;
}
