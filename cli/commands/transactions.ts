import type { Command } from 'commander';
import { TransactionView } from '../../domain/protocol/transactions.ts';
import { reportOutcome, type Terminal } from '../output.ts';
import { callServer, moneyText, pathPart, timeText } from '../request.ts';
import { type AccessOptions, withAccess } from '../server-access.ts';

/** `transactions show`: one payment, with everything that happened to it. */
export function addTransactionsCommands(program: Command, terminal: Terminal): void {
  const transactions = program.command('transactions').description('payments, one by one');
  reportOutcome<AccessOptions>(
    withAccess(transactions.command('show'))
      .description('attempts, statuses, receipts, refunds, disputes and parts of one payment')
      .argument('<id>', 'of the transaction, of its session, or its txid'),
    terminal,
    ([id], options) =>
      callServer(options, {
        path: `/v1/transactions/${pathPart(id)}`,
        answer: TransactionView,
        text: textOf,
      }),
  );
}

function textOf(view: TransactionView): string {
  const money = (amountCents: number): string => moneyText(amountCents, view.currency);
  const section = (title: string, lines: readonly string[]): string[] =>
    lines.length === 0 ? [] : [`${title}:`, ...lines.map((line) => `  ${line}`)];
  return [
    `${view.transactionId}  ${view.status}  ${money(view.amountCents)}  ${view.serviceName}`,
    `session ${view.sessionId}, txid ${view.txid}, ${view.kioskId}, ticket ${view.ticketLabel ?? '-'}`,
    `made ${timeText(view.createdAt)}, paid ${timeText(view.paidAt)}${view.late ? ' (late)' : ''}`,
    ...section(
      'attempts',
      view.attempts.map(
        (each) =>
          `${each.attempt}  ${each.provider.padEnd(14)} ${(each.outcome ?? 'nobody knows').padEnd(12)} ` +
          `${timeText(each.startedAt)}  ${each.detail ?? ''}`.trimEnd(),
      ),
    ),
    ...section(
      'statuses',
      view.transitions.map(
        (step) => `${timeText(step.at)}  ${step.from ?? '-'} -> ${step.to}  (${step.cause})`,
      ),
    ),
    ...section(
      'receipts',
      view.receipts.map(
        (receipt) =>
          `${receipt.receiptId}  ${money(receipt.amountCents)}  ${receipt.disposition}  ${receipt.provider}  ` +
          timeText(receipt.paidAt),
      ),
    ),
    ...section(
      'refunds',
      view.refunds.map((refund) =>
        `${refund.refundId}  ${money(refund.amountCents)}  ${refund.status}  ${refund.reason}  ${refund.lastError ?? ''}`.trimEnd(),
      ),
    ),
    ...section(
      'disputes',
      view.disputes.map(
        (dispute) =>
          `${dispute.disputeId}  ${money(dispute.amountCents)}  ${dispute.kind} ${dispute.status}  ${dispute.reason}`,
      ),
    ),
    ...section(
      'parts of others',
      view.splits.map(
        (part) =>
          `${part.recipient.padEnd(20)} ${money(part.amountCents)}` +
          (part.returnedCents === 0 ? '' : `, of which ${money(part.returnedCents)} went back`),
      ),
    ),
  ].join('\n');
}
