import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { ManualClock } from '../../platform/testing/manual-clock.ts';
import type { ServerContext } from '../context.ts';
import { type App, createApp } from '../http/app.ts';
import { auditLedger } from '../ledger/audit-ledger.ts';
import { applyProviderCharge } from '../payments/apply-provider-charge.ts';
import { chargeCreator } from '../payments/create-charge.ts';
import { findBySession, type PaymentTransaction } from '../payments/payment-transaction.ts';
import { startRefundWorker } from '../payments/refunds.ts';
import { requestRefund } from '../payments/request-refund.ts';
import { ModelBank } from '../payments/testing/model-bank.ts';
import { chargeRequest, expectMoneyAddsUp, KIOSK, SERVICE } from '../payments/testing/payment-steps.ts';
import type { ChargeOrder, ProviderChargeRefund, ProviderDispute } from '../providers/provider.ts';
import type { Providers } from '../providers/providers.ts';
import { onlyProvider } from '../routing/charge-router.ts';
import { MANAGER_TOKEN, OPERATOR_TOKEN, seedShop, testContext } from '../testing/test-context.ts';
import { createTestDatabase, type TestDatabase } from '../testing/test-database.ts';
import { registerSplitRoutes } from './split-routes.ts';

class SplittingBank extends ModelBank {
  readonly splitsCharges = true;
  readonly orders: ChargeOrder[] = [];
  override createCharge(order: ChargeOrder) {
    this.orders.push(order);
    return super.createCharge(order);
  }
}

const clock = new ManualClock();
let database: TestDatabase;
let context: ServerContext;
let bank: SplittingBank;
let app: App;

beforeAll(async () => {
  database = await createTestDatabase();
  context = testContext({ db: database.db, clock });
  await seedShop(database.db, clock.nowMs());
  bank = new SplittingBank(clock);
});
beforeEach(async () => {
  app = await createApp(context);
  registerSplitRoutes(app, context, [{ provider: bank }] as unknown as Providers['national']);
});
afterEach(async () => {
  await expectMoneyAddsUp(context);
  await app.close();
});
afterAll(() => database.close());

async function post(path: string, body: object, token = MANAGER_TOKEN) {
  const headers = { authorization: `Bearer ${token}` };
  const response = await app.inject({ method: 'POST', url: `/v1/splits${path}`, headers, payload: body });
  return { status: response.statusCode, body: response.json() };
}
const overview = async () =>
  (await app.inject({ url: '/v1/splits', headers: { authorization: `Bearer ${MANAGER_TOKEN}` } })).json();
const recipient = (name: string, body: object = {}) =>
  post('/recipients', { recipient: name, kind: 'partner', name, ...body });
const rule = (body: object) => post('/rules', { ruleId: crypto.randomUUID(), ...body });

async function opened(): Promise<PaymentTransaction> {
  const request = chargeRequest(context);
  expect(await chargeCreator(context, onlyProvider(bank))(KIOSK, request)).toMatchObject({ ok: true });
  const payment = await findBySession(context.db, KIOSK.merchantId, request.sessionId);
  if (payment === undefined) throw new Error('no transaction');
  return payment;
}
async function paid(): Promise<PaymentTransaction> {
  const payment = await opened();
  bank.pay(payment.txid, SERVICE.amountCents);
  await applyProviderCharge(context, payment, bank.chargeOf(payment.txid), 'webhook');
  return payment;
}
async function sendBack(payment: PaymentTransaction, amountCents: number | null): Promise<void> {
  const { transactionId } = payment;
  const request = { requestId: crypto.randomUUID(), transactionId, amountCents, note: 'teste' };
  expect(await requestRefund(context, payment.merchantId, request, 'manager')).toMatchObject({ ok: true });
  await startRefundWorker(context, bank, { pausedUntilMs: () => 0 }).stop();
}
/** What the ledger owes each for one sale. */
async function owed(payment: PaymentTransaction): Promise<Record<string, number>> {
  const rows = await database.db.query<{ code: string; cents: number }>(
    `SELECT account_code AS code, -sum(amount_cents)::bigint AS cents
     FROM ledger_entries JOIN ledger_postings USING (merchant_id, entry_id)
     WHERE transaction_id = $1 AND account_code NOT LIKE 'receivable:%' GROUP BY account_code ORDER BY 1`,
    [payment.transactionId],
  );
  return Object.fromEntries(rows.map(({ code, cents }) => [code, cents]));
}

