import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { ManualClock } from '../../platform/testing/manual-clock.ts';
import { DEMO_MERCHANT_ID } from '../catalog/demo-shop.ts';
import type { ServerContext } from '../context.ts';
import { eraseCustomer } from '../customers/erase-customer.ts';
import { openDatabase } from '../db/database.ts';
import { applyProviderCharge } from '../payments/apply-provider-charge.ts';
import { openTransaction } from '../payments/open-transaction.ts';
import { findBySession, type PaymentTransaction } from '../payments/payment-transaction.ts';
import { ModelBank } from '../payments/testing/model-bank.ts';
import { chargeRequest, expectMoneyAddsUp, KIOSK } from '../payments/testing/payment-steps.ts';
import type { ProviderCharge } from '../providers/provider.ts';
import type { CardFacts, ChargeFacts } from '../providers/provider-facts.ts';
import { keepRecurrence } from '../recurring/keep-recurrence.ts';
import { onlyProvider } from '../routing/charge-router.ts';
import { seedShop, testContext } from '../testing/test-context.ts';
import { createTestDatabase, type TestDatabase } from '../testing/test-database.ts';
import { readLearnt } from './read-links.ts';

const clock = new ManualClock();
const takenBack: unknown[] = [];
let database: TestDatabase;
/** Two server processes on one database, as far as the database can tell. */
let processes: readonly [ServerContext, ServerContext];
let bank: ModelBank;

beforeAll(async () => {
  database = await createTestDatabase((error) => takenBack.push(error));
  await seedShop(database.db, clock.nowMs());
  const second = openDatabase(
    database.url,
    () => undefined,
    (error) => takenBack.push(error),
  );
  processes = [testContext({ db: database.db, clock }), testContext({ db: second, clock })];
  bank = new ModelBank(clock);
});
afterEach(() => expectMoneyAddsUp(processes[0]));
afterAll(async () => {
  await processes[1].db.close();
  await database.close();
});

async function opened(): Promise<PaymentTransaction> {
  const [context] = processes;
  const request = chargeRequest(context);
  await openTransaction(context, onlyProvider(bank), KIOSK, request);
  const payment = await findBySession(context.db, KIOSK.merchantId, request.sessionId);
  if (payment === undefined) throw new Error('the payment was not opened');
  return payment;
}

function chargeOf(payment: PaymentTransaction, facts: ChargeFacts, isPaid = false): ProviderCharge {
  const nowMs = clock.nowMs();
  const endToEndId = `E${payment.txid.slice(0, 31)}`;
  const receipt = {
    receiptId: endToEndId,
    endToEndId,
    txid: payment.txid,
    pixKey: payment.pixKey,
    feeCents: null,
  };
  return {
    txid: payment.txid,
    providerChargeId: null,
    pixKey: payment.pixKey,
    amountCents: payment.amountCents,
    currency: payment.currency,
    status: isPaid ? 'SUCCEEDED' : 'PENDING',
    closedBy: null,
    providerStatus: isPaid ? 'CONCLUIDA' : 'ATIVA',
    createdAtMs: nowMs,
    expiresAtMs: nowMs + 300_000,
    brCode: 'code',
    receipts: isPaid ? [{ ...receipt, amountCents: payment.amountCents, paidAtMs: nowMs }] : [],
    refunds: [],
    disputes: [],
    facts,
  };
}

const CARD: CardFacts = {
  id: 'pm_1',
  fingerprint: 'fp_1',
  brand: 'VISA',
  last4: '4242',
  expMonth: 12,
  expYear: 2030,
};
const payerOf = (name: string) => ({ name, email: `${name}@example.com` });
const learnt = (payment: PaymentTransaction) => readLearnt(database.db, payment);

async function count(sql: string, parameters: readonly unknown[] = []): Promise<number> {
  const [row] = await database.db.query<{ count: number }>(
    `SELECT count(*)::int AS count ${sql}`,
    parameters,
  );
  return row?.count ?? 0;
}

