import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { ManualClock } from '../../platform/testing/manual-clock.ts';
import { DEMO_SHOP } from '../catalog/demo-shop.ts';
import type { ServerContext } from '../context.ts';
import type { ProviderCharge, RefundOrder } from '../providers/provider.ts';
import { onlyProvider } from '../routing/charge-router.ts';
import { seedShop, testContext } from '../testing/test-context.ts';
import { createTestDatabase, type TestDatabase } from '../testing/test-database.ts';
import { applyProviderCharge } from './apply-provider-charge.ts';
import { chargeCreator } from './create-charge.ts';
import { findBySession, type PaymentTransaction } from './payment-transaction.ts';
import { startRefundWorker } from './refunds.ts';
import { requestRefund } from './request-refund.ts';
import { ModelBank } from './testing/model-bank.ts';
import { chargeRequest, expectMoneyAddsUp, KIOSK, readPayment, SERVICE } from './testing/payment-steps.ts';

const PRICE = SERVICE.amountCents;
const { merchantId } = DEMO_SHOP;

/** A company that tells one amount of each charge, whatever came for it, and one of what went back. */
class TotalBank extends ModelBank {
  readonly orders: (RefundOrder & { readonly elsewhereCents?: number })[] = [];

  override async requestRefund(order: RefundOrder) {
    this.orders.push(order);
    return super.requestRefund(order);
  }

  told(txid: string, refundedCents = 0): ProviderCharge {
    const charge = this.chargeOf(txid);
    const amountCents = charge.receipts.reduce((sum, receipt) => sum + receipt.amountCents, 0);
    const receiptId = `company:${txid}`;
    const receipts = charge.receipts
      .slice(0, 1)
      .map((first) => ({ ...first, receiptId, endToEndId: null, amountCents, isTotal: true as const }));
    const total = { refundId: 'total', receiptId, amountCents: refundedCents, reason: null } as const;
    const settled = {
      status: 'settled',
      providerStatus: 'x',
      initiatedBy: 'provider',
      isTotal: true,
    } as const;
    return { ...charge, receipts, refunds: refundedCents === 0 ? [] : [{ ...total, ...settled }] };
  }
}

let database: TestDatabase;
let clock: ManualClock;
let context: ServerContext;
let bank: TotalBank;

beforeAll(async () => {
  database = await createTestDatabase();
  clock = new ManualClock();
  context = testContext({ db: database.db, clock });
  await seedShop(database.db, clock.nowMs());
});
beforeEach(() => {
  bank = new TotalBank(clock);
});
afterEach(() => expectMoneyAddsUp(context));
afterAll(() => database.close());

async function charged(): Promise<PaymentTransaction> {
  const request = chargeRequest(context);
  await chargeCreator(context, onlyProvider(bank))(KIOSK, request);
  const payment = await findBySession(context.db, merchantId, request.sessionId);
  if (payment === undefined) throw new Error('no charge was made');
  return payment;
}
async function told(payment: PaymentTransaction, refundedCents = 0): Promise<void> {
  await applyProviderCharge(context, payment, bank.told(payment.txid, refundedCents), 'poll');
}
const receiptsOf = ({ transactionId }: PaymentTransaction) =>
  context.db.query<{ id: string; cents: number; disposition: string }>(
    `SELECT receipt_id AS id, amount_cents::int AS cents, disposition FROM receipts WHERE transaction_id = $1
     ORDER BY length(receipt_id)`,
    [transactionId],
  );
async function sendBack(): Promise<void> {
  for (let step = 0; step < 4; step += 1)
    await startRefundWorker(context, bank, { pausedUntilMs: () => 0 }).stop();
}

test('a second payment that only raises the total is a receipt of the difference, and goes back', async () => {
  const payment = await charged();
  bank.pay(payment.txid, PRICE);
  await told(payment);
  bank.pay(payment.txid, PRICE);
  await Promise.all([told(payment), told(payment), told(payment)]);
  const id = `company:${payment.txid}`;
  expect(await receiptsOf(payment)).toEqual([
    { id, cents: PRICE, disposition: 'settles' },
    { id: `${id}:total:${2 * PRICE}`, cents: PRICE, disposition: 'surplus' },
  ]);
  await sendBack();
  expect(bank.orders.map(({ amountCents }) => amountCents)).toEqual([PRICE]);
  // The company's one amount of what went back is that refund, and no other of the sale.
  await told(payment, PRICE);
  expect(await readPayment(context, payment.sessionId)).toMatchObject({
    status: 'SUCCEEDED',
    confirmations: 1,
    refunds: [{ reason: 'surplus', status: 'settled', cents: PRICE }],
  });
});

test('a refund of the sale after it is told how much of the total went back elsewhere', async () => {
  const payment = await charged();
  bank.pay(payment.txid, PRICE);
  await told(payment);
  bank.pay(payment.txid, PRICE);
  await told(payment);
  await sendBack();
  const { transactionId } = payment;
  const ask = { requestId: crypto.randomUUID(), transactionId, amountCents: null, note: 'Desmarcada' };
  expect(await requestRefund(context, merchantId, ask, 'manager')).toMatchObject({ ok: true });
  await sendBack();
  expect(bank.orders.map(({ elsewhereCents }) => elsewhereCents)).toEqual([0, PRICE]);
  await told(payment, 2 * PRICE);
  expect(await readPayment(context, payment.sessionId)).toMatchObject({ status: 'REFUNDED' });
});

test('both at once, seen as one amount, are a wrong amount; what is added to it later is another', async () => {
  const payment = await charged();
  bank.pay(payment.txid, PRICE - 100);
  await told(payment);
  bank.pay(payment.txid, 100);
  await told(payment);
  const receipts = await receiptsOf(payment);
  expect(receipts.map(({ cents, disposition }) => ({ cents, disposition }))).toEqual([
    { cents: PRICE - 100, disposition: 'wrong_amount' },
    { cents: 100, disposition: 'wrong_amount' },
  ]);
});

test('a total that falls, or that is told again, is no money', async () => {
  const payment = await charged();
  bank.pay(payment.txid, PRICE);
  await told(payment);
  await told(payment);
  const less = bank.told(payment.txid);
  const receipts = less.receipts.map((receipt) => ({ ...receipt, amountCents: 1 }));
  await applyProviderCharge(context, payment, { ...less, receipts }, 'poll');
  expect(await receiptsOf(payment)).toHaveLength(1);
});

test('twin: a list of receipts, as banks have it, is read as it is', async () => {
  const payment = await charged();
  bank.pay(payment.txid, PRICE);
  await applyProviderCharge(context, payment, bank.chargeOf(payment.txid), 'poll');
  const [receipt] = bank.chargeOf(payment.txid).receipts;
  if (receipt === undefined) throw new Error('no receipt');
  const raised = { ...bank.chargeOf(payment.txid), receipts: [{ ...receipt, amountCents: 2 * PRICE }] };
  await applyProviderCharge(context, payment, raised, 'poll');
  expect(await receiptsOf(payment)).toHaveLength(1);
});
