import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { CheckoutResponse } from '../../domain/protocol/checkouts.ts';
import { silentLog } from '../../platform/log.ts';
import { systemClock, systemRandom } from '../../platform/system.ts';
import { PAGARME_SECRET_KEY } from '../../simulators/provider/pagarme/pagarme.ts';
import type { ServerContext } from '../context.ts';
import { checkoutRequest, startCheckoutHouse } from '../international/testing/checkout-house.ts';
import { checkCharge } from '../payments/check-charge.ts';
import { chargeCreator } from '../payments/create-charge.ts';
import { findBySession } from '../payments/payment-transaction.ts';
import { chargeRequest, KIOSK } from '../payments/testing/payment-steps.ts';
import { pagarmeFactory } from '../providers/pagarme/pagarme.ts';
import type { NationalProvider } from '../providers/provider.ts';
import { type SimulatedBank, startSimulatedBank } from '../providers/testing/simulated-bank.ts';
import { onlyProvider } from '../routing/charge-router.ts';
import { seedShop, testContext } from '../testing/test-context.ts';
import { createTestDatabase, type TestDatabase } from '../testing/test-database.ts';
import { readLearnt } from './read-links.ts';

test('a card that is typed at Stripe is known by its brand and last four, from the webhook on', async () => {
  const house = await startCheckoutHouse();
  try {
    const request = checkoutRequest();
    const made = (await house.post('/v1/checkouts', request)).body as CheckoutResponse;
    const key = { merchantId: KIOSK.merchantId, transactionId: made.transactionId };
    expect(await readLearnt(house.context.db, key)).toMatchObject({
      routedProvider: 'stripe',
      paymentMethod: 'card',
      sessionStatus: 'open',
      sessionChannel: 'phone_page',
      card: null,
      capturedAt: null,
    });
    await house.pay(made.providerChargeId);
    await house.until(async () => (await readLearnt(house.context.db, key)).sessionStatus === 'completed');
    expect(await readLearnt(house.context.db, key)).toMatchObject({
      card: { brand: 'visa', last4: '4242', status: 'used' },
      providerPaymentId: expect.stringMatching(/^ch_/),
      capturedAt: expect.any(Number),
      payloadReadAt: expect.any(Number),
    });
  } finally {
    await house.close();
  }
});

describe('Pagar.me, at its simulator', () => {
  let bank: SimulatedBank;
  let database: TestDatabase;
  let context: ServerContext;
  let provider: NationalProvider;

  beforeAll(async () => {
    bank = await startSimulatedBank();
    database = await createTestDatabase();
    await seedShop(database.db, systemClock.nowMs());
    context = testContext({ db: database.db, clock: systemClock });
    provider = pagarmeFactory.open(
      {
        provider: 'pagarme',
        baseUrl: `${bank.url}/pagarme/core/v5`,
        secretKey: PAGARME_SECRET_KEY,
        fallbackCustomer: {
          name: 'Clínica Aurora',
          email: 'recepcao@aurora.example',
          cpf: '11144477735',
          phone: '5511999999999',
        },
        webhooks: { authentication: 'secret_address' },
        timeoutMs: 5_000,
      },
      { clock: systemClock, randomBytes: systemRandom, log: silentLog, fetch: globalThis.fetch },
    );
  });
  afterAll(async () => {
    await bank.close();
    await database.close();
  });

  async function paid(customer: { name: string; cpf: string } | undefined) {
    const request = { ...chargeRequest(context), ...(customer === undefined ? {} : { customer }) };
    const made = await chargeCreator(context, onlyProvider(provider))(KIOSK, request);
    if (!made.ok) throw new Error(made.detail);
    await bank.pay(made.charge.brCode);
    const payment = await findBySession(context.db, KIOSK.merchantId, request.sessionId);
    if (payment === undefined) throw new Error('the payment is gone');
    await checkCharge(context, provider, payment, 'poll');
    return readLearnt(context.db, payment);
  }

  test('who told their CPF at the totem is a customer there, with the order and the payment', async () => {
    const customer = { name: 'Maria Souza', cpf: '52998224725' };
    const first = await paid(customer);
    expect(first).toMatchObject({
      sessionStatus: 'completed',
      providerOrderId: expect.stringMatching(/^or_/),
      providerPaymentId: expect.stringMatching(/^ch_/),
      capturedAt: expect.any(Number),
    });
    expect(first.customerId).not.toBeNull();
    expect((await paid(customer)).customerId).toBe(first.customerId);
    const links = await database.db.query('SELECT FROM customer_providers WHERE customer_id = $1', [
      first.customerId,
    ]);
    expect(links).toHaveLength(1);
  });

  test('the stand-in of who told nothing is nobody', async () => {
    expect(await paid(undefined)).toMatchObject({ sessionStatus: 'completed', customerId: null });
  });
});