test('rules are made, checked and ended by the API', async () => {
  expect(await rule({ recipient: 'plataforma', percentBp: 250 })).toMatchObject({ status: 404 });
  const ids = { 'bacen-pix': 're_1' };
  expect(await recipient('plataforma', { kind: 'platform', providerIds: ids })).toMatchObject({
    status: 200,
  });
  expect(await recipient('x', { providerIds: { stripe: 're_1' } })).toMatchObject({
    body: { error: { code: 'provider_unknown' } },
  });
  const ruleId = crypto.randomUUID();
  const first = { ruleId, recipient: 'plataforma', percentBp: 250, fixedCents: 30 };
  expect(await rule(first)).toMatchObject({ status: 200, body: { rules: [first] } });
  expect(await rule(first)).toMatchObject({ status: 200, body: { rules: [first] } });
  expect(await rule({ ...first, percentBp: 1 })).toMatchObject({
    body: { error: { code: 'rule_conflict' } },
  });
  expect(await rule({ recipient: 'plataforma', percentBp: 1 })).toMatchObject({
    body: { error: { code: 'rule_exists' } },
  });
  await recipient('dr-silva');
  expect(await rule({ recipient: 'dr-silva', percentBp: 9_751 })).toMatchObject({
    body: { error: { code: 'too_much', message: '97.5 % are left' } },
  });
  expect(await rule({ recipient: 'dr-silva' })).toMatchObject({ status: 400 });
  expect(await rule({ recipient: 'dr-silva', percentBp: 1, serviceId: crypto.randomUUID() })).toMatchObject({
    body: { error: { code: 'service_unknown' } },
  });
  expect(await post('/rules', first, OPERATOR_TOKEN)).toMatchObject({ status: 403 });
  expect(await rule({ recipient: 'dr-silva', percentBp: 3_000 })).toMatchObject({ status: 200 });
});

test('a sale keeps the split of its opening, the provider is sent it, and the ledger owes it once it is paid', async () => {
  const payment = await opened();
  // Whom the provider does not know gets the part from the merchant.
  expect(bank.orders.at(-1)?.split).toEqual([{ recipientId: 're_1', amountCents: 155 }]);
  const before = await overview();
  for (const { ruleId } of before.rules) await post(`/rules/${ruleId}/remove`, {});
  expect((await overview()).rules).toEqual([]);
  expect(await owed(payment)).toEqual({});
  bank.pay(payment.txid, SERVICE.amountCents);
  await applyProviderCharge(context, payment, bank.chargeOf(payment.txid), 'webhook');
  await applyProviderCharge(context, payment, bank.chargeOf(payment.txid), 'poll');
  expect(await owed(payment)).toEqual({ 'payable:dr-silva': 1_500, 'payable:plataforma': 155, sales: 3_345 });
  expect(await owed(await paid())).toEqual({ sales: 5_000 });
  expect((await overview()).recipients).toMatchObject([
    { recipient: 'dr-silva', payable: [{ currency: 'BRL', amountCents: 1_500 }] },
    { recipient: 'plataforma', payable: [{ currency: 'BRL', amountCents: 155 }] },
  ]);
  await rule({ recipient: 'plataforma', percentBp: 250, fixedCents: 30 });
  await rule({ recipient: 'dr-silva', percentBp: 3_000 });
});

test('a provider that does not divide money is sent no split, and all is owed by the ledger', async () => {
  const plain = new ModelBank(clock, '77');
  const orders: ChargeOrder[] = [];
  const request = chargeRequest(context);
  const spy = Object.assign(Object.create(plain) as ModelBank, {
    createCharge: (order: ChargeOrder) => {
      orders.push(order);
      return plain.createCharge(order);
    },
  });
  await chargeCreator(context, onlyProvider(spy))(KIOSK, request);
  expect(orders.map(({ split }) => split)).toEqual([[]]);
});

test('rules of a service stand in the place of the merchant’s', async () => {
  const own = crypto.randomUUID();
  await rule({ ruleId: own, recipient: 'dr-silva', serviceId: SERVICE.serviceId, percentBp: 10_000 });
  const payment = await paid();
  expect(await owed(payment)).toEqual({ 'payable:dr-silva': 5_000, sales: 0 });
  await post(`/rules/${own}/remove`, {});
});

test('what goes back is taken from each in proportion, in whatever parts, and wholly in the end', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.integer({ min: 1, max: 1_600 }), { maxLength: 3 }), async (parts) => {
      const payment = await paid();
      let back = 0;
      for (const part of parts) {
        await sendBack(payment, part);
        back += part;
        expect((await owed(payment))['payable:dr-silva']).toBe(1_500 - Math.floor((1_500 * back) / 5_000));
      }
      await sendBack(payment, null);
      const { sales = 0, sales_returns: returns = 0, ...payable } = await owed(payment);
      expect([sales + returns, payable]).toEqual([0, { 'payable:dr-silva': 0, 'payable:plataforma': 0 }]);
    }),
    { numRuns: 12 },
  );
});

