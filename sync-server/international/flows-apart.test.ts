import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { txidOfSession } from '../../domain/ids.ts';
import { ManualClock } from '../../platform/testing/manual-clock.ts';
import { DEMO_CARD_OFFER, DEMO_KIOSK_ID, DEMO_SERVICES, DEMO_SHOP } from '../catalog/demo-shop.ts';
import type { ServerContext } from '../context.ts';
import { type App, createApp } from '../http/app.ts';
import { ModelBank } from '../payments/testing/model-bank.ts';
import { openProviders } from '../providers/open-providers.ts';
import type { CreateCheckoutOutcome, InternationalProvider } from '../providers/provider.ts';
import { watchProvider } from '../providers/provider-health.ts';
import { openStripe } from '../providers/stripe/testing/open-stripe.ts';
import { registerRoutes } from '../server.ts';
import { kioskToken } from '../testing/kiosk-identity.ts';
import { insertPaidSessions } from '../testing/paid-session.ts';
import { seedShop, testContext } from '../testing/test-context.ts';
import { createTestDatabase, type TestDatabase } from '../testing/test-database.ts';
import { checkoutRequest } from './testing/checkout-house.ts';

const clock = new ManualClock();
const bank = new ModelBank(clock);
/** What was asked of the double in Stripe's place. */
const stripeCalls: string[] = [];
let checkoutOutcome: CreateCheckoutOutcome;
let database: TestDatabase;
let context: ServerContext;
let app: App;

beforeAll(async () => {
  database = await createTestDatabase();
  await seedShop(database.db, clock.nowMs());
  context = testContext({ db: database.db, clock });
  app = await createApp(context);
  const running = { ...watchProvider(bank, clock), wakeInbox: () => undefined };
  const stripe = { ...watchProvider(stripeDouble(), clock), wakeInbox: () => undefined };
  await registerRoutes(app, context, { national: [running], international: stripe });
});
beforeEach(() => {
  stripeCalls.length = 0;
  bank.reachable = true;
  checkoutOutcome = { kind: 'unavailable', detail: 'a double' };
});
afterAll(async () => {
  await app.close();
  await database.close();
});

/** Stripe's own provider, but nothing goes out: each call is counted. */
function stripeDouble(): InternationalProvider {
  return new Proxy(openStripe({}), {
    get(target, key) {
      const value: unknown = Reflect.get(target, key);
      if (typeof value !== 'function') return value;
      return async () => {
        stripeCalls.push(String(key));
        return checkoutOutcome;
      };
    },
  });
}

async function post(url: string, payload: object): Promise<number> {
  const authorization = `Bearer ${kioskToken(DEMO_KIOSK_ID, clock)}`;
  return (await app.inject({ method: 'POST', url, headers: { authorization }, payload })).statusCode;
}

/** What a totem, or whoever has a totem's key, may send: right, wrong, and as if it were for a card. */
const nationalRequest = fc
  .record({
    service: fc.constantFrom(...DEMO_SERVICES),
    amountCents: fc.oneof(
      fc.constant(null),
      fc.constant(DEMO_CARD_OFFER.amountCents),
      fc.integer({ max: 10_000 }),
    ),
    txid: fc.option(fc.stringMatching(/^[a-zA-Z0-9]{26,35}$/)),
    asForACard: fc.record(
      {
        provider: fc.constant('stripe'),
        flow: fc.constant('international'),
        method: fc.constant('card'),
        payment: fc.constant('card'),
        currency: fc.constantFrom('USD', 'BRL'),
        offerId: fc.constant(DEMO_CARD_OFFER.offerId),
        international: fc.boolean(),
      },
      { requiredKeys: [] },
    ),
    noise: fc.option(fc.dictionary(fc.string(), fc.jsonValue()), { freq: 4 }),
    bankIsThere: fc.boolean(),
  })
  .map(({ service, amountCents, txid, asForACard, noise, bankIsThere }) => {
    const sessionId = randomUUID();
    const body = {
      ...noise,
      sessionId,
      txid: txid ?? txidOfSession(sessionId),
      serviceId: service.serviceId,
      catalogVersion: 1,
      amountCents: amountCents ?? service.amountCents,
      ...asForACard,
    };
    return { body, bankIsThere };
  });

