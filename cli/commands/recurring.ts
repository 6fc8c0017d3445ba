import type { Command } from 'commander';
import {
  RecurrenceKind,
  RecurrenceList,
  RecurrenceStatus,
  type RecurrenceView,
} from '../../domain/protocol/recurring.ts';
import { reportOutcome, type Terminal } from '../output.ts';
import { callServer, moneyText } from '../request.ts';
import { type AccessOptions, withAccess } from '../server-access.ts';

interface ListOptions extends AccessOptions {
  readonly kind?: string;
  readonly status?: string;
  readonly agreement?: string;
}

/** `recurring list`: agreements, what is charged by them, what came, and what went back. */
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
    ...view.returns.map(
      (each) => `  ${each.kind} ${each.status} ${moneyText(each.amountCents, each.currency)}  ${each.reason}`,
    ),
  ];
}
