import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import type { SuspenseDecision } from '../../domain/protocol/reconciliation.ts';
import { ManualClock } from '../../platform/testing/manual-clock.ts';
import { DEMO_MERCHANT_ID, DEMO_PIX_KEY } from '../catalog/demo-shop.ts';
import type { ServerContext } from '../context.ts';
import { chargeCreator } from '../payments/create-charge.ts';
import { findBySession } from '../payments/payment-transaction.ts';
import { ModelBank } from '../payments/testing/model-bank.ts';
import { chargeRequest, expectMoneyAddsUp, KIOSK, readPayment } from '../payments/testing/payment-steps.ts';
import type { RefundOrder } from '../providers/provider.ts';
import { watchProvider } from '../providers/provider-health.ts';
import { onlyProvider } from '../routing/charge-router.ts';
import { seedShop, testContext } from '../testing/test-context.ts';
import { createTestDatabase, type TestDatabase } from '../testing/test-database.ts';
import { assignSuspense, listSuspense, resolveSuspense } from './resolve-suspense.ts';
import { putInSuspense } from './suspense.ts';
import { startSuspenseRefunds } from './suspense-refunds.ts';

let database: TestDatabase;
let clock: ManualClock;
let context: ServerContext;
let bank: ModelBank;

beforeAll(async () => {
  database = await createTestDatabase();
  clock = new ManualClock();
  context = testContext({ db: database.db, clock });
  await seedShop(database.db, clock.nowMs());
  bank = new ModelBank(clock);
});
afterEach(() => expectMoneyAddsUp(context));
afterAll(() => database.close());

let made = 0;
async function held(amountCents = 5_000): Promise<string> {
  made += 1;
  const receiptId = `E${'7'.repeat(20)}${String(made).padStart(11, '0')}`;
  const receipt = {
    receiptId,
    endToEndId: receiptId,
    txid: null,
    pixKey: DEMO_PIX_KEY,
    amountCents,
    paidAtMs: clock.nowMs(),
  };
  const isNew = await putInSuspense(context, {
    merchantId: DEMO_MERCHANT_ID,
    provider: 'bacen-pix',
    receipt,
    foundBy: 'sweep',
    reason: 'no_txid',
    suggestedReceiptId: null,
  });
  expect(isNew).toBe(true);
  return receiptId;
}

const decide = (receiptId: string, resolution: SuspenseDecision, transactionId?: string) =>
  resolveSuspense(context, DEMO_MERCHANT_ID, {
    receiptId,
    resolution,
    by: 'Manager',
    ...(transactionId === undefined ? {} : { transactionId }),
  });

/** Debit positive. */
async function balances(): Promise<Record<string, number>> {
  const rows = await context.db.query<{ code: string; cents: number }>(
    'SELECT account_code AS code, sum(amount_cents)::float8 AS cents FROM ledger_postings GROUP BY account_code',
  );
  return Object.fromEntries(rows.map(({ code, cents }) => [code, cents]));
}

/** What a step moved, by account. */
async function moved(step: () => Promise<unknown>): Promise<Record<string, number>> {
  const before = await balances();
  await step();
  const after = await balances();
  const changes = Object.entries(after).map(([code, cents]) => [code, cents - (before[code] ?? 0)] as const);
  return Object.fromEntries(changes.filter(([, cents]) => cents !== 0));
}

const refundsRun = async (): Promise<void> => {
  const watched = watchProvider(bank, clock);
  await startSuspenseRefunds(context, watched.provider, watched.health).stop();
};

test('money held is owed, and found twice it is held once', async () => {
  let receiptId = '';
  expect(
    await moved(async () => {
      receiptId = await held(700);
    }),
  ).toEqual({ 'receivable:bacen-pix': 700, suspense: -700 });
  const again = await putInSuspense(context, {
    merchantId: DEMO_MERCHANT_ID,
    provider: 'bacen-pix',
    receipt: { receiptId, endToEndId: null, txid: null, pixKey: null, amountCents: 700, paidAtMs: 0 },
    foundBy: 'statement',
    reason: 'no_txid',
    suggestedReceiptId: null,
  });
  expect(again).toBe(false);
});

test.each([
  ['other_income', { suspense: 5_000, other_income: -5_000 }],
  ['returned', { suspense: 5_000, 'receivable:bacen-pix': -5_000 }],
  ['duplicate', { suspense: 5_000, 'receivable:bacen-pix': -5_000 }],
] as const)('a decision posts its reversal, once: %s', async (resolution, postings) => {
  const receiptId = await held();
  expect(await moved(() => decide(receiptId, resolution))).toEqual(postings);
  expect(await moved(() => decide(receiptId, resolution))).toEqual({});
  expect(await decide(receiptId, 'refund')).toEqual({ ok: false, code: 'already_resolved' });
});

