import {
  type AuditCheck,
  type AuditCheckName,
  type AuditReport,
  type AuditVerdict,
  VERDICTS,
} from './protocol/audit.ts';

type Threshold = Pick<AuditCheck, 'unit' | 'worse' | 'warnAt' | 'criticalAt'>;
export type AuditFigures = Omit<AuditReport, 'summary'>;

const HOUR_MS = 3_600_000;

/** From where on a figure is worth a look, and from where on somebody has to act. Exactly at the limit is still well. */
export const THRESHOLDS: Readonly<Record<AuditCheckName, Threshold>> = {
  canonical_status: { unit: 'percent', worse: 'below', warnAt: 100, criticalAt: 99 },
  canonical_provider: { unit: 'percent', worse: 'below', warnAt: 100, criticalAt: 99 },
  // A walk-in customer need not say who they are.
  customers_known: { unit: 'percent', worse: 'below', warnAt: 50, criticalAt: 0 },
  paid_without_ticket: { unit: 'hours', worse: 'above', warnAt: 0.25, criticalAt: 24 },
  tickets_without_payment: { unit: 'count', worse: 'above', warnAt: 0, criticalAt: 0 },
  success_rate: { unit: 'percent', worse: 'below', warnAt: 70, criticalAt: 40 },
  unwanted_money_waiting: { unit: 'hours', worse: 'above', warnAt: 24, criticalAt: 72 },
  refunds_failed: { unit: 'count', worse: 'above', warnAt: 0, criticalAt: 10 },
  suspense_age: { unit: 'days', worse: 'above', warnAt: 7, criticalAt: 30 },
  dead_letters: { unit: 'count', worse: 'above', warnAt: 0, criticalAt: 100 },
  units_without_merchant: { unit: 'count', worse: 'above', warnAt: 0, criticalAt: 10 },
  ledger_whole: { unit: 'count', worse: 'above', warnAt: 0, criticalAt: 0 },
};

/** What of each check is measured; null where there is nothing to measure. */
const MEASURES: Readonly<Record<AuditCheckName, (figures: AuditFigures) => number | null>> = {
  canonical_status: ({ fillRates }) => fillRates.overall.status.percent,
  canonical_provider: ({ fillRates }) => fillRates.overall.provider.percent,
  customers_known: ({ fillRates }) => fillRates.last7Days.customer.percent,
  paid_without_ticket: ({ at, paidWithoutTicket }) => ageHours(at, paidWithoutTicket.oldestAt),
  tickets_without_payment: ({ ticketsWithoutPayment }) => ticketsWithoutPayment.count,
  // Of the week alone: years of an old system would hide that nobody can pay today.
  success_rate: ({ providers }) => {
    const ended = providers.reduce((sum, { succeededLast7Days }) => sum + succeededLast7Days.of, 0);
    const succeeded = providers.reduce((sum, { succeededLast7Days }) => sum + succeededLast7Days.have, 0);
    return ended === 0 ? null : (100 * succeeded) / ended;
  },
  unwanted_money_waiting: ({ at, unwantedMoney }) => {
    const ages = unwantedMoney.map(({ waiting }) => ageHours(at, waiting.oldestAt) ?? 0);
    return ages.length === 0 ? null : Math.max(...ages);
  },
  refunds_failed: ({ refunds }) =>
    refunds.reduce((sum, { status, money }) => sum + (status === 'failed' ? money.count : 0), 0),
  suspense_age: ({ at, suspense }) => {
    const hours = ageHours(at, suspense.open.oldestAt);
    return hours === null ? null : hours / 24;
  },
  dead_letters: ({ deadLetters }) => deadLetters.reduce((sum, { count }) => sum + count, 0),
  units_without_merchant: ({ unitsWithoutMerchant }) => unitsWithoutMerchant.length,
  ledger_whole: ({ ledger }) => ledger.findings,
};

function ageHours(atMs: number, sinceMs: number | null): number | null {
  return sinceMs === null ? null : Math.max(0, atMs - sinceMs) / HOUR_MS;
}

/** The executive summary: each check against its thresholds, the worst first, and the worst of them as a whole. */
export function summarise(figures: AuditFigures): AuditReport['summary'] {
  const checks = Object.entries(THRESHOLDS).map(([name, threshold]): AuditCheck => {
    const check = name as AuditCheckName;
    const measured = MEASURES[check](figures);
    const value = measured === null ? null : Math.round(measured * 100) / 100;
    return { check, ...threshold, value, verdict: verdictOf(value, threshold) };
  });
  const rank = ({ verdict }: { readonly verdict: AuditVerdict }): number => VERDICTS.indexOf(verdict);
  checks.sort((a, b) => rank(b) - rank(a));
  return { verdict: checks[0]?.verdict ?? 'ok', checks };
}

function verdictOf(value: number | null, { worse, warnAt, criticalAt }: Threshold): AuditVerdict {
  if (value === null) return 'ok';
  const isPast = (limit: number): boolean => (worse === 'above' ? value > limit : value < limit);
  if (isPast(criticalAt)) return 'critical';
  return isPast(warnAt) ? 'warning' : 'ok';
}
