import type { Command } from 'commander';
import { z } from 'zod';
import { RefundList, RefundRequest, RefundReturned, type RefundView } from '../../domain/protocol/refunds.ts';
import { askAsManager } from '../../scripts/manager-api.ts';
import { type Outcome, reportOutcome, type Terminal } from '../output.ts';
import { callServer } from '../request.ts';
import { type AccessOptions, accessOf, withAccess } from '../server-access.ts';

interface CreateOptions extends AccessOptions {
  readonly transaction: string;
  readonly cents?: string;
  readonly note: string;
  readonly requestId?: string;
}

interface ListOptions extends AccessOptions {
  readonly status?: string;
}

interface ReturnedOptions extends AccessOptions {
  readonly nothingOwed?: true;
  readonly by: string;
  readonly note: string;
}

/** `refunds list`, `refunds create`, `refunds retry` and `refunds returned`: money that goes back to its payer. */
export function addRefundsCommands(program: Command, terminal: Terminal): void {
  const refunds = program.command('refunds').description('money that goes back to its payer');
  reportOutcome<ListOptions>(
    withAccess(refunds.command('list'))
      .description('list them, newest first')
      .option('--status <status>', 'requested, processing, settled or failed'),
    terminal,
    (_args, options) => list(options),
  );
  reportOutcome<CreateOptions>(
    withAccess(refunds.command('create'))
      .description('send money of a paid session back, all that is left of it or a part')
      .requiredOption('--transaction <id>', 'the payment')
      .requiredOption('--note <text>', 'why; the payer reads it at the bank')
      .option('--cents <n>', 'a part, in cents; without it all that is left')
      .option('--request-id <uuid>', 'the same id again is the same refund; without it a new one'),
    terminal,
    (_args, options) => create(options),
  );
  reportOutcome<AccessOptions>(
    withAccess(refunds.command('retry'))
      .description('take up refunds again that were given up')
      .argument('<refundId...>', 'as the list names them'),
    terminal,
    (refundIds, options) => retry(options, refundIds),
  );
  reportOutcome<ReturnedOptions>(
    withAccess(refunds.command('returned'))
      .description('close a refund that failed: somebody sent the money back by hand')
      .argument('<refundId>', 'as the list names it')
      .requiredOption('--by <name>', 'who says so')
      .requiredOption('--note <text>', 'how the money went back')
      .option(
        '--nothing-owed',
        'of a refund by the provider that failed: nobody is owed anything, and nothing is posted',
      ),
    terminal,
    ([refundId], { by, note, nothingOwed, ...options }) =>
      callServer(options, {
        path: '/v1/refunds/returned',
        body: { schema: RefundReturned, value: { refundId, by, note, nothingOwed } },
        answer: z.object({ refundId: z.string() }),
        text: (closed) =>
          nothingOwed === true
            ? `closed: nothing is owed by ${closed.refundId}`
            : `closed: the money is written down as gone back under ${closed.refundId}`,
      }),
  );
}

async function list(options: ListOptions): Promise<Outcome> {
  const access = accessOf(options);
  if (!access.ok) return access;
  const query = options.status === undefined ? '' : `?status=${encodeURIComponent(options.status)}`;
  const found = await askAsManager(access.value, RefundList, 'GET', `/v1/refunds${query}`);
  if (!found.ok) return found;
  const { refunds, total } = found.value;
  const more = total > refunds.length ? [`and ${total - refunds.length} more`] : [];
  const text = refunds.length === 0 ? 'no refunds' : [...refunds.map(lineOf), ...more].join('\n');
  return { ok: true, data: found.value, text };
}

function lineOf(refund: RefundView): string {
  const problem =
    refund.bouncedAt !== null && refund.returned === null
      ? '  it came back to the provider after it had arrived'
      : refund.returned === null
        ? refund.lastError === null
          ? ''
          : `  ${refund.lastError}`
        : `  returned by hand, says ${refund.returned.by}: ${refund.returned.note}`;
  const amount = `${(refund.amountCents / 100).toFixed(2)} ${refund.currency}`;
  return `${refund.refundId.padEnd(36)} ${refund.status.padEnd(10)} ${amount.padStart(14)}  ${refund.reason}${problem}`;
}

async function create(options: CreateOptions): Promise<Outcome> {
  const access = accessOf(options);
  if (!access.ok) return access;
  const request = RefundRequest.safeParse({
    requestId: options.requestId ?? crypto.randomUUID(),
    transactionId: options.transaction,
    amountCents: options.cents === undefined ? null : Number(options.cents),
    note: options.note,
  });
  if (!request.success)
    return {
      ok: false,
      code: 'invalid_request',
      message: z.prettifyError(request.error).replaceAll('\n', ' '),
    };
  const Accepted = z.object({ refundId: z.string() });
  const made = await askAsManager(access.value, Accepted, 'POST', '/v1/refunds', request.data);
  if (!made.ok) return made;
  return {
    ok: true,
    data: { ...made.value, requestId: request.data.requestId },
    text: `${made.value.refundId} is on its way; "refunds list" tells when it has arrived`,
  };
}

async function retry(options: AccessOptions, refundIds: readonly string[]): Promise<Outcome> {
  const access = accessOf(options);
  if (!access.ok) return access;
  const Retried = z.object({ refundIds: z.array(z.string()) });
  const retried = await askAsManager(access.value, Retried, 'POST', '/v1/refunds/retry', { refundIds });
  if (!retried.ok) return retried;
  const going = retried.value.refundIds;
  return {
    ok: true,
    data: retried.value,
    text: `${going.length} of ${refundIds.length} go on${going.length === 0 ? '' : `: ${going.join(', ')}`}`,
  };
}
