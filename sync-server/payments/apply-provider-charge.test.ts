import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { ManualClock } from '../../platform/testing/manual-clock.ts';
import type { ServerContext } from '../context.ts';
import { auditLedger } from '../ledger/audit-ledger.ts';
import type { ChargeRef } from '../providers/provider.ts';
import { onlyProvider } from '../routing/charge-router.ts';
import { seedShop, testContext } from '../testing/test-context.ts';
import { createTestDatabase, type TestDatabase } from '../testing/test-database.ts';
import { applyProviderCharge } from './apply-provider-charge.ts';
import { requestChargeCancellation } from './cancel-charge.ts';
import { checkCharge } from './check-charge.ts';
import { chargeCreator } from './create-charge.ts';
import { findBySession, type PaymentTransaction } from './payment-transaction.ts';
import { ModelBank } from './testing/model-bank.ts';
import { chargeRequest, expectMoneyAddsUp, KIOSK, readPayment, SERVICE } from './testing/payment-steps.ts';

let database: TestDatabase;
let clock: ManualClock;
let context: ServerContext;
let bank: ModelBank;

beforeAll(async () => {
  database = await createTestDatabase();
  clock = new ManualClock();
  context = testContext({ db: database.db, clock });
  bank = new ModelBank(clock);
  await seedShop(database.db, clock.nowMs());
});
afterEach(() => expectMoneyAddsUp(context));
afterAll(() => database.close());

async function openCharge(): Promise<PaymentTransaction> {
  const request = chargeRequest(context);
  const made = await chargeCreator(context, onlyProvider(bank))(KIOSK, request);
  expect(made.ok).toBe(true);
  const payment = await findBySession(context.db, KIOSK.merchantId, request.sessionId);
  if (payment === undefined) throw new Error('the charge has no transaction');
  return payment;
}
const apply = (payment: PaymentTransaction) =>
  applyProviderCharge(context, payment, bank.chargeOf(payment.txid), 'webhook');

test('the exact amount is paid: one number, one confirmation, one sale', async () => {
  const payment = await openCharge();
  bank.pay(payment.txid, SERVICE.amountCents);
  await apply(payment);
  expect(await readPayment(context, payment.sessionId)).toMatchObject({
    status: 'SUCCEEDED',
    late: false,
    confirmations: 1,
    refunds: [],
    feedKinds: ['payment.confirmed'],
  });
});

test('applied twenty times at once it is paid once', async () => {
  const payment = await openCharge();
  bank.pay(payment.txid, SERVICE.amountCents);
  await Promise.all(Array.from({ length: 20 }, () => apply(payment)));
  expect((await readPayment(context, payment.sessionId)).confirmations).toBe(1);
});

test('many charges paid at once get numbers without gap or repetition', async () => {
  const payments = await Promise.all(Array.from({ length: 12 }, openCharge));
  for (const payment of payments) bank.pay(payment.txid, SERVICE.amountCents);
  await Promise.all(payments.map(apply));
  const numbers = await Promise.all(
    payments.map(async (payment) => (await readPayment(context, payment.sessionId)).ticketNumber ?? 0),
  );
  const first = Math.min(...numbers);
  expect(numbers.toSorted((a, b) => a - b)).toEqual(numbers.map((_, index) => first + index));
});

test('another amount is never paid: it goes back', async () => {
  const payment = await openCharge();
  bank.pay(payment.txid, SERVICE.amountCents - 1);
  await apply(payment);
  expect(await readPayment(context, payment.sessionId)).toMatchObject({
    status: 'FAILED',
    ticketNumber: null,
    confirmations: 0,
    refunds: [{ reason: 'wrong_amount', status: 'requested', cents: SERVICE.amountCents - 1 }],
    feedKinds: ['refund.changed'],
  });
});

test('the right amount after a wrong one is paid, and the wrong one still goes back', async () => {
  const payment = await openCharge();
  bank.pay(payment.txid, 1);
  await apply(payment);
  clock.advance(1_000);
  bank.pay(payment.txid, SERVICE.amountCents);
  await apply(payment);
  expect(await readPayment(context, payment.sessionId)).toMatchObject({
    status: 'SUCCEEDED',
    confirmations: 1,
    refunds: [{ reason: 'wrong_amount' }],
  });
});

test('an expired charge is closed by the clock; its money still buys the ticket, marked late', async () => {
  const payment = await openCharge();
  clock.advance(330_000);
  await apply(payment);
  expect((await readPayment(context, payment.sessionId)).status).toBe('EXPIRED');
  bank.pay(payment.txid, SERVICE.amountCents);
  await apply(payment);
  expect(await readPayment(context, payment.sessionId)).toMatchObject({
    status: 'SUCCEEDED',
    late: true,
    confirmations: 1,
  });
});

test('a cancellation that crosses with the payment ends as paid', async () => {
  const payment = await openCharge();
  await context.db.transaction((transaction) =>
    requestChargeCancellation(context, transaction, payment.merchantId, [payment.sessionId], clock.nowMs()),
  );
  bank.pay(payment.txid, SERVICE.amountCents);
  const asked = await findBySession(context.db, payment.merchantId, payment.sessionId);
  if (asked === undefined) throw new Error('gone');
  await checkCharge(context, bank, asked, 'poll');
  expect(await readPayment(context, payment.sessionId)).toMatchObject({
    status: 'SUCCEEDED',
    confirmations: 1,
  });
});