test('money of a transaction is booked as its sale, and makes nothing paid', async () => {
  const request = chargeRequest(context);
  await chargeCreator(context, onlyProvider(bank))(KIOSK, request);
  const payment = await findBySession(context.db, DEMO_MERCHANT_ID, request.sessionId);
  const receiptId = await held();
  expect(await moved(() => decide(receiptId, 'sale', payment?.transactionId))).toEqual({
    suspense: 5_000,
    sales: -5_000,
  });
  expect(await readPayment(context, request.sessionId)).toMatchObject({
    status: 'PENDING',
    confirmations: 0,
    ticketNumber: null,
  });
  const stranger = await held();
  expect(await decide(stranger, 'sale', '0198c1a0-0000-7000-8000-0000000000ff')).toEqual({
    ok: false,
    code: 'unknown_transaction',
  });
});

test('a refund is asked for until it arrives, whatever answer is lost, and goes back once', async () => {
  const receiptId = await held();
  const asked: RefundOrder[] = [];
  const requestRefund = bank.requestRefund.bind(bank);
  bank.refundsEndAs = 'processing';
  bank.requestRefund = (async (order: RefundOrder) => {
    asked.push(order);
    const answer = await requestRefund(order);
    return asked.length === 1 ? { kind: 'unavailable', detail: 'lost' } : answer;
  }) as typeof bank.requestRefund;
  expect(await moved(() => decide(receiptId, 'refund'))).toEqual({
    suspense: 5_000,
    refunds_payable: -5_000,
  });
  for (let turn = 0; turn < 4; turn += 1) {
    await refundsRun();
    clock.advance(60_000);
  }
  expect(new Set(asked.map(({ refundId }) => refundId))).toEqual(new Set([`R${receiptId}`]));
  expect(asked.map(({ mayExist }) => mayExist)).toEqual([false, true]);
  bank.settleRefunds('settled');
  expect(await moved(refundsRun)).toEqual({ refunds_payable: 5_000, 'receivable:bacen-pix': -5_000 });
  expect(await moved(refundsRun)).toEqual({});
});

test('a refund that the provider refuses is open again, and another decision can be made', async () => {
  const receiptId = await held();
  bank.refundsEndAs = 'refused';
  await decide(receiptId, 'refund');
  expect(await moved(refundsRun)).toEqual({ refunds_payable: 5_000, suspense: -5_000 });
  const { items } = await listSuspense(
    context.db,
    DEMO_MERCHANT_ID,
    { status: 'open', limit: 50 },
    clock.nowMs(),
  );
  expect(items.find((item) => item.receiptId === receiptId)).toMatchObject({
    status: 'open',
    resolution: null,
    refundStatus: 'failed',
    refundError: 'refused by the provider',
  });
  await expectMoneyAddsUp(context);
  expect(await moved(() => decide(receiptId, 'other_income'))).toEqual({
    suspense: 5_000,
    other_income: -5_000,
  });
});

test('the list is the oldest first, with ages, owners and the sum of all', async () => {
  const receiptId = await held(123);
  clock.advance(86_400_000);
  const younger = await held(321);
  expect(await assignSuspense(context, DEMO_MERCHANT_ID, { receiptId, owner: 'Finance' })).toMatchObject({
    ok: true,
    item: { owner: 'Finance', ageSeconds: 86_400 },
  });
  expect(await assignSuspense(context, DEMO_MERCHANT_ID, { receiptId: 'E0', owner: 'Finance' })).toEqual({
    ok: false,
    code: 'unknown_item',
  });
  const list = await listSuspense(context.db, DEMO_MERCHANT_ID, { status: 'open', limit: 50 }, clock.nowMs());
  const ids = list.items.map((item) => item.receiptId);
  expect(ids.indexOf(receiptId)).toBeLessThan(ids.indexOf(younger));
  expect(list.figures).toMatchObject({
    open: list.items.length,
    openCents: list.items.reduce((sum, { amountCents }) => sum + amountCents, 0),
  });
  expect(list.figures.oldestAgeSeconds).toBeGreaterThanOrEqual(86_400);
  const one = await listSuspense(context.db, DEMO_MERCHANT_ID, { status: 'open', limit: 1 }, clock.nowMs());
  expect(one.items).toHaveLength(1);
  expect(one.figures).toEqual(list.figures);
});
