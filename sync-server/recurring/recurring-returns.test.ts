import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { ManualClock } from '../../platform/testing/manual-clock.ts';
import { DEMO_MERCHANT_ID } from '../catalog/demo-shop.ts';
import type { ServerContext } from '../context.ts';
import { ModelBank } from '../payments/testing/model-bank.ts';
import { expectMoneyAddsUp } from '../payments/testing/payment-steps.ts';
import type { ProviderChargeRefund, ProviderDispute } from '../providers/provider.ts';
import type { ProviderRecurrence, ReadRecurrenceOutcome } from '../providers/recurrence.ts';
import { resolveSuspense } from '../reconciliation/resolve-suspense.ts';
import { putInSuspense } from '../reconciliation/suspense.ts';
import { seedShop, testContext } from '../testing/test-context.ts';
import { createTestDatabase, type TestDatabase } from '../testing/test-database.ts';
import { keepRecurrence } from './keep-recurrence.ts';
import { listRecurrences } from './list-recurrences.ts';
import { startRecurrenceReader } from './read-again.ts';
import { takeRecurrence } from './take-recurrence.ts';

const HOUR_MS = 3_600_000;

let database: TestDatabase;
let clock: ManualClock;
let context: ServerContext;
let count = 0;

beforeAll(async () => {
  database = await createTestDatabase();
  clock = new ManualClock();
  context = testContext({ db: database.db, clock });
  await seedShop(database.db, clock.nowMs());
});
beforeEach(() => {
  count += 1;
});
afterEach(() => expectMoneyAddsUp(context));
afterAll(() => database.close());

const receiptId = () => `E${String(count).padStart(31, '7')}`;
const charge = (change: Partial<ProviderRecurrence> = {}): ProviderRecurrence => ({
  kind: 'charge',
  id: `charge-${count}`,
  agreementId: null,
  reference: null,
  status: 'paid',
  providerStatus: 'CONCLUIDA',
  amountCents: 3_500,
  currency: 'BRL',
  dueOn: null,
  receipts: [
    {
      receiptId: receiptId(),
      endToEndId: receiptId(),
      txid: null,
      pixKey: null,
      amountCents: 3_500,
      paidAtMs: clock.nowMs() - 1_000,
      feeCents: null,
    },
  ],
  ...change,
});
const refund = (change: Partial<ProviderChargeRefund> = {}): ProviderChargeRefund => ({
  refundId: 'D1',
  receiptId: receiptId(),
  amountCents: 1_000,
  status: 'settled',
  providerStatus: 'DEVOLVIDO',
  reason: null,
  initiatedBy: 'provider',
  ...change,
});
const dispute = (change: Partial<ProviderDispute> = {}): ProviderDispute => ({
  disputeId: 'MED1',
  receiptId: receiptId(),
  kind: 'med',
  status: 'open',
  amountCents: 3_500,
  reason: 'MED_FRAUDE',
  openedAtMs: clock.nowMs(),
  ...change,
});
const key = () =>
  ({ merchantId: DEMO_MERCHANT_ID, provider: 'bacen-pix', kind: 'charge', id: `charge-${count}` }) as const;
const told = (change: Partial<ProviderRecurrence>) =>
  keepRecurrence(context, key(), charge(change), 'webhook', clock.nowMs());
async function shown() {
  const { recurrences } = await listRecurrences(context.db, DEMO_MERCHANT_ID, { limit: 200 }, clock.nowMs());
  const found = recurrences.find(({ id }) => id === key().id);
  if (found === undefined) throw new Error('not in the list');
  return found;
}
/** What this test's receipt has in the account, in cents; credits are negative. */
async function balance(account: string): Promise<number> {
  const [row] = await context.db.query<{ cents: number }>(
    `SELECT coalesce(sum(amount_cents), 0)::int AS cents FROM ledger_postings p JOIN ledger_entries e USING (merchant_id, entry_id)
     WHERE account_code = $1 AND e.idempotency_key LIKE '%' || $2 || '%'`,
    [account, receiptId()],
  );
  return row?.cents ?? 0;
}

