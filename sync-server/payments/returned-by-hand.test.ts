import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { ManualClock } from '../../platform/testing/manual-clock.ts';
import { DEMO_SHOP } from '../catalog/demo-shop.ts';
import type { ServerContext } from '../context.ts';
import { onlyProvider } from '../routing/charge-router.ts';
import { seedShop, testContext } from '../testing/test-context.ts';
import { createTestDatabase, type TestDatabase } from '../testing/test-database.ts';
import { applyProviderCharge } from './apply-provider-charge.ts';
import { chargeCreator } from './create-charge.ts';
import { listRefunds } from './list-refunds.ts';
import { findBySession, type PaymentTransaction } from './payment-transaction.ts';
import { refundIdOf } from './record-receipts.ts';
import { startRefundWorker } from './refunds.ts';
import { requestRefund } from './request-refund.ts';
import { retryRefunds } from './retry-refund.ts';
import { closeReturned } from './returned-by-hand.ts';
import { ModelBank } from './testing/model-bank.ts';
import { chargeRequest, expectMoneyAddsUp, KIOSK, readPayment, SERVICE } from './testing/payment-steps.ts';

const HEALTHY = { pausedUntilMs: () => 0 };
const { merchantId } = DEMO_SHOP;

let database: TestDatabase;
let clock: ManualClock;
let context: ServerContext;
let bank: ModelBank;
let branch = 60;

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
  bank.refundsEndAs = 'refused';
});
afterEach(() => expectMoneyAddsUp(context));
afterAll(() => database.close());

test('a sale whose refund somebody sent by hand says so in its own columns', async () => {
  const payment = await paid(SERVICE.amountCents);
  const request = {
    requestId: randomUUID(),
    transactionId: payment.transactionId,
    amountCents: null,
    note: 'pedido',
  };
  const asked = await requestRefund(context, merchantId, request, 'manager');
  if (!asked.ok) throw new Error(asked.detail);
  await startRefundWorker(context, bank, HEALTHY).stop();
  await closeReturned(context, merchantId, {
    refundId: asked.refundId,
    by: 'Marta',
    note: 'pelo aplicativo',
  });
  const columns = await context.db.query(
    'SELECT status, refunded_cents AS cents, refunded_at AS at FROM payment_transactions WHERE transaction_id = $1',
    [payment.transactionId],
  );
  expect(columns).toEqual([{ status: 'REFUNDED', cents: SERVICE.amountCents, at: new Date(clock.nowMs()) }]);
});

async function paid(...amounts: number[]): Promise<PaymentTransaction> {
  const request = chargeRequest(context);
  await chargeCreator(context, onlyProvider(bank))(KIOSK, request);
  const payment = await findBySession(context.db, merchantId, request.sessionId);
  if (payment === undefined) throw new Error('no charge was made');
  for (const amountCents of amounts) bank.pay(payment.txid, amountCents);
  await applyProviderCharge(context, payment, bank.chargeOf(payment.txid), 'webhook');
  return payment;
}

/** A wrong amount whose refund the bank refused. @returns the payment and the refund's id */
async function refused(amountCents = 700): Promise<[PaymentTransaction, string]> {
  const payment = await paid(amountCents);
  await startRefundWorker(context, bank, HEALTHY).stop();
  const [receipt] = bank.chargeOf(payment.txid).receipts;
  return [payment, refundIdOf(receipt?.receiptId ?? '')];
}
const close = (refundId: string, note = 'Pix de volta feito no aplicativo do banco') =>
  closeReturned(context, merchantId, { refundId, by: 'Marta, financeiro', note });
const statusOf = async ({ sessionId }: PaymentTransaction) => (await readPayment(context, sessionId)).refunds;
const owed = async ({ transactionId }: PaymentTransaction): Promise<number> => {
  const [row] = await context.db.query<{ cents: number }>(
    `SELECT coalesce(sum(amount_cents), 0)::int AS cents FROM ledger_postings p JOIN ledger_entries e USING (merchant_id, entry_id)
     WHERE e.transaction_id = $1 AND account_code = 'refunds_payable'`,
    [transactionId],
  );
  return row?.cents ?? 0;
};
/** Somebody sends money of a charge back in the bank's own pages. */
async function inTheBanksPages(payment: PaymentTransaction, amountCents: number): Promise<void> {
  const charge = bank.chargeOf(payment.txid);
  const [receipt] = charge.receipts;
  const byHand = {
    refundId: `H${payment.txid}${amountCents}`,
    receiptId: receipt?.receiptId ?? '',
    amountCents,
    status: 'settled',
    providerStatus: 'DEVOLVIDO',
    reason: null,
    initiatedBy: 'provider',
  } as const;
  await applyProviderCharge(context, payment, { ...charge, refunds: [byHand] }, 'poll');
}

