import type { Command } from 'commander';
import { z } from 'zod';
import { RecipientRequest, SplitOverview, SplitRuleRequest } from '../../domain/protocol/splits.ts';
import { reportOutcome, type Terminal } from '../output.ts';
import { callServer, moneyText, numberOf, pathPart } from '../request.ts';
import { type AccessOptions, withAccess } from '../server-access.ts';
import { addSplitPayoutCommands } from './split-payouts.ts';

interface RecipientOptions extends AccessOptions {
  readonly kind: string;
  readonly name: string;
  readonly providerId?: readonly string[];
}

interface RuleOptions extends AccessOptions {
  readonly percent?: string;
  readonly cents?: string;
  readonly service?: string;
  readonly currency?: string;
  readonly ruleId?: string;
}

/** `splits list|recipient|add|remove`: who else gets a part of the sales. */
export function addSplitsCommands(program: Command, terminal: Terminal): void {
  const splits = program.command('splits').description('parts of sales that belong to others');
  reportOutcome<AccessOptions>(
    withAccess(splits.command('list')).description('recipients, what is owed to them, and the rules'),
    terminal,
    (_args, options) => callServer(options, { path: '/v1/splits', answer: SplitOverview, text: textOf }),
  );
  reportOutcome<RecipientOptions>(
    withAccess(splits.command('recipient'))
      .description('add somebody who gets a part of sales, or change who it is')
      .argument('<recipient>', 'small letters, digits and dashes, as dr-silva')
      .requiredOption('--name <text>', 'as people know it')
      .option('--kind <kind>', 'platform or partner', 'partner')
      .option('--provider-id <provider=id...>', 'the receiver at a provider that divides money itself'),
    terminal,
    ([recipient], { kind, name, providerId = [], ...options }) =>
      callServer(options, {
        path: '/v1/splits/recipients',
        body: {
          schema: RecipientRequest,
          value: { recipient, kind, name, providerIds: Object.fromEntries(providerId.map(pairOf)) },
        },
        answer: RecipientRequest,
        text: (made) => `${made.recipient} is ${made.name} (${made.kind})`,
      }),
  );
  reportOutcome<RuleOptions>(
    withAccess(splits.command('add'))
      .description('give a recipient a part of each sale that is opened from now on')
      .argument('<recipient>', 'as the list names it')
      .option('--percent <n>', 'of the whole amount, as 2.5')
      .option('--cents <n>', 'a fixed amount on top')
      .option('--service <id>', 'only of this service, whose rules then stand in the place of all others')
      .option('--currency <code>', 'of the sales that it is for (BRL)')
      .option('--rule-id <uuid>', 'the same id again is the same rule; without it a new one'),
    terminal,
    ([recipient], { percent, cents, service, currency, ruleId, ...options }) =>
      callServer(options, {
        path: '/v1/splits/rules',
        body: {
          schema: SplitRuleRequest,
          value: {
            ruleId: ruleId ?? crypto.randomUUID(),
            recipient,
            serviceId: service ?? null,
            percentBp: basisPoints(percent),
            fixedCents: numberOf(cents),
            currency,
          },
        },
        answer: SplitOverview,
        text: textOf,
      }),
  );
  reportOutcome<AccessOptions>(
    withAccess(splits.command('remove'))
      .description('end a rule; sales that are open keep it')
      .argument('<ruleId>', 'as the list names it'),
    terminal,
    ([ruleId], options) =>
      callServer(options, {
        path: `/v1/splits/rules/${pathPart(ruleId)}/remove`,
        body: { schema: z.object({}), value: {} },
        answer: SplitOverview,
        text: textOf,
      }),
  );
  addSplitPayoutCommands(splits, terminal);
}

/** By digits: 2.55 times 100 is not a whole number in floating point. NaN for more than two decimals. */
function basisPoints(percent: string | undefined): number | undefined {
  if (percent === undefined) return undefined;
  const match = /^(\d{1,3})(?:\.(\d{1,2}))?$/.exec(percent);
  return match === null ? Number.NaN : Number(`${match[1]}${(match[2] ?? '').padEnd(2, '0')}`);
}

function pairOf(pair: string): readonly [string, string] {
  const [provider = '', ...id] = pair.split('=');
  return [provider, id.join('=')];
}

function textOf({ recipients, rules }: SplitOverview): string {
  if (recipients.length === 0) return 'all of each sale is the merchant’s';
  return [
    ...recipients.map((each) => {
      const owed = each.payable
        .map(({ amountCents, currency }) => moneyText(amountCents, currency))
        .join(', ');
      return `${each.recipient.padEnd(20)} ${each.kind.padEnd(9)} ${each.name}, owed ${owed === '' ? 'nothing' : owed}`;
    }),
    ...rules.map(
      (rule) =>
        `${rule.ruleId}  ${rule.recipient}: ${rule.percentBp / 100} % and ${moneyText(rule.fixedCents, rule.currency)} ` +
        `of ${rule.serviceName ?? 'every service without rules of its own'}`,
    ),
  ].join('\n');
}