test('a refund in two parts is income no more, each part once however often it is told', async () => {
  await told({});
  await told({ refunds: [refund({ status: 'processing' })] });
  expect(await shown()).toMatchObject({
    receivedCents: 3_500,
    returnedCents: 0,
    returns: [{ status: 'processing' }],
  });
  const both = { refunds: [refund(), refund({ refundId: 'D2', amountCents: 2_500 })] };
  await told({ refunds: [refund()] });
  await Promise.all([told(both), told(both), told(both)]);
  await told({ refunds: [refund({ status: 'processing' })] });
  expect(await shown()).toMatchObject({
    status: 'paid',
    receivedCents: 3_500,
    returnedCents: 3_500,
    disputedCents: 0,
  });
  expect(await balance('recurring_returns')).toBe(3_500);
  expect(await balance('receivable:bacen-pix')).toBe(0);
  expect(await balance('recurring_income')).toBe(-3_500);
});

test('a refund that is told of before its receipt is kept for later, and the charge is read again soon', async () => {
  await told({ receipts: [], refunds: [refund()] });
  expect(await shown()).toMatchObject({ receivedCents: 0, returns: [] });
  expect(await balance('recurring_returns')).toBe(0);
  await readWhenDue(
    bankThatTells(() => charge({ refunds: [refund()] })),
    key().id,
  );
  expect(await shown()).toMatchObject({ receivedCents: 3_500, returnedCents: 1_000 });
  expect(await balance('receivable:bacen-pix')).toBe(2_500);
});

test('a refund that had arrived and came back is income again, and never settles anew', async () => {
  await told({ refunds: [refund()] });
  await told({ refunds: [refund({ status: 'refused' })] });
  await Promise.all([told({ refunds: [refund()] }), told({ refunds: [refund({ status: 'refused' })] })]);
  expect(await shown()).toMatchObject({
    returnedCents: 0,
    returns: [{ status: 'failed', bouncedAt: clock.nowMs() }],
  });
  expect(await balance('recurring_returns')).toBe(0);
  expect(await balance('receivable:bacen-pix')).toBe(3_500);
  await told({ refunds: [refund({ status: 'refused' }), refund({ refundId: 'D2', amountCents: 3_500 })] });
  expect(await shown()).toMatchObject({ returnedCents: 3_500 });
  expect(await balance('receivable:bacen-pix')).toBe(0);
});

test('what a refund ends with is posted and kept, whatever was told of it on its way', async () => {
  await told({ refunds: [refund({ status: 'processing' })] });
  await told({ refunds: [refund({ amountCents: 1_200 })] });
  expect(await shown()).toMatchObject({ returnedCents: 1_200 });
  expect(await balance('recurring_returns')).toBe(1_200);
});

test('of a total, what is new went back since; more than came is passed over', async () => {
  const total = (amountCents: number) => ({ refunds: [refund({ isTotal: true, amountCents })] });
  await told({});
  for (const cents of [1_000, 1_000, 2_500, 1_000]) await told(total(cents));
  expect(await shown()).toMatchObject({ returnedCents: 2_500 });
  await told(total(9_999));
  expect(await shown()).toMatchObject({ returnedCents: 2_500 });
  expect(await balance('recurring_returns')).toBe(2_500);
});

test.each([
  ['won', 0, 3_500],
  ['lost', 3_500, 0],
] as const)('a dispute holds the money back until it is %s', async (status, returned, receivable) => {
  await told({});
  await told({ disputes: [dispute()] });
  await told({ disputes: [dispute()] });
  expect(await shown()).toMatchObject({ disputedCents: 3_500, returnedCents: 0 });
  expect(await balance('disputed')).toBe(3_500);
  await told({ disputes: [dispute({ status, amountCents: 1 })] });
  await told({ disputes: [dispute()] });
  expect(await shown()).toMatchObject({ disputedCents: 0, returnedCents: returned });
  expect(await balance('disputed')).toBe(0);
  expect(await balance('recurring_returns')).toBe(returned);
  expect(await balance('receivable:bacen-pix')).toBe(receivable);
});

