import type { Command } from 'commander';
import { z } from 'zod';
import {
  RecurrenceKind,
  RecurrenceList,
  RecurrenceStatus,
  type RecurrenceView,
  RecurringRefundRequest,
  ReturnClosed,
  SubscriptionList,
  SubscriptionStatus,
  type SubscriptionView,
} from '../../domain/protocol/recurring.ts';
import { RefundReturned } from '../../domain/protocol/refunds.ts';
import { reportOutcome, type Terminal } from '../output.ts';
import { callServer, moneyText, numberOf } from '../request.ts';
import { type AccessOptions, withAccess } from '../server-access.ts';

interface ListOptions extends AccessOptions {
  readonly kind?: string;
  readonly status?: string;
  readonly agreement?: string;
}

interface SubscriptionsOptions extends AccessOptions {
  readonly status?: string;
}

interface RefundOptions extends AccessOptions {
  readonly receipt: string;
  readonly note: string;
  readonly cents?: string;
  readonly requestId?: string;
}

interface SaidOptions extends AccessOptions {
  readonly by: string;
  readonly note: string;
}

interface CloseOptions extends SaidOptions {
  readonly sentBack?: true;
}

const Accepted = z.object({ refundId: z.string() });
const Retried = z.object({ refundIds: z.array(z.string()) });

/** `recurring list` and `subscriptions`: what came by agreements; `refund`, `retry`, `returned` and `close`: what goes back. */
export function addRecurringCommands(program: Command, terminal: Terminal): void {
  const recurring = program.command('recurring').description('agreements, and what is charged by them');
  reportOutcome<ListOptions>(
    withAccess(recurring.command('list'))
      .description('list them, newest first, with what came and what went back')
      .option('--kind <kind>', RecurrenceKind.options.join(', '))
      .option('--status <status>', RecurrenceStatus.options.join(', '))
      .option('--agreement <id>', 'one agreement, and what is of it'),
    terminal,
    (_args, { kind, status, agreement, ...options }) => {
      const named = { kind, status, agreementId: agreement };
      const given = Object.entries(named).filter((each): each is [string, string] => each[1] !== undefined);
      return callServer(options, {
        path: `/v1/recurring?${new URLSearchParams(given)}`,
        answer: RecurrenceList,
        text: ({ recurrences }) =>
          recurrences.length === 0 ? 'nothing recurring' : recurrences.flatMap(linesOf).join('\n'),
      });
    },
  );
  reportOutcome<SubscriptionsOptions>(
    withAccess(recurring.command('subscriptions'))
      .description('list subscriptions and agreements, newest first, with plan, price and sums')
      .option('--status <status>', SubscriptionStatus.options.join(', ')),
    terminal,
    (_args, { status, ...access }) =>
      callServer(access, {
        path: `/v1/recurring/subscriptions?limit=200${status === undefined ? '' : `&status=${encodeURIComponent(status)}`}`,
        answer: SubscriptionList,
        text: ({ subscriptions, total, loose }) =>
          [
            ...(subscriptions.length === 0 ? ['no subscriptions'] : subscriptions.map(subscriptionLine)),
            ...(total > subscriptions.length ? [`and ${total - subscriptions.length} more`] : []),
            ...(loose > 0 ? [`${loose} charges name no agreement that is known`] : []),
          ].join('\n'),
      }),
  );
  addRefundCommands(recurring, terminal);
}