test('a refund that came back to the provider gives each their part again, however often', async () => {
  const payment = await paid();
  const charge = bank.chargeOf(payment.txid);
  const receiptId = charge.receipts[0]?.receiptId ?? '';
  const refund = {
    receiptId,
    amountCents: 2_500,
    providerStatus: '',
    reason: null,
    initiatedBy: 'provider',
  } as const;
  const told: ProviderChargeRefund[] = [];
  for (let round = 0; round < 3; round += 1) {
    const one = { ...refund, refundId: `re_${payment.txid}_${round}` };
    for (const [status, left] of [
      ['settled', 750],
      ['refused', 1_500],
    ] as const) {
      told[round] = { ...one, status };
      await applyProviderCharge(context, payment, { ...charge, refunds: told }, 'poll');
      expect((await owed(payment))['payable:dr-silva']).toBe(left);
    }
  }
});

test('a dispute that is lost takes the parts back, one that is won does not', async () => {
  const disputed = async (status: ProviderDispute['status']): Promise<Record<string, number>> => {
    const payment = await paid();
    const charge = bank.chargeOf(payment.txid);
    const dispute = {
      disputeId: crypto.randomUUID(),
      receiptId: charge.receipts[0]?.receiptId ?? '',
      kind: 'med',
      amountCents: 5_000,
      reason: 'fraude',
      openedAtMs: clock.nowMs(),
    } as const;
    for (const step of ['open', status] as const)
      await applyProviderCharge(
        context,
        payment,
        { ...charge, disputes: [{ ...dispute, status: step }] },
        'poll',
      );
    return owed(payment);
  };
  expect(await disputed('open')).toMatchObject({ 'payable:dr-silva': 1_500 });
  expect(await disputed('won')).toMatchObject({ 'payable:dr-silva': 1_500 });
  expect(await disputed('lost')).toMatchObject({ 'payable:dr-silva': 0, 'payable:plataforma': 0 });
});

test('who owns a part is paid what is owed and no more, once, and a mistake is taken back', async () => {
  const owedNow = async (): Promise<number> =>
    (await overview()).recipients.find((one: { recipient: string }) => one.recipient === 'dr-silva')
      .payable[0].amountCents;
  await paid();
  const owedCents = await owedNow();
  const payout = {
    payoutId: crypto.randomUUID(),
    recipient: 'dr-silva',
    amountCents: owedCents - 100,
    paidAt: clock.nowMs(),
    by: 'Financeiro',
  };
  expect(await post('/payouts', { ...payout, amountCents: owedCents + 1 })).toMatchObject({
    status: 409,
    body: { error: { code: 'more_than_owed', message: `${owedCents} cents of BRL are owed` } },
  });
  const same = await Promise.all([1, 2, 3].map(() => post('/payouts', payout)));
  expect(same.map(({ status }) => status)).toEqual([200, 200, 200]);
  expect(await owedNow()).toBe(100);
  expect(await post('/payouts', { ...payout, amountCents: 1 })).toMatchObject({
    body: { error: { code: 'payout_conflict' } },
  });
  // Two at once see the same hundred cents, and one of them gets it.
  const race = await Promise.all(
    [1, 2].map(() => post('/payouts', { ...payout, payoutId: crypto.randomUUID(), amountCents: 100 })),
  );
  expect(race.map(({ status }) => status).sort()).toEqual([200, 409]);
  expect(await owedNow()).toBe(0);

  const reverse = () => post(`/payouts/${payout.payoutId}/reverse`, { by: 'Gestor' });
  expect(await reverse()).toMatchObject({ status: 200, body: { reversedBy: 'Gestor' } });
  expect(await reverse()).toMatchObject({ status: 200 });
  expect(await owedNow()).toBe(owedCents - 100);
  const byBank = { ...payout, payoutId: crypto.randomUUID(), provider: bank.name };
  expect(await post('/payouts', byBank)).toMatchObject({ status: 200, body: { provider: bank.name } });
  expect(await post('/payouts', { ...byBank, provider: 'stripe' })).toMatchObject({ status: 404 });
  expect(await post('/payouts', { ...payout, recipient: 'nobody' })).toMatchObject({ status: 404 });
  expect(await post(`/payouts/${crypto.randomUUID()}/reverse`, { by: 'x' })).toMatchObject({ status: 404 });
  await expectMoneyAddsUp(context);
});

test('the audit sees a part that was not posted, and one that did not go back', async () => {
  const payment = await paid();
  const rules = async () => [
    ...new Set((await auditLedger(context.db)).findings.map((finding) => finding.rule)),
  ];
  const change = (cents: number) =>
    database.db.query(
      'UPDATE transaction_splits SET amount_cents = amount_cents + $2 WHERE transaction_id = $1',
      [payment.transactionId, cents],
    );
  await change(1);
  expect(await rules()).toEqual(['split_posted_with_its_amount']);
  await change(-1);
  await sendBack(payment, null);
  await change(1);
  expect(await rules()).toEqual(['split_posted_with_its_amount', 'split_goes_back_with_its_sale']);
  await change(-1);
});
