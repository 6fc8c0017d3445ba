import { CanonicalStatus } from '../../../domain/payment-status.ts';
import { INTERNATIONAL_FACTORIES, NATIONAL_FACTORIES, type ProviderName } from '../../providers/registry.ts';
import { CHARGE_COVERAGE, CHARGE_EXCEPTIONS, PROVIDER_LETTERS } from './charge-coverage.ts';
import { EVENT_COVERAGE } from './event-coverage.ts';
import { ANSWER_EVENTS, OWN_REFUND_EVENTS } from './events.ts';
import { ALWAYS_FILLED, PROVIDER_WRITES } from './provider-writes.ts';
import {
  RECURRENCE_COVERAGE,
  RECURRENCE_READERS,
  RECURRENCE_WRITES,
  RECURRING_MONEY,
  RECURRING_RETURNS,
} from './recurrence-coverage.ts';
import { WRITES } from './writes.ts';

const PROVIDERS: readonly ProviderName[] = [...NATIONAL_FACTORIES, ...INTERNATIONAL_FACTORIES].map(
  ({ name }) => name,
);

/** docs/coverage.md, made of the matrix that coverage.test.ts proves. */
export function coveragePage(): string {
  return `${[
    '# What each event writes, in each state, of each provider',
    '',
    'Made by `node scripts/coverage-page.ts` of `sync-server/unified/coverage/`; `npm run check` fails where this page is',
    'older than the matrix. `coverage.test.ts` drives every case on a real PostgreSQL, through the provider’s own adapter,',
    'and compares each row and each entry that changed. What the tables hold: [unified.md](unified.md).',
    '',
    '## Payments',
    'A line is an event: what an answer tells beside all that was told before. It is the same whoever asked for the answer:',
    `a webhook, the poll, a sweep, a cancellation. Who can say it: ${PROVIDERS.map((name) => `\`${PROVIDER_LETTERS[name]}\` ${name}`).join(', ')}.`,
    'Left out are the workers’ plans, and what an answer says of the provider alone (below).',
    ...CanonicalStatus.options.flatMap(stateTable),
    '',
    '### Where one provider differs',
    ...table(['provider', 'state', 'event', 'becomes', 'writes'], exceptionRows()),
    '',
    '### The parts',
    ...table(
      ['part', 'rows (`+` comes, `~` changes)', 'ledger (debit > credit)'],
      Object.entries(WRITES).map(([part, { rows, postings }]) => [part, listed(rows), listed(postings)]),
    ),
    '',
    '### What each provider’s answer adds',
    `Of \`payment_transactions\`, once an answer tells of money: ${ALWAYS_FILLED.map((name) => `\`${name}\``).join(', ')}.`,
    '',
    ...table(
      ['provider', 'columns besides', 'rows'],
      PROVIDERS.map((name) => [
        name,
        listed(PROVIDER_WRITES[name].columns),
        listed(PROVIDER_WRITES[name].rows),
      ]),
    ),
    '',
    '## Agreements, requests and recurring charges',
    ...table(
      ['known \\ told', ...Object.keys(RECURRENCE_COVERAGE.named)],
      Object.entries(RECURRENCE_COVERAGE).map(([state, told]) => [state, ...Object.values(told).map(String)]),
    ),
    '',
    ...table(
      ['kind', 'named first', 'each step'],
      Object.entries(RECURRENCE_WRITES).map(([kind, { first, step }]) => [kind, listed(first), listed(step)]),
    ),
    '',
    `Money: ${listed(RECURRING_MONEY.rows)}, ${listed(RECURRING_MONEY.postings)}. Who can be asked: ${PROVIDERS.map((name) => `${name}: ${RECURRENCE_READERS[name].join(', ') || 'nothing'}`).join('; ')}.`,
    '',
    ...table(
      ['known', 'told', 'rows', 'ledger'],
      Object.entries(RECURRING_RETURNS).flatMap(([known, cases]) =>
        Object.entries<readonly [readonly string[], readonly string[]]>(cases).map(
          ([told, [rows, postings]]) => [known, told, listed(rows), listed(postings)],
        ),
      ),
    ),
    '',
    '## Webhooks',
    'What an event names is read back; what it says of money is not used.',
    '',
    ...table(
      ['provider', 'event', 'names'],
      PROVIDERS.flatMap((name) =>
        Object.entries(EVENT_COVERAGE[name]).map(([kind, named]) => [name, `\`${kind}\``, named.join(', ')]),
      ),
    ),
  ].join('\n')}\n`;
}

function stateTable(state: CanonicalStatus): string[] {
  const rows = [...ANSWER_EVENTS, ...OWN_REFUND_EVENTS].flatMap((event) => {
    const found: readonly [string, string, ...string[]] | null = CHARGE_COVERAGE[state][event];
    if (found === null) return [];
    const [to, by, ...parts] = found;
    return [[event, `\`${by}\``, to === state ? '' : to, parts.join(', ') || 'nothing']];
  });
  return ['', `### ${state}`, ...table(['event', 'by', 'becomes', 'writes'], rows)];
}

function exceptionRows(): string[][] {
  return PROVIDERS.flatMap((name) =>
    Object.entries(CHARGE_EXCEPTIONS[name]).flatMap(([state, events]) =>
      Object.entries<readonly [string, ...string[]]>(events).map(([event, [to, ...parts]]) => [
        name,
        state,
        event,
        to === state ? '' : to,
        parts.join(', ') || 'nothing',
      ]),
    ),
  );
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)];
}

function listed(items: readonly string[]): string {
  return items.map((item) => `\`${item}\``).join('<br>') || '–';
}
