import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { ManualClock } from '../../platform/testing/manual-clock.ts';
import { DEMO_SHOP } from '../catalog/demo-shop.ts';
import type { ServerContext } from '../context.ts';
import { readMoneyTroubles } from '../integration/money-troubles.ts';
import type { ProviderChargeRefund } from '../providers/provider.ts';
import { onlyProvider } from '../routing/charge-router.ts';
import { seedShop, testContext } from '../testing/test-context.ts';
import { createTestDatabase, type TestDatabase } from '../testing/test-database.ts';
import { applyProviderCharge } from './apply-provider-charge.ts';
import { chargeCreator } from './create-charge.ts';
import { findBySession, type PaymentTransaction } from './payment-transaction.ts';
import { startRefundWorker } from './refunds.ts';
import { retryRefunds } from './retry-refund.ts';
import { closeReturned } from './returned-by-hand.ts';
import { ModelBank } from './testing/model-bank.ts';
import { chargeRequest, expectMoneyAddsUp, KIOSK, readPayment, SERVICE } from './testing/payment-steps.ts';

const HEALTHY = { pausedUntilMs: () => 0 };
const { merchantId } = DEMO_SHOP;
const BY_ANA = { by: 'Ana', note: 'visto no provedor' };

let database: TestDatabase;
let clock: ManualClock;
let context: ServerContext;
let bank: ModelBank;
let branch = 30;

beforeAll(async () => {
  database = await createTestDatabase();
  clock = new ManualClock();
  context = testContext({ db: database.db, clock });
  await seedShop(database.db, clock.nowMs());
});
beforeEach(() => {
  clock.advance(60_000);
  branch += 1;
  bank = new ModelBank(clock, String(branch));
});
afterEach(async () => {
  await expectMoneyAddsUp(context);
  // Each test ends with nothing that hangs.
  expect((await troubles()).refundsFailed).toBe(0);
});
afterAll(() => database.close());

async function paid(amountCents: number = SERVICE.amountCents): Promise<PaymentTransaction> {
  const request = chargeRequest(context);
  await chargeCreator(context, onlyProvider(bank))(KIOSK, request);
  const payment = await findBySession(context.db, merchantId, request.sessionId);
  if (payment === undefined) throw new Error('no charge was made');
  bank.pay(payment.txid, amountCents);
  await applyProviderCharge(context, payment, bank.chargeOf(payment.txid), 'webhook');
  return payment;
}
async function told(payment: PaymentTransaction, change: Partial<ProviderChargeRefund>): Promise<string> {
  const charge = bank.chargeOf(payment.txid);
  const refund: ProviderChargeRefund = {
    refundId: `H${payment.txid}`,
    receiptId: charge.receipts[0]?.receiptId ?? '',
    amountCents: 1_000,
    status: 'settled',
    providerStatus: 'x',
    reason: null,
    initiatedBy: 'provider',
    ...change,
  };
  await applyProviderCharge(context, payment, { ...charge, refunds: [refund] }, 'poll');
  return refund.refundId;
}
const facts = {
  providers: [{ name: 'bacen-pix', status: 'ok', downSince: null }],
  refusedWebhooks: [],
} as const;
const troubles = () => readMoneyTroubles(context.db, merchantId, facts as never);
const statusOf = async ({ sessionId }: PaymentTransaction) => (await readPayment(context, sessionId)).status;
const close = (refundId: string, nothingOwed = false) =>
  closeReturned(context, merchantId, { refundId, ...BY_ANA, nothingOwed });

test('a refund by the provider that failed is asked for by us instead, once', async () => {
  const payment = await paid();
  const refundId = await told(payment, { status: 'refused' });
  expect((await troubles()).failedRefunds).toMatchObject([{ refundId, initiatedBy: 'provider' }]);
  const [own] = await retryRefunds(context, merchantId, [refundId]);
  expect(own).toMatch(/^M[0-9a-f]{32}$/);
  expect(await retryRefunds(context, merchantId, [refundId])).toEqual([]);
  await startRefundWorker(context, bank, HEALTHY).stop();
  expect(await statusOf(payment)).toBe('PARTIALLY_REFUNDED');
  // Told again, the old one brings no second alarm.
  await told(payment, { status: 'refused' });
});

test('one that failed is owed to nobody, as a person says: nothing is posted', async () => {
  const payment = await paid();
  const refundId = await told(payment, { status: 'refused' });
  expect(await close(refundId, true)).toEqual({ ok: true, refundId });
  expect(await close(refundId, true)).toEqual({ ok: true, refundId });
  expect(await statusOf(payment)).toBe('SUCCEEDED');
  expect(await retryRefunds(context, merchantId, [refundId])).toEqual([]);
});

test('one that failed and was sent back by hand is posted, once', async () => {
  const payment = await paid();
  const refundId = await told(payment, { status: 'refused' });
  expect(await close(refundId)).toEqual({ ok: true, refundId });
  expect(await close(refundId)).toEqual({ ok: true, refundId });
  expect(await statusOf(payment)).toBe('PARTIALLY_REFUNDED');
});

test('of money that bought nothing the refund of ours is the way, and a failed one of the provider’s is closed', async () => {
  const payment = await paid(700);
  const refundId = await told(payment, { status: 'refused', amountCents: 700 });
  expect(await retryRefunds(context, merchantId, [refundId])).toEqual([]);
  await startRefundWorker(context, bank, HEALTHY).stop();
  expect(await close(refundId, true)).toEqual({ ok: true, refundId });
});

test('a refund of ours is not said to be owed to nobody', async () => {
  const payment = await paid(700);
  bank.refundsEndAs = 'refused';
  await startRefundWorker(context, bank, HEALTHY).stop();
  const [failed] = (await troubles()).failedRefunds;
  expect(await close(failed?.refundId ?? '', true)).toMatchObject({ ok: false, code: 'not_failed' });
  expect(await close(failed?.refundId ?? '')).toMatchObject({ ok: true });
  expect(await statusOf(payment)).not.toBe('SUCCEEDED');
});

test('money that waits at a provider which is not configured is told of', async () => {
  const payment = await paid(700);
  expect((await troubles()).unattended).toEqual([]);
  const others = { ...facts, providers: [] };
  expect((await readMoneyTroubles(context.db, merchantId, others)).unattended).toMatchObject([
    { provider: 'bacen-pix', refunds: 1 },
  ]);
  await startRefundWorker(context, bank, HEALTHY).stop();
  expect(await statusOf(payment)).not.toBe('SUCCEEDED');
});
