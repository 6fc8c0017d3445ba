import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { ManualClock } from '../../platform/testing/manual-clock.ts';
import type { ServerContext } from '../context.ts';
import type { RefundOutcome } from '../providers/provider.ts';
import { onlyProvider } from '../routing/charge-router.ts';
import { seedShop, testContext } from '../testing/test-context.ts';
import { createTestDatabase, type TestDatabase } from '../testing/test-database.ts';
import { applyProviderCharge } from './apply-provider-charge.ts';
import { chargeCreator } from './create-charge.ts';
import { findBySession } from './payment-transaction.ts';
import { lookAgainAtRefunds, refundStatusAfter, startRefundWorker } from './refunds.ts';
import { ModelBank } from './testing/model-bank.ts';
import { chargeRequest, expectMoneyAddsUp, KIOSK, readPayment } from './testing/payment-steps.ts';

const HEALTHY = {
  report: () => ({ name: '', status: 'ok', downSince: null, lastError: null }) as const,
  pausedUntilMs: () => 0,
};

let database: TestDatabase;
let clock: ManualClock;
let context: ServerContext;
let bank: ModelBank;
let sessionId: string;
let branch = 100;

beforeAll(async () => {
  database = await createTestDatabase();
  clock = new ManualClock();
  context = testContext({ db: database.db, clock });
  await seedShop(database.db, clock.nowMs());
});
beforeEach(async () => {
  bank = new ModelBank(clock, String(branch));
  branch += 1;
  const request = chargeRequest(context);
  sessionId = request.sessionId;
  await chargeCreator(context, onlyProvider(bank))(KIOSK, request);
  bank.pay(request.txid, 123);
  await applyProviderCharge(context, await findPayment(), bank.chargeOf(request.txid), 'poll');
});
afterEach(() => expectMoneyAddsUp(context));
afterAll(() => database.close());

async function findPayment() {
  const payment = await findBySession(context.db, KIOSK.merchantId, sessionId);
  if (payment === undefined) throw new Error('the session has no transaction');
  return payment;
}

/** One turn of the worker: everything that is due. */
async function runOnce(): Promise<void> {
  await startRefundWorker(context, bank, HEALTHY).stop();
}
const refund = async () => (await readPayment(context, sessionId)).refunds[0];

test('settled at once', async () => {
  await runOnce();
  expect(await refund()).toMatchObject({ status: 'settled', cents: 123 });
});

test('in process until the bank says that it arrived', async () => {
  bank.refundsEndAs = 'processing';
  await runOnce();
  expect(await refund()).toMatchObject({ status: 'processing' });
  bank.settleRefunds('settled');
  clock.advance(2_000);
  await runOnce();
  expect(await refund()).toMatchObject({ status: 'settled' });
  expect((await readPayment(context, sessionId)).feedKinds).toEqual([
    'refund.changed',
    'refund.changed',
    'refund.changed',
  ]);
});

test('refused by the bank: failed, for a person to see', async () => {
  bank.refundsEndAs = 'refused';
  await runOnce();
  expect(await refund()).toMatchObject({ status: 'failed' });
});

test('a failed one that the bank carries out after all is settled when it tells', async () => {
  bank.refundsEndAs = 'refused';
  await runOnce();
  bank.settleRefunds('settled');
  await lookAgainAtRefunds(context, await findPayment(), clock.nowMs());
  await runOnce();
  expect(await refund()).toMatchObject({ status: 'settled' });
});

test('a bank that stays away is asked a bounded number of times', async () => {
  bank.reachable = false;
  let turns = 0;
  while ((await refund())?.status === 'requested' && turns < 200) {
    await runOnce();
    clock.advance(30 * 60_000);
    turns += 1;
  }
  expect(await refund()).toMatchObject({ status: 'failed' });
  expect(turns).toBe(60);
});

test('two workers at once ask once and post once', async () => {
  await Promise.all([runOnce(), runOnce(), runOnce()]);
  expect(await refund()).toMatchObject({ status: 'settled' });
});

describe('what follows an answer', () => {
  const requested = { status: 'requested', amountCents: 100 } as const;
  const found = (status: 'processing' | 'settled' | 'refused', amountCents = 100): RefundOutcome => ({
    kind: 'found',
    refund: { refundId: 'R1', amountCents, status, providerStatus: status, reason: null },
  });
  test.each([
    ['settled', found('settled'), 'settled'],
    ['refused', found('refused'), 'failed'],
    ['processing', found('processing'), 'processing'],
    ['another amount', found('settled', 99), 'failed'],
    ['unavailable', { kind: 'unavailable', detail: '' }, 'requested'],
    ['unknown', { kind: 'unknown', detail: '' }, 'requested'],
    ['rejected', { kind: 'rejected', code: 'PixDevolucaoInvalida', detail: '' }, 'requested'],
  ] as const)('%s', (_name, outcome, status) => {
    expect(refundStatusAfter(requested, outcome, 1)).toBe(status);
  });
  test('failed stays failed until the money arrived', () => {
    expect(refundStatusAfter({ status: 'failed', amountCents: 100 }, found('processing'), 3)).toBe('failed');
    expect(refundStatusAfter({ status: 'failed', amountCents: 100 }, found('settled'), 3)).toBe('settled');
  });
});