describe('no national path reaches Stripe', () => {
  test('whatever POST /v1/charges is sent, and whether the bank is there or not', async () => {
    const statuses = new Set<number>();
    await fc.assert(
      fc.asyncProperty(nationalRequest, async ({ body, bankIsThere }) => {
        bank.reachable = bankIsThere;
        statuses.add(await post('/v1/charges', body));
        statuses.add(await post('/v1/charges', body));
        expect(stripeCalls).toEqual([]);
      }),
      { numRuns: 150 },
    );
    // Charges were made, refused and not to be had: the property has seen all of it.
    expect([...statuses]).toEqual(expect.arrayContaining([200, 409, 503]));
    const rows = await database.db.query("SELECT 1 FROM payment_transactions WHERE provider = 'stripe'");
    expect(rows).toEqual([]);
  });

  test('a card checkout does: the count above could have been another', async () => {
    expect(await post('/v1/checkouts', checkoutRequest())).toBe(503);
    expect(stripeCalls).toEqual(['createCheckout']);
  });

  test('the session of a checkout gets no PIX, though its figure were a price here', async () => {
    const request = checkoutRequest();
    expect(await post('/v1/checkouts', request)).toBe(503);
    stripeCalls.length = 0;
    expect(await post('/v1/charges', request)).toBe(409);
    expect(stripeCalls).toEqual([]);
    expect(await bank.fetchCharge(request)).toEqual({ kind: 'not_found' });
  });

  test('nor does the session of a PIX get a checkout', async () => {
    const request = checkoutRequest();
    const [service] = DEMO_SERVICES;
    const national = { ...request, serviceId: service.serviceId, amountCents: service.amountCents };
    expect(await post('/v1/charges', national)).toBe(200);
    expect(await post('/v1/checkouts', request)).toBe(409);
    expect(stripeCalls).toEqual([]);
  });
});

describe('the database', () => {
  test.each([
    ["a national payment to Stripe's", "provider = 'stripe'"],
    ['a payment of a national provider to the other flow', "flow = 'international'"],
  ])('does not take %s', async (_what, change) => {
    const [paid] = await insertPaidSessions(database.db, { count: 1, firstNumber: 500, atMs: clock.nowMs() });
    const update = `UPDATE payment_transactions SET ${change} WHERE merchant_id = $1 AND session_id = $2`;
    const keys = [DEMO_SHOP.merchantId, paid?.sessionId];
    await expect(database.db.query(update, keys)).rejects.toMatchObject({ code: '23514' });
    await database.db.query('DELETE FROM payment_transactions WHERE session_id = $1', [paid?.sessionId]);
  });

  test('does not take a checkout of a national provider', async () => {
    const request = checkoutRequest();
    await post('/v1/checkouts', request);
    await expect(
      database.db.query("UPDATE payment_transactions SET provider = 'bacen-pix' WHERE session_id = $1", [
        request.sessionId,
      ]),
    ).rejects.toMatchObject({ code: '23514' });
  });
});

test('a server without Stripe refuses a card at once, writes nothing, and shows no page', async () => {
  const without = await createApp(context);
  await registerRoutes(without, context, {
    national: [{ ...watchProvider(bank, clock), wakeInbox: () => undefined }],
    international: null,
  });
  const request = checkoutRequest();
  const headers = { authorization: `Bearer ${kioskToken(DEMO_KIOSK_ID, clock)}` };
  const answer = await without.inject({ method: 'POST', url: '/v1/checkouts', headers, payload: request });
  expect(answer.statusCode).toBe(502);
  expect((await without.inject({ url: `/pay/${'A'.repeat(22)}` })).statusCode).toBe(404);
  const keys = [request.sessionId];
  expect(await database.db.query('SELECT 1 FROM payment_transactions WHERE session_id = $1', keys)).toEqual(
    [],
  );
  await without.close();
});

test('the configuration puts Stripe into its own flow alone', () => {
  const settings = {
    provider: 'stripe',
    secretKey: 'sk_test_1',
    publishableKey: 'pk_test_1',
    webhookSecrets: ['whsec_1'],
  };
  const others = context.config.providers;
  const environment = { clock, randomBytes: context.randomBytes, log: context.log, fetch: globalThis.fetch };
  const pix = {
    provider: 'bacen-pix',
    baseUrl: 'http://127.0.0.1:9',
    tokenUrl: 'http://127.0.0.1:9',
    clientId: 'c',
    clientSecret: 's',
  };
  expect(
    openProviders({ ...others, national: [pix], international: settings }, environment).international?.name,
  ).toBe('stripe');
  expect(() => openProviders({ ...others, national: [settings], international: null }, environment)).toThrow(
    /no provider stripe/,
  );
  expect(() => openProviders({ ...others, national: [pix], international: pix }, environment)).toThrow(
    /no provider bacen-pix/,
  );
});
