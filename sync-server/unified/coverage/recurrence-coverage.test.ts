import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { RecurrenceKind, RecurrenceStatus } from '../../../domain/protocol/recurring.ts';
import { ManualClock } from '../../../platform/testing/manual-clock.ts';
import { DEMO_MERCHANT_ID } from '../../catalog/demo-shop.ts';
import type { ServerContext } from '../../context.ts';
import type { ProviderChargeRefund, ProviderDispute, ProviderReceipt } from '../../providers/provider.ts';
import type { ProviderRecurrence } from '../../providers/recurrence.ts';
import { INTERNATIONAL_FACTORIES, NATIONAL_FACTORIES, type ProviderName } from '../../providers/registry.ts';
import { keepRecurrence, noteRecurrence } from '../../recurring/keep-recurrence.ts';
import { seedShop, testContext } from '../../testing/test-context.ts';
import { createTestDatabase, type TestDatabase } from '../../testing/test-database.ts';
import { readPostings, rowChanges, takeSnapshot } from '../testing/row-diff.ts';
import { openUndone, type UndoneDatabase } from '../testing/undone.ts';
import {
  RECURRENCE_COVERAGE,
  RECURRENCE_READERS,
  RECURRENCE_WRITES,
  RECURRING_MONEY,
  RECURRING_RETURNS,
  RETURNS,
} from './recurrence-coverage.ts';

type State = keyof typeof RECURRENCE_COVERAGE;
const STATES = Object.keys(RECURRENCE_COVERAGE) as State[];
const PROVIDERS = [...NATIONAL_FACTORIES, ...INTERNATIONAL_FACTORIES].map(({ name }) => name);
const READ = PROVIDERS.flatMap((provider) =>
  RECURRENCE_READERS[provider].map((kind): readonly [ProviderName, RecurrenceKind] => [provider, kind]),
);

const clock = new ManualClock();
let database: TestDatabase;
let undone: UndoneDatabase;
let context: ServerContext;
let count = 0;

beforeAll(async () => {
  database = await createTestDatabase();
  await seedShop(database.db, clock.nowMs());
  undone = await openUndone(database.db);
  context = testContext({ db: undone.db, clock });
});
afterAll(async () => {
  await undone.close();
  await database.close();
});

function answer(kind: RecurrenceKind, id: string, told: State | 'unknown word'): ProviderRecurrence {
  const receipt: ProviderReceipt = {
    receiptId: `receipt-${id}`,
    endToEndId: null,
    txid: null,
    pixKey: null,
    amountCents: 2_500,
    paidAtMs: clock.nowMs(),
    feeCents: null,
  };
  const status: RecurrenceStatus | null = told === 'unknown word' || told === 'named' ? null : told;
  return {
    kind,
    id,
    agreementId: null,
    reference: null,
    status,
    providerStatus: told,
    amountCents: 2_500,
    currency: 'BRL',
    dueOn: null,
    receipts: told === 'paid' ? [receipt] : [],
  };
}

