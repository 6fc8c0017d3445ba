import type { Command } from 'commander';
import {
  SplitPayoutList,
  SplitPayoutRequest,
  SplitPayoutReversal,
  SplitPayoutView,
} from '../../domain/protocol/splits.ts';
import { reportOutcome, type Terminal } from '../output.ts';
import { callServer, moneyText, numberOf, pathPart } from '../request.ts';
import { type AccessOptions, withAccess } from '../server-access.ts';

interface PayOptions extends AccessOptions {
  readonly cents: string;
  readonly currency?: string;
  readonly provider?: string;
  readonly at?: string;
  readonly by: string;
  readonly note?: string;
  readonly payoutId?: string;
}

interface PayoutsOptions extends AccessOptions {
  readonly recipient?: string;
}

interface ReverseOptions extends AccessOptions {
  readonly by: string;
}

/** `splits pay|payouts|reverse`: what those who own a part of sales have been paid. */
export function addSplitPayoutCommands(splits: Command, terminal: Terminal): void {
  reportOutcome<PayOptions>(
    withAccess(splits.command('pay'))
      .description('write down that a recipient has been paid; no money is moved')
      .argument('<recipient>', 'as the list names it')
      .requiredOption('--cents <n>', 'how much, no more than is owed')
      .requiredOption('--by <name>', 'who paid, or says so')
      .option('--currency <code>', 'BRL without it')
      .option('--provider <name>', 'it paid out of what it holds; without it, your own bank account did')
      .option('--at <time>', 'as 2026-03-10T12:00:00-03:00; now without it')
      .option('--note <text>', 'a reference')
      .option('--payout-id <uuid>', 'the same id again is the same payout; without it a new one'),
    terminal,
    ([recipient], { cents, currency, provider, at, by, note, payoutId, ...options }) =>
      callServer(options, {
        path: '/v1/splits/payouts',
        body: {
          schema: SplitPayoutRequest,
          value: {
            payoutId: payoutId ?? crypto.randomUUID(),
            recipient,
            amountCents: numberOf(cents),
            currency,
            provider: provider ?? null,
            paidAt: at === undefined ? Date.now() : Date.parse(at),
            by,
            note,
          },
        },
        answer: SplitPayoutView,
        text: lineOf,
      }),
  );
  reportOutcome<PayoutsOptions>(
    withAccess(splits.command('payouts'))
      .description('what recipients have been paid, the newest first')
      .option('--recipient <name>', 'only this one'),
    terminal,
    (_args, { recipient, ...options }) =>
      callServer(options, {
        path: `/v1/splits/payouts${recipient === undefined ? '' : `?recipient=${pathPart(recipient)}`}`,
        answer: SplitPayoutList,
        text: ({ payouts }) => payouts.map(lineOf).join('\n') || 'nobody has been paid',
      }),
  );
  reportOutcome<ReverseOptions>(
    withAccess(splits.command('reverse'))
      .description('take a payout back: it was a mistake, or the money came back')
      .argument('<payoutId>', 'as the list names it')
      .requiredOption('--by <name>', 'who says so'),
    terminal,
    ([payoutId], { by, ...options }) =>
      callServer(options, {
        path: `/v1/splits/payouts/${pathPart(payoutId)}/reverse`,
        body: { schema: SplitPayoutReversal, value: { by } },
        answer: SplitPayoutView,
        text: lineOf,
      }),
  );
}

function lineOf(payout: SplitPayoutView): string {
  const from = payout.provider === null ? 'own account' : payout.provider;
  const reversed = payout.reversedBy === null ? '' : `, taken back by ${payout.reversedBy}`;
  return `${payout.payoutId}  ${new Date(payout.paidAt).toISOString()}  ${payout.recipient}  ${moneyText(payout.amountCents, payout.currency)} from ${from} by ${payout.by}${reversed}`;
}