test('a refund that the bank refused is closed by a person: nothing is owed, and it says who', async () => {
  const [payment, refundId] = await refused();
  expect(await statusOf(payment)).toMatchObject([{ status: 'failed', cents: 700 }]);
  expect(await owed(payment)).toBe(-700);

  expect(await close(refundId)).toEqual({ ok: true, refundId });
  expect(await statusOf(payment)).toMatchObject([{ status: 'settled', cents: 700 }]);
  expect(await owed(payment)).toBe(0);
  const [shown] = (await listRefunds(context.db, merchantId, { limit: 1 })).refunds;
  expect(shown).toMatchObject({
    refundId,
    status: 'settled',
    settledAt: clock.nowMs(),
    returned: {
      by: 'Marta, financeiro',
      note: 'Pix de volta feito no aplicativo do banco',
      at: clock.nowMs(),
    },
  });
  expect((await readPayment(context, payment.sessionId)).feedKinds.at(-1)).toBe('refund.changed');
});

test('told again, also by many at once, it is closed once; and no worker or retry takes it up again', async () => {
  const [payment, refundId] = await refused();
  const answers = await Promise.all(Array.from({ length: 8 }, () => close(refundId)));
  expect(answers).toEqual(answers.map(() => ({ ok: true, refundId })));
  expect(await close(refundId, 'outra nota')).toEqual({ ok: true, refundId });
  expect((await listRefunds(context.db, merchantId, { limit: 1 })).refunds[0]?.returned?.note).toContain(
    'Pix',
  );
  expect(await retryRefunds(context, merchantId, [refundId])).toEqual([]);
  bank.settleRefunds('settled');
  await startRefundWorker(context, bank, HEALTHY).stop();
  const entries = await context.db.query('SELECT 1 FROM ledger_entries WHERE idempotency_key = $1', [
    `refund:${refundId}`,
  ]);
  expect(entries).toHaveLength(1);
  expect(await owed(payment)).toBe(0);
});

test('what the bank has told of already is not posted once more: the false alarm alone ends', async () => {
  const [payment, refundId] = await refused();
  await inTheBanksPages(payment, 700);
  expect(await statusOf(payment)).toMatchObject([{ status: 'settled' }, { status: 'failed' }]);
  const told = `H${payment.txid}700`;
  expect(await close(refundId)).toEqual({ ok: true, refundId: told });
  expect(await close(refundId)).toEqual({ ok: true, refundId: told });
  expect((await listRefunds(context.db, merchantId, { status: 'failed', limit: 5 })).total).toBe(0);
  expect(await owed(payment)).toBe(0);
});

test('of what the bank has told of in part, the rest is closed', async () => {
  const [payment, refundId] = await refused(1_000);
  await inTheBanksPages(payment, 400);
  expect(await close(refundId)).toEqual({ ok: true, refundId: `${refundId}2` });
  expect(await close(refundId)).toEqual({ ok: true, refundId: `${refundId}2` });
  const { refunds } = await listRefunds(context.db, merchantId, { limit: 2 });
  expect(
    refunds
      .map(({ amountCents, status }) => ({ amountCents, status }))
      .toSorted((a, b) => a.amountCents - b.amountCents),
  ).toEqual([
    { amountCents: 400, status: 'settled' },
    { amountCents: 600, status: 'settled' },
  ]);
  expect(await owed(payment)).toBe(0);
});

test('money of a sale, too: the payment is refunded, and its ticket follows', async () => {
  const payment = await paid(SERVICE.amountCents);
  const asked = await requestRefund(
    context,
    merchantId,
    {
      requestId: crypto.randomUUID(),
      transactionId: payment.transactionId,
      amountCents: null,
      note: 'Desmarcada',
    },
    'manager',
  );
  if (!asked.ok) throw new Error(asked.code);
  await startRefundWorker(context, bank, HEALTHY).stop();
  expect(await close(asked.refundId)).toMatchObject({ ok: true });
  expect((await readPayment(context, payment.sessionId)).status).toBe('REFUNDED');
});

test('refused: one of nobody, one that did not fail, one that goes on under another id, one that the bank may still carry out', async () => {
  expect(await close('R-of-nobody')).toMatchObject({ ok: false, code: 'unknown_refund' });
  const payment = await paid(900);
  const [receipt] = bank.chargeOf(payment.txid).receipts;
  const refundId = refundIdOf(receipt?.receiptId ?? '');
  expect(await close(refundId)).toMatchObject({ ok: false, code: 'not_failed' });
  await startRefundWorker(context, bank, HEALTHY).stop();
  await retryRefunds(context, merchantId, [refundId]);
  expect(await close(refundId)).toMatchObject({ ok: false, code: 'not_failed' });
  await context.db.query(
    `UPDATE refunds SET status = 'failed', refused = false, provider_status = 'EM_PROCESSAMENTO', next_attempt_at = NULL
     WHERE refund_id = $1`,
    [`${refundId}2`],
  );
  expect(await close(`${refundId}2`)).toMatchObject({ ok: false, code: 'under_way' });
  expect(await owed(payment)).toBe(-900);
});