test.each([
  ['refuses to withdraw', { kind: 'rejected' as const, code: 'AcessoNegado', detail: 'no right to it' }],
  ['does not know when asked to withdraw', { kind: 'not_found' as const }],
])('a paid charge that the bank %s is still read, and paid', async (_name, outcome) => {
  const payment = await openCharge();
  await context.db.transaction((transaction) =>
    requestChargeCancellation(context, transaction, payment.merchantId, [payment.sessionId], clock.nowMs()),
  );
  bank.pay(payment.txid, SERVICE.amountCents);
  const stubborn = Object.assign(new ModelBank(clock), {
    fetchCharge: (charge: ChargeRef) => bank.fetchCharge(charge),
    cancelCharge: async () => outcome,
  });
  const withdrawn = await findBySession(context.db, payment.merchantId, payment.sessionId);
  await checkCharge(context, stubborn, withdrawn ?? payment, 'poll');
  expect(await readPayment(context, payment.sessionId)).toMatchObject({ confirmations: 1, late: true });
});

test('a charge that the bank withdraws is told to the kiosk', async () => {
  const payment = await openCharge();
  bank.withdraw(payment.txid);
  await apply(payment);
  await apply(payment);
  expect(await readPayment(context, payment.sessionId)).toMatchObject({
    status: 'CANCELED',
    feedKinds: ['payment.closed'],
  });
});

test('an older answer that arrives after a newer one undoes nothing', async () => {
  const payment = await openCharge();
  const before = bank.chargeOf(payment.txid);
  bank.pay(payment.txid, SERVICE.amountCents);
  await apply(payment);
  await applyProviderCharge(context, payment, before, 'poll');
  expect((await readPayment(context, payment.sessionId)).status).toBe('SUCCEEDED');
});

test('a Pix for another key is no money', async () => {
  const payment = await openCharge();
  bank.pay(payment.txid, SERVICE.amountCents);
  await applyProviderCharge(
    context,
    payment,
    { ...bank.chargeOf(payment.txid), pixKey: 'somebody-else' },
    'webhook',
  );
  expect(await readPayment(context, payment.sessionId)).toMatchObject({
    status: 'PENDING',
    confirmations: 0,
  });
});

test('the word "concluded" without a receipt is not paid', async () => {
  const payment = await openCharge();
  bank.pay(payment.txid, SERVICE.amountCents);
  await applyProviderCharge(context, payment, { ...bank.chargeOf(payment.txid), receipts: [] }, 'poll');
  expect(await readPayment(context, payment.sessionId)).toMatchObject({
    status: 'PENDING',
    confirmations: 0,
  });
});

test('whatever happens in whatever order, the money adds up and nobody is paid twice', async () => {
  const step = fc.oneof(
    fc.record({ kind: fc.constant('pay' as const), cents: fc.constantFrom(SERVICE.amountCents, 1, 9_999) }),
    fc.record({ kind: fc.constantFrom('look', 'look_old', 'look_twice', 'cancel', 'withdraw') }),
    fc.record({ kind: fc.constant('wait' as const), ms: fc.constantFrom(1_000, 200_000, 400_000) }),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 12 }), async (steps) => {
      const payment = await openCharge();
      let old = bank.chargeOf(payment.txid);
      for (const now of steps) {
        if (now.kind === 'pay') bank.pay(payment.txid, now.cents);
        if (now.kind === 'wait') clock.advance(now.ms);
        if (now.kind === 'withdraw') bank.withdraw(payment.txid);
        if (now.kind === 'cancel') await bank.cancelCharge(payment);
        if (now.kind === 'look_old') await applyProviderCharge(context, payment, old, 'poll');
        if (now.kind === 'look_twice') await Promise.all([apply(payment), apply(payment)]);
        if (now.kind === 'look') {
          old = bank.chargeOf(payment.txid);
          await apply(payment);
        }
      }
      await apply(payment);
      const exact = bank
        .chargeOf(payment.txid)
        .receipts.filter((pix) => pix.amountCents === SERVICE.amountCents);
      const stored = await readPayment(context, payment.sessionId);
      expect(stored.confirmations).toBe(exact.length > 0 ? 1 : 0);
      expect(stored.refunds).toHaveLength(
        bank.chargeOf(payment.txid).receipts.length - Math.min(exact.length, 1),
      );
    }),
    { numRuns: 60 },
  );
  await expectMoneyAddsUp(context);
});

test('twin: the audit does see a ledger that disagrees', async () => {
  const payment = await openCharge();
  bank.pay(payment.txid, SERVICE.amountCents);
  await apply(payment);
  await context.db.query('UPDATE receipts SET amount_cents = amount_cents + 1 WHERE transaction_id = $1', [
    payment.transactionId,
  ]);
  const rules = (await auditLedger(context.db)).findings.map((finding) => finding.rule);
  expect(rules).toContain('receipt_posted_once_with_its_amount');
  expect(rules).toContain('receivable_is_receipts_minus_refunds');
  await context.db.query('UPDATE receipts SET amount_cents = amount_cents - 1 WHERE transaction_id = $1', [
    payment.transactionId,
  ]);
});

test('twin: the database refuses an entry that does not sum to zero, and any change of an entry', async () => {
  await expect(
    context.db.query(
      `WITH entry AS (
         INSERT INTO ledger_entries SELECT merchant_id, gen_random_uuid(), kind, NULL, 'crooked', now(), now()
         FROM ledger_entries LIMIT 1 RETURNING merchant_id, entry_id)
       INSERT INTO ledger_postings SELECT e.merchant_id, e.entry_id, line, account_code, 1, currency
       FROM entry e, ledger_postings LIMIT 2`,
    ),
  ).rejects.toThrow('sum to zero');
  await expect(context.db.query('UPDATE ledger_postings SET amount_cents = 7')).rejects.toThrow(
    'append-only',
  );
});