describe.each(READ)('%s, %s', (provider, kind) => {
  test.each(STATES)('%s: each answer writes what the matrix says', async (state) => {
    for (const [told, next] of Object.entries(RECURRENCE_COVERAGE[state]))
      await undone.undoing(async () => {
        count += 1;
        const key = { merchantId: DEMO_MERCHANT_ID, provider, kind, id: `${kind}-${count}` };
        await noteRecurrence(context, key, clock.nowMs());
        if (state !== 'named')
          await keepRecurrence(context, key, answer(kind, key.id, state), 'webhook', clock.nowMs());
        clock.advance(1_000);
        const before = await takeSnapshot(context.db);
        const posted = await readPostings(context.db);
        const said = answer(kind, key.id, told as State | 'unknown word');
        await keepRecurrence(context, key, said, 'webhook', clock.nowMs());
        const rows = rowChanges(before, await takeSnapshot(context.db));
        const came = rows.filter(({ sign }) => sign === '+').map(({ table }) => `+ ${table}`);
        const isNewMoney = told === 'paid' && state !== 'paid';
        const [row] = await context.db.query<{ status: string | null }>(
          'SELECT status FROM recurrences WHERE recurrence_id = $1',
          [key.id],
        );
        expect(row?.status, `${state}, told ${told}`).toBe(next);
        // A word that nobody knows is kept beside the status; an answer that changes nothing is not.
        const isStep = told === 'unknown word' || (next === told && told !== state);
        expect(came.sort(), `${state}, told ${told}`).toEqual(
          [
            ...(isStep ? RECURRENCE_WRITES[kind].step : []),
            ...(isNewMoney ? RECURRING_MONEY.rows : []),
          ].sort(),
        );
        expect((await readPostings(context.db)).slice(posted.length), `${state}, told ${told}`).toEqual(
          isNewMoney ? RECURRING_MONEY.postings : [],
        );
      });
  });

  test('named for the first time', async () => {
    await undone.undoing(async () => {
      const before = await takeSnapshot(context.db);
      await noteRecurrence(
        context,
        { merchantId: DEMO_MERCHANT_ID, provider, kind, id: `${kind}-new` },
        clock.nowMs(),
      );
      const rows = rowChanges(before, await takeSnapshot(context.db));
      expect(rows.map(({ sign, table }) => `${sign} ${table}`).sort()).toEqual(RECURRENCE_WRITES[kind].first);
    });
  });
});

/** The answer of a charge that was paid, with what went back of it since. */
function answerWith(id: string, told: string): ProviderRecurrence {
  const paid = answer('charge', id, 'paid');
  const [family, status = ''] = told.split(' ');
  const common = { receiptId: `receipt-${id}`, amountCents: 2_500, reason: 'x', providerStatus: status };
  const refund = { ...common, refundId: 'refund-1', initiatedBy: 'provider', status };
  const dispute = {
    ...common,
    disputeId: 'dispute-1',
    kind: 'chargeback',
    status,
    openedAtMs: clock.nowMs(),
  };
  return {
    ...paid,
    refunds: family === 'refund' ? [refund as ProviderChargeRefund] : [],
    disputes: family === 'dispute' ? [dispute as ProviderDispute] : [],
  };
}

describe.each(PROVIDERS.filter((name) => RECURRENCE_READERS[name].length > 0))(
  'money back, %s',
  (provider) => {
    test.each(['paid', ...RETURNS] as const)('%s: each return writes what the matrix says', async (known) => {
      const cases: Partial<Record<string, readonly [readonly string[], readonly string[]]>> =
        RECURRING_RETURNS[known];
      for (const told of RETURNS.filter(
        (each) => known === 'paid' || each.split(' ')[0] === known.split(' ')[0],
      ))
        await undone.undoing(async () => {
          count += 1;
          const key = {
            merchantId: DEMO_MERCHANT_ID,
            provider,
            kind: 'charge',
            id: `charge-${count}`,
          } as const;
          const keep = (said: ProviderRecurrence) =>
            keepRecurrence(context, key, said, 'webhook', clock.nowMs());
          await keep(answer('charge', key.id, 'paid'));
          if (known !== 'paid') await keep(answerWith(key.id, known));
          clock.advance(1_000);
          const before = await takeSnapshot(context.db);
          const posted = await readPostings(context.db);
          await keep(answerWith(key.id, told));
          const rows = rowChanges(before, await takeSnapshot(context.db)).filter(
            ({ table }) => table !== 'recurrences',
          );
          const [expectedRows, expectedPostings] = cases[told] ?? [[], []];
          const name = `${known}, told ${told}`;
          expect(
            rows.map(({ sign, table }) => `${sign} ${table}`),
            name,
          ).toEqual(expectedRows);
          const added = (await readPostings(context.db)).filter((entry) => !posted.includes(entry));
          expect(added.sort(), name).toEqual([...expectedPostings].sort());
        });
    });
  },
);
