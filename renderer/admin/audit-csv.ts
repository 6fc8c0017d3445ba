import type { AuditMoney, AuditReport, Share } from '../../domain/protocol/audit.ts';
import { text } from '../i18n/text.ts';
import { type Cell, csvAmount, csvOf } from './csv.ts';

/** The whole report, one figure a line: section, subject, what of it, currency, figure. */
export function auditCsv(report: AuditReport): string {
  const words = text.admin.audit;
  const rows: Cell[][] = [words.csvHead.slice()];
  const add = (
    section: string,
    subject: string,
    figure: string,
    value: Cell,
    currency: Cell = null,
  ): void => {
    rows.push([section, subject, figure, currency, value]);
  };
  const share = (section: string, subject: string, { of, have, percent }: Share): void => {
    add(section, subject, words.csvOf, of);
    add(section, subject, words.csvHave, have);
    add(section, subject, '%', percent);
  };
  const money = (section: string, subject: string, { count, cents, oldestAt }: AuditMoney): void => {
    add(section, subject, words.count, count);
    for (const sum of cents) add(section, subject, words.amount, csvAmount(sum.cents), sum.currency);
    add(section, subject, words.csvOldestAt, oldestAt === null ? null : new Date(oldestAt).toISOString());
  };

  add(words.title, '', words.csvAt, new Date(report.at).toISOString());
  for (const { check, verdict, value, unit } of report.summary.checks)
    add(words.checksTitle, words.checks[check], `${words.verdict[verdict]} (${unit})`, value);
  for (const period of ['overall', 'last7Days'] as const) {
    const { transactions, ...filled } = report.fillRates[period];
    add(words.fillTitle, words[period], words.transactions, transactions);
    for (const field of ['status', 'provider', 'customer', 'customerProvider'] as const)
      share(words.fillTitle, `${words[period]}: ${words.fill[field]}`, filled[field]);
  }
  for (const { provider, transactions, without } of report.withoutCustomer)
    share(words.withoutCustomerTitle, provider, {
      of: transactions,
      have: without,
      percent: transactions === 0 ? null : Math.round((1e4 * without) / transactions) / 100,
    });
  share(words.sessionsTitle, words.checkout, report.sessions.checkout);
  share(words.sessionsTitle, words.totem, report.sessions.totem);
  for (const { provider, used, saved, customers } of report.savedMethods) {
    add(words.methodsTitle, provider, words.used, used);
    add(words.methodsTitle, provider, words.saved, saved);
    add(words.methodsTitle, provider, words.customers, customers);
  }
  for (const one of report.providers) {
    add(words.providersTitle, one.provider, words.transactions, one.transactions);
    share(words.providersTitle, `${one.provider}: ${words.succeeded}`, one.succeeded);
    share(
      words.providersTitle,
      `${one.provider}: ${words.succeeded}, ${words.last7Days}`,
      one.succeededLast7Days,
    );
    for (const { cents, currency } of one.volume)
      add(words.providersTitle, one.provider, words.volume, csvAmount(cents), currency);
    add(words.providersTitle, one.provider, `${words.webhook} ms p50`, one.webhookP50Ms);
    add(words.providersTitle, one.provider, `${words.webhook} ms p95`, one.webhookP95Ms);
    add(words.providersTitle, one.provider, words.withoutWebhook, one.withoutWebhook);
    add(words.providersTitle, one.provider, `${words.readBack} ms p50`, one.readBackP50Ms);
    add(words.providersTitle, one.provider, `${words.readBack} ms p95`, one.readBackP95Ms);
  }
  money(words.paidWithoutTicket, '', report.paidWithoutTicket);
  for (const { transactionId, amountCents, currency } of report.paidWithoutTicket.listed)
    add(words.paidWithoutTicket, transactionId, words.amount, csvAmount(amountCents), currency);
  add(words.ticketsWithoutPayment, '', words.count, report.ticketsWithoutPayment.count);
  for (const { ticketId, label } of report.ticketsWithoutPayment.listed)
    add(words.ticketsWithoutPayment, ticketId, words.ticket, label);
  for (const { disposition, all, waiting } of report.unwantedMoney) {
    money(words.moneyTitle, `${words.unwanted[disposition]} (${words.overall})`, all);
    money(words.moneyTitle, words.unwanted[disposition], waiting);
  }
  for (const one of report.refunds) money(words.csvRefunds, `${one.status} ${one.reason}`, one.money);
  for (const one of report.disputes) money(words.csvDisputes, `${one.status} ${one.kind}`, one.money);
  money(words.suspenseTitle, words.overall, report.suspense.open);
  for (const { age, money: held } of report.suspense.ages) money(words.suspenseTitle, words.ages[age], held);
  for (const { owner, money: held } of report.suspense.owners)
    money(words.suspenseTitle, owner ?? words.nobody, held);
  for (const { provider, count } of report.deadLetters) add(words.deadTitle, provider, words.count, count);
  for (const { name, transactions } of report.unitsWithoutMerchant)
    add(words.unitsTitle, name, words.transactions, transactions);
  for (const { kind, state, rows: count } of report.adopted)
    add(words.adoptedTitle, `${kind} ${state}`, words.count, count);
  add(words.csvLedger, '', words.csvEntries, report.ledger.entries);
  add(words.csvLedger, '', words.checks.ledger_whole, report.ledger.findings);
  return csvOf(rows);
}