describe('two processes', () => {
  test('many payments of one customer by one card at once: one customer, one link, one card', async () => {
    const payments = await Promise.all(Array.from({ length: 12 }, opened));
    const facts = { payer: payerOf('ana'), customerId: 'cus_ana', card: CARD };
    await Promise.all(
      payments.flatMap((payment, at) => {
        const context = processes[at % 2 === 0 ? 0 : 1];
        const other = processes[at % 2 === 0 ? 1 : 0];
        return [
          applyProviderCharge(context, payment, chargeOf(payment, facts), 'webhook'),
          applyProviderCharge(other, payment, chargeOf(payment, facts, true), 'poll'),
        ];
      }),
    );
    const views = await Promise.all(payments.map(learnt));
    expect(new Set(views.map(({ customerId }) => customerId)).size).toBe(1);
    expect(new Set(views.map(({ card }) => card?.paymentMethodId)).size).toBe(1);
    expect(views[0]).toMatchObject({ providerCustomerId: 'cus_ana', card: { brand: 'visa', last4: '4242' } });
    expect(await count('FROM customer_providers WHERE customer_id = $1', [views[0]?.customerId])).toBe(1);
    expect(await count('FROM customer_payment_methods WHERE customer_id = $1', [views[0]?.customerId])).toBe(
      1,
    );
    expect(takenBack).toEqual([]);
  });
});

describe('cards', () => {
  test('one that was seen before anybody knew whose it is becomes its customer’s', async () => {
    const card = { ...CARD, id: 'pm_x', fingerprint: 'fp_x' };
    const first = await opened();
    await applyProviderCharge(processes[0], first, chargeOf(first, { card }), 'webhook');
    const second = await opened();
    await applyProviderCharge(
      processes[0],
      second,
      chargeOf(second, { card, payer: payerOf('bia') }),
      'webhook',
    );
    const [one, other] = [await learnt(first), await learnt(second)];
    expect(one.card?.paymentMethodId).toBe(other.card?.paymentMethodId);
    expect(await count('FROM customer_payment_methods WHERE fingerprint = $1', ['fp_x'])).toBe(1);
  });

  test('of two customers who share it each has a row', async () => {
    const card = { ...CARD, id: 'pm_y', fingerprint: 'fp_y' };
    for (const name of ['caio', 'dora']) {
      const payment = await opened();
      await applyProviderCharge(
        processes[0],
        payment,
        chargeOf(payment, { card, payer: payerOf(name) }),
        'webhook',
      );
    }
    expect(await count('FROM customer_payment_methods WHERE fingerprint = $1', ['fp_y'])).toBe(2);
  });

  test('what one answer leaves out another adds, and takes nothing away', async () => {
    const payment = await opened();
    for (const card of [
      { last4: '1881', brand: 'visa' },
      { id: 'pm_z', last4: '1881' },
      { fingerprint: 'fp_z', last4: '1881' },
    ])
      await applyProviderCharge(
        processes[0],
        payment,
        chargeOf(payment, { card, payer: payerOf('eva'), orderId: 'or_1' }),
        'webhook',
      );
    await applyProviderCharge(processes[0], payment, chargeOf(payment, {}), 'poll');
    const view = await learnt(payment);
    expect(view).toMatchObject({ providerOrderId: 'or_1', card: { brand: 'visa', last4: '1881' } });
    expect(await count("FROM customer_payment_methods WHERE last4 = '1881'")).toBe(1);
  });

  test.each([
    ['provider_method_id', '4111 1111 1111 1111'],
    ['fingerprint', 'card_5500-0000-0000-0004'],
    ['brand', '378282246310005'],
  ])('the database takes no card number: %s', async (column, number) => {
    await expect(
      database.db.query(`UPDATE customer_payment_methods SET ${column} = $1`, [number]),
    ).rejects.toMatchObject({ code: '23514' });
  });

  test('an id that looks like a card number is left out, and the money is written down', async () => {
    const payment = await opened();
    const card = { id: '4111111111111111', fingerprint: 'fp_pan', last4: '1111' };
    await applyProviderCharge(processes[0], payment, chargeOf(payment, { card }, true), 'webhook');
    expect(await learnt(payment)).toMatchObject({ card: { last4: '1111' }, sessionStatus: 'completed' });
    expect(
      await count(
        "FROM customer_payment_methods WHERE fingerprint = 'fp_pan' AND provider_method_id IS NULL",
      ),
    ).toBe(1);
  });
});

