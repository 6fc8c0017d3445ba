import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { RecurrenceKind, RecurrenceStatus } from '../../../domain/protocol/recurring.ts';
import { ManualClock } from '../../../platform/testing/manual-clock.ts';
import { DEMO_MERCHANT_ID } from '../../catalog/demo-shop.ts';
import type { ServerContext } from '../../context.ts';
import type { ProviderReceipt } from '../../providers/provider.ts';
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
    refunds: [],
    disputes: [],
  } as ProviderRecurrence;
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