/** `recurring refund` and what follows it, by the rules of refunds of sales. */
function addRefundCommands(recurring: Command, terminal: Terminal): void {
  reportOutcome<RefundOptions>(
    withAccess(recurring.command('refund'))
      .description('send the money of a payment back, all that is left of it or a part')
      .requiredOption('--receipt <id>', 'the payment, as the list names it')
      .requiredOption('--note <text>', 'why; the payer may read it')
      .option('--cents <n>', 'a part, in cents; without it all that is left')
      .option('--request-id <uuid>', 'the same id again is the same refund; without it a new one'),
    terminal,
    async (_args, { receipt, note, cents, requestId = crypto.randomUUID(), ...access }) => {
      const value = { requestId, receiptId: receipt, amountCents: numberOf(cents) ?? null, note };
      const made = await callServer(access, {
        path: '/v1/recurring/refunds',
        body: { schema: RecurringRefundRequest, value },
        answer: Accepted,
        text: ({ refundId }) => `${refundId} is on its way; "recurring list" tells when it has arrived`,
      });
      return made.ok ? { ...made, data: { ...(made.data as object), requestId } } : made;
    },
  );
  reportOutcome<AccessOptions>(
    withAccess(recurring.command('retry'))
      .description('take up refunds again that were given up')
      .argument('<refundId...>', 'as the list names them'),
    terminal,
    (refundIds, access) =>
      callServer(access, {
        path: '/v1/recurring/refunds/retry',
        body: { schema: Retried, value: { refundIds } },
        answer: Retried,
        text: ({ refundIds: going }) =>
          `${going.length} of ${refundIds.length} go on${going.length === 0 ? '' : `: ${going.join(', ')}`}`,
      }),
  );
  reportOutcome<SaidOptions>(
    withAccess(recurring.command('returned'))
      .description('close a refund that failed: somebody sent the money back by hand')
      .argument('<refundId>', 'as the list names it')
      .requiredOption('--by <name>', 'who says so')
      .requiredOption('--note <text>', 'how the money went back'),
    terminal,
    ([refundId], { by, note, ...access }) =>
      callServer(access, {
        path: '/v1/recurring/refunds/returned',
        body: { schema: RefundReturned, value: { refundId, by, note } },
        answer: Accepted,
        text: (closed) => `closed: the money is written down as gone back under ${closed.refundId}`,
      }),
  );
  reportOutcome<CloseOptions>(
    withAccess(recurring.command('close'))
      .description('note that a refund of the provider’s which did not arrive was looked at')
      .argument('<receiptId>', 'the payment')
      .argument('<returnId>', 'the refund, as the list names it')
      .requiredOption('--by <name>', 'who says so')
      .requiredOption('--note <text>', 'what became of the money')
      .option('--sent-back', 'somebody sent it back by hand: it is posted so; without it nothing is owed'),
    terminal,
    ([receiptId, returnId], { by, note, sentBack, ...access }) =>
      callServer(access, {
        path: '/v1/recurring/returns/close',
        body: { schema: ReturnClosed, value: { receiptId, returnId, by, note, sentBack } },
        answer: z.object({ returnId: z.string() }),
        text: (closed) => `${closed.returnId} is closed`,
      }),
  );
}

function subscriptionLine(one: SubscriptionView): string {
  const { customer, plan, currency, status, provider, isNative } = one;
  const who = customer?.name ?? customer?.document ?? customer?.email ?? '-';
  const price = one.amountCents === null ? 'varies' : moneyText(one.amountCents, currency ?? '');
  const run = isNative ? 'of another system' : provider;
  return (
    `${(one.agreementId ?? one.subscriptionId).padEnd(36)} ${(status ?? '-').padEnd(9)} ${plan ?? '-'}  ${price}  ` +
    `${moneyText(one.receivedCents, currency ?? '')} came, ${moneyText(one.returnedCents, currency ?? '')} went back  ` +
    `${who}  ${run}`
  );
}

function linesOf(view: RecurrenceView): string[] {
  const currency = view.currency ?? '';
  const sums = [
    `${moneyText(view.receivedCents, currency)} came`,
    ...(view.returnedCents > 0 ? [`${moneyText(view.returnedCents, currency)} went back`] : []),
    ...(view.disputedCents > 0 ? [`${moneyText(view.disputedCents, currency)} disputed`] : []),
  ];
  const head = `${view.kind.padEnd(9)} ${view.id.padEnd(36)} ${(view.status ?? '-').padEnd(9)} ${sums.join(', ')}`;
  return [
    head,
    ...view.receipts.map(
      (each) =>
        `  payment ${each.receiptId}  ${moneyText(each.amountCents, each.currency)}  ` +
        (each.noRefund === null
          ? `${moneyText(each.refundableCents, each.currency)} may go back`
          : each.noRefund),
    ),
    ...view.refunds.map((each) => {
      const problem = each.lastError === null ? '' : `  ${each.lastError}`;
      return `  asked back ${each.refundId} ${each.status} ${moneyText(each.amountCents, each.currency)}  ${each.note}${problem}`;
    }),
    ...view.returns.map(
      (each) =>
        `  ${each.kind} ${each.bouncedAt === null ? each.status : 'came back'} ${moneyText(each.amountCents, each.currency)}  ${each.reason}`,
    ),
  ];
}