test('whatever is told beside the money, the money is written down', async () => {
  const text = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 300 }),
    fc.constantFrom(
      '\u0000',
      '4111111111111111',
      'x'.repeat(100_000),
      '\ud800',
      'a@b.c',
      '529.982.247-25',
      '',
    ),
  );
  const number = fc.oneof(fc.integer(), fc.double(), fc.constantFrom(Number.NaN, 1e20, -1));
  const maybe = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined });
  const facts = fc.record({
    installments: maybe(number),
    orderId: maybe(text),
    paymentId: maybe(text),
    customerId: maybe(text),
    payer: maybe(
      fc.record({ name: maybe(text), email: maybe(text), document: maybe(text), phone: maybe(text) }),
    ),
    card: maybe(
      fc.record({
        id: maybe(text),
        fingerprint: maybe(text),
        brand: maybe(text),
        last4: maybe(text),
        expMonth: maybe(number),
        expYear: maybe(number),
        isSaved: maybe(fc.boolean()),
        isDefault: maybe(fc.boolean()),
      }),
    ),
    subscription: maybe(fc.record({ agreementId: text, startsOn: maybe(text), endsOn: maybe(text) })),
    payload: maybe(
      fc.oneof(
        fc.anything({ maxDepth: 3 }).filter((value) => typeof value !== 'bigint'),
        text,
      ),
    ),
  });
  await fc.assert(
    fc.asyncProperty(facts, async (told) => {
      const payment = await opened();
      await applyProviderCharge(
        processes[0],
        payment,
        chargeOf(payment, told as ChargeFacts, true),
        'webhook',
      );
      expect(await learnt(payment)).toMatchObject({ sessionStatus: 'completed' });
    }),
    { numRuns: 80 },
  );
  const held = await database.db.query<{ text: string }>(
    `SELECT concat_ws(' ', provider_method_id, fingerprint, brand, last4) AS text FROM customer_payment_methods`,
  );
  expect(held.filter((row) => row.text.includes('4111111111111111'))).toEqual([]);
});

test('what a provider answered is kept once, without names, documents and secrets', async () => {
  const payment = await opened();
  const payload = {
    id: 'pi_1',
    client_secret: 'pi_1_secret_2',
    devedor: { nome: 'Maria Souza', cpf: '52998224725' },
    email: 'maria@example.com',
    number: '4111 1111 1111 1111',
    valor: '37.00',
  };
  await applyProviderCharge(processes[0], payment, chargeOf(payment, { payload }), 'webhook');
  const read = () =>
    database.db.query<{ sealed: Uint8Array; at: Date }>(
      'SELECT payload_sealed AS sealed, read_at AS at FROM payment_payloads WHERE transaction_id = $1',
      [payment.transactionId],
    );
  const [first] = await read();
  if (first === undefined) throw new Error('nothing was kept');
  const text = String(processes[0].personalData.open(first.sealed));
  expect(text).toContain('37.00');
  for (const secret of ['Maria', '52998224725', 'maria@', 'pi_1_secret_2', '4111'])
    expect(text).not.toContain(secret);
  expect(Buffer.from(first.sealed).toString('utf8')).not.toContain('37.00');
  clock.advance(1_000);
  await applyProviderCharge(processes[0], payment, chargeOf(payment, { payload }), 'poll');
  expect((await read())[0]?.at).toEqual(first.at);
});

