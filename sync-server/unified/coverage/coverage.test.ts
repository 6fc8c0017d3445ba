import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CanonicalStatus } from '../../../domain/payment-status.ts';
import { INTERNATIONAL_FACTORIES, NATIONAL_FACTORIES, type ProviderName } from '../../providers/registry.ts';
import {
  type CoverageHouse,
  type Observed,
  type Step,
  startCoverageHouse,
} from '../testing/coverage-house.ts';
import { READ_EVENT } from '../testing/provider-events.ts';
import type { RowChange } from '../testing/row-diff.ts';
import { CHARGE_COVERAGE, CHARGE_EXCEPTIONS, PROVIDER_LETTERS } from './charge-coverage.ts';
import { EVENT_COVERAGE } from './event-coverage.ts';
import { ANSWER_EVENTS, DISPOSITION_CASES, OWN_REFUND_EVENTS } from './events.ts';
import { ALWAYS_FILLED, PROVIDER_WRITES } from './provider-writes.ts';
import { type Write, writtenBy } from './writes.ts';

const FACTORIES = [...NATIONAL_FACTORIES, ...INTERNATIONAL_FACTORIES];
const PROVIDERS = FACTORIES.map(({ name }) => name);
const EVENTS: readonly Step[] = [...ANSWER_EVENTS, ...OWN_REFUND_EVENTS];

/** When something is looked at again, how often, and by whom. */
const PLANS = ['act_before', 'attempts', 'check_count', 'next_attempt_at', 'next_check_at'];
/** What an answer says of the provider, and of who pays by what. */
const OF_PROVIDERS: Readonly<Record<string, readonly string[]>> = {
  payment_transactions: [
    ...ALWAYS_FILLED,
    ...Object.values(PROVIDER_WRITES).flatMap(({ columns }): readonly string[] => columns),
  ],
  payment_attempts: ['provider_charge_id'],
};
const PROVIDER_TABLES: ReadonlySet<string> = new Set([
  ...Object.values(PROVIDER_WRITES).flatMap(({ rows }): readonly string[] => rows),
  'customer_identifiers',
  'person_keys',
]);

let house: CoverageHouse;

beforeAll(async () => {
  house = await startCoverageHouse();
});
afterAll(() => house.close());

/** A case as one line: what it comes to, which rows, which entries. */
function lineOf({
  to,
  rows,
  postings,
}: Pick<Observed, 'to' | 'postings'> & { rows: readonly string[] }): string {
  return [to, ...rows.toSorted(), ...postings.toSorted()].join('\n');
}

function textsOf(changes: readonly RowChange[]): readonly string[] {
  return changes.flatMap(({ sign, table, columns }) => {
    if (PROVIDER_TABLES.has(table)) return [];
    const ignored = [...PLANS, ...(OF_PROVIDERS[table] ?? [])];
    const told = columns.filter((column) => !ignored.includes(column));
    if (sign === '~' && told.length === 0) return [];
    return [sign === '~' ? `~ ${table}: ${told.join(', ')}` : `${sign} ${table}`];
  });
}

function expectedLine(provider: ProviderName, state: CanonicalStatus, event: Step): string | null {
  const exceptions: Partial<Record<string, Partial<Record<string, readonly [CanonicalStatus, ...Write[]]>>>> =
    CHARGE_EXCEPTIONS[provider];
  const exception = exceptions[state]?.[event];
  const usual: readonly [CanonicalStatus, string, ...Write[]] | null = CHARGE_COVERAGE[state][event];
  if (usual === null || !usual[1].includes(PROVIDER_LETTERS[provider])) return null;
  const [to, ...parts] = exception ?? [usual[0], ...(usual.slice(2) as Write[])];
  return lineOf({ to, ...writtenBy(parts) });
}

describe.each(PROVIDERS)('%s', (provider) => {
  test.each(CanonicalStatus.options)('in %s: each event writes what the matrix says', async (state) => {
    const seen = await house.observe(provider, state, EVENTS);
    const observed = EVENTS.map((event) => {
      const found = seen.get(event) ?? null;
      return [event, found === null ? null : lineOf({ ...found, rows: textsOf(found.rows) })];
    });
    expect(Object.fromEntries(observed)).toEqual(
      Object.fromEntries(EVENTS.map((event) => [event, expectedLine(provider, state, event)])),
    );
  });

  test('the first answer with money fills what the provider can know', async () => {
    const found = (await house.observe(provider, 'CREATED', ['exact money'])).get('exact money');
    const rows = (found?.rows ?? []).filter(({ sign, table }) => sign === '+' && PROVIDER_TABLES.has(table));
    const { columns, rows: comes } = PROVIDER_WRITES[provider];
    expect(rows.map(({ table }) => table)).toEqual(expect.arrayContaining([...comes]));
    const [changed] = (found?.rows ?? []).filter(({ table }) => table === 'payment_transactions');
    // Opened with a provider, a method and one instalment already; the rest comes with the answer.
    const opened = ['installments', 'payment_method', 'routed_provider'];
    expect(
      changed?.columns.filter((column) => OF_PROVIDERS['payment_transactions']?.includes(column)),
    ).toEqual([...columns, ...ALWAYS_FILLED.filter((column) => !opened.includes(column))].sort());
  });

  test('each of its event kinds names what the table says', () => {
    const kinds: readonly string[] = FACTORIES.find(({ name }) => name === provider)?.eventKinds ?? [];
    const named = kinds.map((kind) => {
      const reading = READ_EVENT[provider](kind);
      if (reading.kind !== 'event') return [kind, reading.reason];
      const all = [
        ...reading.charges.map(() => 'charge'),
        ...reading.recurrences.map(({ kind: what }) => (what === 'charge' ? 'recurring charge' : what)),
      ];
      return [kind, all.length === 0 ? ['nothing'] : [...new Set(all)].sort()];
    });
    const table = Object.entries(EVENT_COVERAGE[provider]).map(([kind, what]) => [kind, [...what].sort()]);
    expect(Object.fromEntries(named)).toEqual(Object.fromEntries(table));
  });
});

test('a receipt comes to be each of the things that it can be', async () => {
  for (const [disposition, [state, event]] of Object.entries(DISPOSITION_CASES)) {
    const provider = disposition === 'wrong_currency' ? 'pagarme' : 'bacen-pix';
    const seen = await house.observe(provider, state, [event]);
    expect(seen.get(event)?.dispositions, disposition).toContain(disposition);
  }
});

test('twin: another status, a row or an entry more is seen', async () => {
  const found = (await house.observe('bacen-pix', 'PENDING', ['exact money'])).get('exact money');
  if (found == null) throw new Error('nothing was observed');
  const line = expectedLine('bacen-pix', 'PENDING', 'exact money');
  const rows = textsOf(found.rows);
  expect(lineOf({ ...found, rows })).toBe(line);
  expect(lineOf({ ...found, to: 'PENDING', rows })).not.toBe(line);
  expect(lineOf({ ...found, rows: [...rows, '+ receipts'] })).not.toBe(line);
  expect(lineOf({ ...found, rows, postings: [] })).not.toBe(line);
});
