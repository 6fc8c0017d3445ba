import type { Command } from 'commander';
import { type LearntView, TransactionView } from '../../domain/protocol/transactions.ts';
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
    ...section('learnt', learntLines(view.learnt, money)),
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
          `${receipt.receiptId}  ${moneyText(receipt.amountCents, receipt.currency)}  ${receipt.disposition}  ${receipt.provider}  ` +
          timeText(receipt.paidAt),
      ),
    ),
    ...section(
      'refunds',
      view.refunds.map((refund) =>
        (
          `${refund.refundId}  ${moneyText(refund.amountCents, refund.currency)}  ${refund.status}  ${refund.reason}  ` +
          (refund.returned === null
            ? (refund.lastError ?? '')
            : `returned by hand, says ${refund.returned.by}: ${refund.returned.note}`)
        ).trimEnd(),
      ),
    ),
    ...section(
      'disputes',
      view.disputes.map(
        (dispute) =>
          `${dispute.disputeId}  ${moneyText(dispute.amountCents, dispute.currency)}  ${dispute.kind} ${dispute.status}  ${dispute.reason}`,
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

/** What nobody has told is left out. */
function learntLines(learnt: LearntView, money: (amountCents: number) => string): readonly string[] {
  const { card, subscription } = learnt;
  const paidBy = [
    learnt.paymentMethod,
    learnt.installments !== null && learnt.installments > 1 ? `${learnt.installments} instalments` : null,
    card === null
      ? null
      : [card.brand, card.last4 === null ? null : `**** ${card.last4}`, expiry(card)].join(' ').trim(),
  ];
  const ids = [
    learnt.routedProvider === null ? null : `routed to ${learnt.routedProvider}`,
    learnt.providerOrderId === null ? null : `order ${learnt.providerOrderId}`,
    learnt.providerPaymentId === null ? null : `payment ${learnt.providerPaymentId}`,
  ];
  const times = [
    learnt.capturedAt === null ? null : `captured ${timeText(learnt.capturedAt)}`,
    learnt.refundedAt === null ? null : `${money(learnt.refundedCents)} back ${timeText(learnt.refundedAt)}`,
    learnt.disputedAt === null ? null : `disputed ${timeText(learnt.disputedAt)}`,
  ];
  const customer = [
    learnt.customerId === null ? null : `customer ${learnt.customerId}`,
    learnt.providerCustomerId === null ? null : `there ${learnt.providerCustomerId}`,
    subscription === null
      ? null
      : `subscription ${subscription.providerSubscriptionId ?? subscription.subscriptionId}`,
    subscription?.periodStartsOn == null
      ? null
      : `${subscription.periodStartsOn} to ${subscription.periodEndsOn}`,
  ];
  const session = [
    learnt.sessionStatus === null ? null : `session ${learnt.sessionStatus}`,
    learnt.sessionChannel,
  ];
  return [paidBy, ids, times, customer, session]
    .map((line) => line.filter((part) => part !== null).join(', '))
    .filter((line) => line !== '');
}

function expiry({ expMonth, expYear }: NonNullable<LearntView['card']>): string {
  return expMonth === null || expYear === null ? '' : `${String(expMonth).padStart(2, '0')}/${expYear}`;
}