test('of an erased customer nothing is left by which they are known, and no answer brings it back', async () => {
  const payment = await opened();
  const facts = {
    payer: payerOf('gil'),
    customerId: 'cus_gil',
    card: { ...CARD, id: 'pm_gil', fingerprint: 'fp_gil' },
    payload: { a: 1 },
  };
  await applyProviderCharge(processes[0], payment, chargeOf(payment, facts, true), 'webhook');
  const { customerId } = await learnt(payment);
  if (customerId === null) throw new Error('the customer is not linked');
  const erased = await eraseCustomer(processes[0], DEMO_MERCHANT_ID, customerId, {
    reason: 'asked for by the customer',
    by: 'manager',
  });
  expect(erased.ok).toBe(true);
  await applyProviderCharge(processes[0], payment, chargeOf(payment, facts, true), 'poll');
  expect(await learnt(payment)).toMatchObject({
    customerId,
    providerCustomerId: null,
    card: { last4: null },
    payloadReadAt: null,
  });
  expect(await count("FROM customer_payment_methods WHERE fingerprint = 'fp_gil'")).toBe(0);
});

test('an agreement is a subscription with its plan, trial, period and default card; a newer answer moves it on', async () => {
  const key = { merchantId: DEMO_MERCHANT_ID, provider: 'stripe', kind: 'agreement', id: 'sub_1' } as const;
  const told = (card: string, month: string) => ({
    kind: 'agreement' as const,
    id: 'sub_1',
    agreementId: null,
    reference: null,
    status: 'active' as const,
    providerStatus: 'trialing',
    amountCents: 2_500,
    currency: 'USD',
    dueOn: null,
    receipts: [],
    refunds: [],
    disputes: [],
    facts: {
      payer: payerOf('ivo'),
      customerId: 'cus_ivo',
      card: { id: card, isSaved: true, isDefault: true },
      plan: 'monthly',
      trialEndsAtMs: Date.UTC(2026, 5, 1),
      periodStartsOn: `2026-${month}-01`,
      periodEndsOn: `2026-${month}-28`,
    },
  });
  const readAtMs = clock.nowMs();
  await keepRecurrence(processes[0], key, told('pm_old', '04'), 'webhook', readAtMs);
  await keepRecurrence(processes[0], key, told('pm_new', '05'), 'webhook', readAtMs + 1_000);
  await keepRecurrence(processes[0], key, told('pm_old', '04'), 'webhook', readAtMs);
  const rows = await database.db.query(
    `SELECT s.plan, s.is_native AS "isNative", s.period_starts_on AS "startsOn", m.provider_method_id AS card,
       m.is_default AS "isDefault", r.status, c.provider_customer_id AS "theirs"
     FROM customer_subscriptions s
     JOIN recurrences r ON r.merchant_id = s.merchant_id AND r.provider = s.provider AND r.kind = s.recurrence_kind
       AND r.recurrence_id = s.provider_subscription_id
     JOIN customer_payment_methods m ON m.merchant_id = s.merchant_id AND m.payment_method_id = s.payment_method_id
     JOIN customer_providers c ON c.merchant_id = s.merchant_id AND c.customer_provider_id = s.customer_provider_id
     WHERE s.provider_subscription_id = 'sub_1'`,
  );
  expect(rows).toMatchObject([
    {
      plan: 'monthly',
      isNative: false,
      startsOn: '2026-05-01',
      card: 'pm_new',
      status: 'active',
      theirs: 'cus_ivo',
    },
  ]);
  expect(
    await count("FROM customer_payment_methods WHERE is_default AND provider_method_id LIKE 'pm_%'"),
  ).toBe(1);

  const payment = await opened();
  const subscription = { agreementId: 'sub_1', startsOn: '2026-05-01', endsOn: '2026-05-28' };
  await applyProviderCharge(
    processes[0],
    { ...payment },
    chargeOf(payment, { subscription: { ...subscription, agreementId: 'nobody knows' } }),
    'poll',
  );
  expect((await learnt(payment)).subscription).toBeNull();
});