test('of money that a person had placed elsewhere it is shown, and not posted once more', async () => {
  const [receipt] = charge().receipts;
  if (receipt === undefined) throw new Error('no receipt');
  const { merchantId, provider } = key();
  const found = { foundBy: 'sweep', reason: 'foreign_txid', suggestedReceiptId: null } as const;
  await putInSuspense(context, { merchantId, provider, receipt, ...found });
  await resolveSuspense(context, merchantId, {
    receiptId: receiptId(),
    resolution: 'other_income',
    by: 'Caixa',
  });
  await told({ refunds: [refund()] });
  expect(await shown()).toMatchObject({ returnedCents: 1_000 });
  expect(await balance('recurring_returns')).toBe(0);
});

/** What a provider tells of them when it is asked; null: it does not answer. */
function bankThatTells(of: (id: string) => ProviderRecurrence | null) {
  const asked: string[] = [];
  const readRecurrence = async ({ id }: { id: string }): Promise<ReadRecurrenceOutcome> => {
    asked.push(id);
    const recurrence = of(id);
    return recurrence === null ? { kind: 'unavailable', detail: 'away' } : { kind: 'found', recurrence };
  };
  return Object.assign(new ModelBank(clock), { asked, readRecurrence });
}

/** Of all that are left by other tests, only this one is read. @returns ms until it is read again; null: never */
async function nextReadMs(id: string): Promise<number | null> {
  const [row] = await context.db.query<{ at: Date | null }>(
    'SELECT next_read_at AS at FROM recurrences WHERE recurrence_id = $1',
    [id],
  );
  return row?.at == null ? null : row.at.getTime() - clock.nowMs();
}
async function readWhenDue(bank: ReturnType<typeof bankThatTells>, id: string): Promise<void> {
  await context.db.query('UPDATE recurrences SET next_read_at = NULL WHERE recurrence_id <> $1', [id]);
  clock.advance(Math.max(0, (await nextReadMs(id)) ?? 0));
  await startRecurrenceReader(context, bank, { pausedUntilMs: () => 0 }).stop();
}

test('an agreement whose webhook was lost is asked about again, ever more rarely, until it has ended', async () => {
  const agreement = { kind: 'agreement', id: `rec-${count}` } as const;
  let status: ProviderRecurrence['status'] = 'created';
  let answers = true;
  const bank = bankThatTells(() =>
    answers ? charge({ ...agreement, status, providerStatus: String(status), receipts: [] }) : null,
  );
  const stored = async () =>
    (
      await listRecurrences(context.db, DEMO_MERCHANT_ID, { kind: 'agreement', limit: 50 }, clock.nowMs())
    ).recurrences.find(({ id }) => id === agreement.id);
  await takeRecurrence(context, bank, agreement, { cause: 'webhook', receivedAtMs: clock.nowMs() });
  const pauses: (number | null)[] = [await nextReadMs(agreement.id)];
  for (let round = 0; round < 12; round += 1) {
    answers = round !== 3;
    await readWhenDue(bank, agreement.id);
    pauses.push(await nextReadMs(agreement.id));
  }
  const minutes = pauses.map((ms) => (ms ?? 0) / 60_000);
  expect(minutes).toEqual([1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1_024, 1_440, 1_440]);

  status = 'active';
  await readWhenDue(bank, agreement.id);
  expect((await stored())?.history.at(-1)).toMatchObject({ from: 'created', to: 'active', cause: 'poll' });
  expect(await nextReadMs(agreement.id)).toBe(60_000);
  status = 'canceled';
  await readWhenDue(bank, agreement.id);
  expect(await nextReadMs(agreement.id)).toBeNull();
  const ended = bank.asked.length;
  clock.advance(48 * HOUR_MS);
  await readWhenDue(bank, agreement.id);
  expect(bank.asked).toHaveLength(ended);
});

test('a paid charge is asked about for refunds whose webhook was lost, for as long as there may be one', async () => {
  const { id } = key();
  let refunds: ProviderChargeRefund[] = [];
  const bank = bankThatTells(() => charge({ refunds }));
  await told({});
  expect(await nextReadMs(id)).toBe(60_000);
  refunds = [refund()];
  await readWhenDue(bank, id);
  expect(await shown()).toMatchObject({ returnedCents: 1_000 });
  clock.advance(121 * 24 * HOUR_MS);
  await readWhenDue(bank, id);
  expect(await nextReadMs(id)).toBeNull();
});
