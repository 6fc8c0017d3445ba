import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { CheckoutRequest, CheckoutResponse } from '../../domain/protocol/checkouts.ts';
import { FEED_PAYLOADS as OLD_FEED_PAYLOADS } from '../../domain/testing/release-2/protocol/feed.ts';
import { DEMO_CARD_OFFER, DEMO_SERVICES, DEMO_SHOP } from '../catalog/demo-shop.ts';
import { addOfferPrice } from '../catalog/offers.ts';
import { auditLedger } from '../ledger/audit-ledger.ts';
import { requestChargeCancellation } from '../payments/cancel-charge.ts';
import { findBySession } from '../payments/payment-transaction.ts';
import { OPERATOR_TOKEN } from '../testing/test-context.ts';
import { type CheckoutHouse, checkoutRequest, startCheckoutHouse } from './testing/checkout-house.ts';

let house: CheckoutHouse;

beforeAll(async () => {
  house = await startCheckoutHouse();
});
beforeEach(async () => {
  await house.faults({ online: true, apiDelayMs: 0, timeoutAfterSuccess: false, webhook: 'normal' });
  house.calls.clear();
});
afterAll(() => house.close());

async function checkout(request: CheckoutRequest = checkoutRequest()): Promise<CheckoutResponse> {
  const answer = await house.post('/v1/checkouts', request);
  expect(answer.status, JSON.stringify(answer.body)).toBe(200);
  return answer.body as CheckoutResponse;
}
const statusOf = async ({ sessionId }: Pick<CheckoutResponse, 'sessionId'>) =>
  (await findBySession(house.context.db, DEMO_SHOP.merchantId, sessionId))?.status;
const becomes = (made: CheckoutResponse, status: string) => async () => (await statusOf(made)) === status;
const confirmations = ({ sessionId }: CheckoutResponse) =>
  house.context.db.query<{ payload: Record<string, unknown> }>(
    `SELECT payload FROM feed WHERE kind = 'payment.confirmed' AND payload ->> 'sessionId' = $1`,
    [sessionId],
  );

describe('POST /v1/checkouts', () => {
  test('answers a pending checkout with its page, and the same one to a retry, without asking again', async () => {
    const request = checkoutRequest();
    const made = await checkout(request);
    expect(made).toMatchObject({
      sessionId: request.sessionId,
      txid: request.txid,
      provider: 'stripe',
      status: 'PENDING',
      amountCents: 2_400,
      currency: 'USD',
    });
    expect(made.expiresAt - made.serverTime).toBe(600_000);
    expect(new URL(made.checkoutUrl).pathname).toMatch(/^\/pay\/[\w-]{22}$/);
    expect(await checkout(request)).toEqual({ ...made, serverTime: house.clock.nowMs() });
    expect(Object.fromEntries(house.calls)).toEqual({ createCheckout: 1 });
    const [intent, ...others] = await house.intentsOf(request.txid);
    expect(others).toEqual([]);
    expect(intent).toMatchObject({
      id: made.providerChargeId,
      amount: 2_400,
      currency: 'usd',
      metadata: { order_id: made.orderId, sale_id: made.saleId, transaction_id: made.transactionId },
    });
  });

  test('ten retries at once make one PaymentIntent', async () => {
    const request = checkoutRequest();
    const answers = await Promise.all(Array.from({ length: 10 }, () => checkout(request)));
    expect(new Set(answers.map(({ providerChargeId }) => providerChargeId)).size).toBe(1);
    expect(await house.intentsOf(request.txid)).toHaveLength(1);
  });

  test.each([
    [404, 'offer_unknown', { offerId: randomUUID() }],
    [404, 'offer_unknown', { serviceId: DEMO_SERVICES[0].serviceId }],
    [
      409,
      'offer_not_international',
      { offerId: '0198c1a0-0000-7000-8000-000000000023', amountCents: 12_000, currency: 'BRL' },
    ],
    [409, 'amount_not_in_catalog', { amountCents: 2_399 }],
    [409, 'amount_not_in_catalog', { currency: 'EUR' }],
    [400, 'invalid_request', { currency: 'usd' }],
  ])('%d %s, and the provider hears nothing', async (status, code, overrides) => {
    const answer = await house.post('/v1/checkouts', checkoutRequest(overrides));
    expect(answer).toMatchObject({ status, body: { error: { code } } });
    expect([...house.calls]).toEqual([]);
  });

  test('a newer price counts from its writing; a checkout that there is keeps its own', async () => {
    const request = checkoutRequest();
    const made = await checkout(request);
    const price = { currency: 'USD', validFrom: house.clock.nowMs(), createdBy: 'test' };
    const offer = { merchantId: DEMO_SHOP.merchantId, offerId: DEMO_CARD_OFFER.offerId };
    const write = (amountCents: number) =>
      house.context.db.transaction((transaction) =>
        addOfferPrice(transaction, offer, { ...price, amountCents }),
      );
    await write(2_600);
    expect(await house.post('/v1/checkouts', checkoutRequest())).toMatchObject({
      status: 409,
      body: { error: { code: 'amount_not_in_catalog' } },
    });
    expect((await checkout(checkoutRequest({ amountCents: 2_600 }))).amountCents).toBe(2_600);
    expect(await checkout(request)).toMatchObject({
      providerChargeId: made.providerChargeId,
      amountCents: 2_400,
    });
    await write(2_400);
  });

  test('409 txid_conflict for other data of the same session, and for the txid of another', async () => {
    const request = checkoutRequest();
    await checkout(request);
    for (const other of [
      { ...request, txid: checkoutRequest().txid },
      checkoutRequest({ txid: request.txid }),
    ])
      expect(await house.post('/v1/checkouts', other)).toMatchObject({
        status: 409,
        body: { error: { code: 'txid_conflict' } },
      });
  });

  test('401 without a token, 403 for an operator', async () => {
    expect((await house.post('/v1/checkouts', checkoutRequest(), 'nobody')).status).toBe(401);
    expect((await house.post('/v1/checkouts', checkoutRequest(), OPERATOR_TOKEN)).status).toBe(403);
  });
});

describe('a provider that does not answer', () => {
  test('may have made it: the row was written before, and the retry gets that one PaymentIntent', async () => {
    await house.faults({ timeoutAfterSuccess: true });
    const request = checkoutRequest();
    expect(await house.post('/v1/checkouts', request)).toMatchObject({
      status: 503,
      body: { error: { code: 'provider_unavailable' } },
    });
    expect(await statusOf(request)).toBe('CREATED');
    const [lost, ...none] = await house.intentsOf(request.txid);
    expect(none).toEqual([]);
    await house.faults({ timeoutAfterSuccess: false });
    expect((await checkout(request)).providerChargeId).toBe(lost?.id);
    expect(await house.intentsOf(request.txid)).toHaveLength(1);
  });

  test.each([
    ['before anything of the answer was kept', 'client_secret_sealed = NULL', 'NULL'],
    ['after the client secret was kept', 'close_at = close_at', 'NULL'],
    ['after the attempt was ended', 'close_at = close_at', "'created'"],
  ])('and a process that died %s: the retry gets the same PaymentIntent', async (_when, kept, outcome) => {
    const request = checkoutRequest();
    const made = await checkout(request);
    const { db } = house.context;
    const key = [made.transactionId];
    await db.query(`UPDATE checkouts SET ${kept} WHERE transaction_id = $1`, key);
    await db.query(
      `UPDATE payment_attempts SET outcome = ${outcome}, provider_charge_id = NULL WHERE transaction_id = $1`,
      key,
    );
    await db.query(
      `UPDATE payment_transactions SET status = 'CREATED', provider_charge_id = NULL, charge_created_at = NULL,
         charge_expires_at = NULL WHERE transaction_id = $1`,
      key,
    );
    expect(await checkout(request)).toEqual({ ...made, serverTime: house.clock.nowMs() });
    expect(await house.intentsOf(request.txid)).toHaveLength(1);
    expect((await house.state(made.checkoutUrl)).form).not.toBeNull();
  });

  test('was not reached: 503, and the same session has its checkout when it is back', async () => {
    await house.faults({ online: false });
    const request = checkoutRequest();
    expect((await house.post('/v1/checkouts', request)).status).toBe(503);
    await house.faults({ online: true });
    await checkout(request);
    expect(await house.intentsOf(request.txid)).toHaveLength(1);
  });
});

describe('money', () => {
  test('is said by the webhook: number, confirmation in its currency, ledger', async () => {
    const made = await checkout();
    expect((await house.state(made.checkoutUrl)).state).toBe('open');
    await house.pay(made.providerChargeId);
    await house.until(becomes(made, 'SUCCEEDED'));
    const [confirmed, ...others] = await confirmations(made);
    expect(others).toEqual([]);
    expect(confirmed?.payload).toMatchObject({
      amountCents: 2_400,
      currency: 'USD',
      method: 'card',
      late: false,
    });
    expect(await house.state(made.checkoutUrl)).toMatchObject({ state: 'paid', form: null });
    expect((await auditLedger(house.context.db)).findings).toEqual([]);
  });

  test('is found by the poller where the webhook is lost, and not within the first minute', async () => {
    await house.faults({ webhook: 'lost' });
    const made = await checkout();
    await house.pay(made.providerChargeId);
    const startedAt = house.clock.nowMs();
    await house.until(becomes(made, 'SUCCEEDED'), 120_000);
    expect(house.clock.nowMs() - startedAt).toBeGreaterThanOrEqual(59_000);
  });

  test('is never said by the checkout route, though the provider says it there', async () => {
    await house.faults({ webhook: 'lost', timeoutAfterSuccess: true });
    const request = checkoutRequest();
    await house.post('/v1/checkouts', request);
    const [intent] = await house.intentsOf(request.txid);
    await house.pay(intent?.id ?? '');
    await house.faults({ webhook: 'lost', timeoutAfterSuccess: false });
    // Until Stripe's search finds it; the poller, which would do the same, is kept away meanwhile.
    await house.context.db.query('UPDATE payment_transactions SET next_check_at = $2 WHERE session_id = $1', [
      request.sessionId,
      new Date(house.clock.nowMs() + 180_000),
    ]);
    house.clock.advance(90_000);
    const made = await checkout(request);
    expect(made.status).toBe('PENDING');
    expect(await confirmations(made)).toEqual([]);
    await house.until(becomes(made, 'SUCCEEDED'), 120_000);
  });

  test('a webhook that lies makes nothing paid', async () => {
    const made = await checkout();
    await house.stripe('POST', 'events', {
      paymentIntent: made.providerChargeId,
      type: 'payment_intent.succeeded',
      object: { status: 'succeeded', amount_received: 2_400 },
    });
    const processed = async () => {
      const [row] = await house.context.db.query<{ count: number }>(
        `SELECT count(*)::int AS count FROM webhook_inbox WHERE provider = 'stripe' AND status = 'processed'
         AND event_type = 'payment_intent.succeeded' AND convert_from(body, 'UTF8') LIKE '%' || $1 || '%'`,
        [made.providerChargeId],
      );
      return (row?.count ?? 0) > 0;
    };
    await house.until(processed);
    expect(await statusOf(made)).toBe('PENDING');
    expect(await confirmations(made)).toEqual([]);
  });

  test('a declined card leaves the checkout open for another', async () => {
    const made = await checkout();
    await house.pay(made.providerChargeId, '4000000000000002');
    expect(await house.state(made.checkoutUrl)).toMatchObject({ state: 'open' });
    await house.pay(made.providerChargeId);
    await house.until(becomes(made, 'SUCCEEDED'));
    expect(await confirmations(made)).toHaveLength(1);
  });
});

describe('the end of a checkout', () => {
  test('withdraws the PaymentIntent, which never expires by itself; the page says so before', async () => {
    const made = await checkout();
    house.clock.advance(600_000);
    expect(await house.state(made.checkoutUrl)).toMatchObject({ state: 'expired', form: null });
    await house.until(async () => (await house.intentsOf(made.txid))[0]?.status === 'canceled');
    await house.until(becomes(made, 'CANCELED'));
    expect((await house.pay(made.providerChargeId)).status).toBe(400);
    expect(await confirmations(made)).toEqual([]);
  });

  test('that finds the provider away is tried until it has its word', async () => {
    const made = await checkout();
    await house.faults({ online: false });
    house.clock.advance(660_000);
    await house.faults({ online: true });
    await house.until(async () => (await house.intentsOf(made.txid))[0]?.status === 'canceled', 180_000);
  });

  test('counts what was paid in the same instant', async () => {
    await house.faults({ webhook: 'lost' });
    const made = await checkout();
    await house.pay(made.providerChargeId);
    house.clock.advance(600_000);
    await house.until(becomes(made, 'SUCCEEDED'));
  });

  test('a customer who cancels: withdrawn, the page is closed, and the session has no other checkout', async () => {
    const request = checkoutRequest();
    const made = await checkout(request);
    const atMs = house.clock.nowMs();
    await house.context.db.transaction((transaction) =>
      requestChargeCancellation(house.context, transaction, DEMO_SHOP.merchantId, [request.sessionId], atMs),
    );
    expect(await house.state(made.checkoutUrl)).toMatchObject({ state: 'closed', form: null });
    await house.until(becomes(made, 'CANCELED'));
    expect(await house.post('/v1/checkouts', request)).toMatchObject({
      status: 409,
      body: { error: { code: 'charge_closed' } },
    });
  });
});

describe('a totem of the release before', () => {
  test('reads the catalogue with card offers, and what is said of a neighbour’s card payment', async () => {
    const made = await checkout();
    await house.pay(made.providerChargeId);
    await house.until(becomes(made, 'SUCCEEDED'));
    const entries = await house.context.db.query<{ kind: string; payload: unknown }>(
      'SELECT kind, payload FROM feed',
    );
    const kinds = new Set<string>();
    for (const { kind, payload } of entries) {
      if (!Object.hasOwn(OLD_FEED_PAYLOADS, kind)) continue;
      OLD_FEED_PAYLOADS[kind as keyof typeof OLD_FEED_PAYLOADS].parse(payload);
      kinds.add(kind);
    }
    expect([...kinds]).toEqual(expect.arrayContaining(['catalog.changed', 'payment.confirmed']));
  });
});

describe('GET /v1/checkouts/<token>', () => {
  test('asks the provider for nothing, and gives the form only while it is open', async () => {
    const made = await checkout();
    house.calls.clear();
    const state = await house.state(made.checkoutUrl);
    expect(state).toMatchObject({
      state: 'open',
      merchantName: 'Clínica Aurora',
      serviceName: 'Vacina',
      amountCents: 2_400,
      currency: 'USD',
      form: { publishableKey: 'pk_test_simulated' },
    });
    expect(state.form?.clientSecret).toContain(`${made.providerChargeId}_secret_`);
    expect([...house.calls]).toEqual([]);
  });

  test('404 for what is no token, for an unknown one, and an hour after the end', async () => {
    const made = await checkout();
    const path = `/v1/checkouts/${new URL(made.checkoutUrl).pathname.split('/').at(-1)}`;
    for (const unknown of ['/v1/checkouts/x', `/v1/checkouts/${'A'.repeat(22)}`])
      expect((await house.get(unknown)).status).toBe(404);
    expect((await house.get(path)).status).toBe(200);
    house.clock.advance(600_000 + 60 * 60_000 + 1);
    expect(await house.get(path)).toMatchObject({
      status: 404,
      body: { error: { code: 'checkout_unknown' } },
    });
  });

  test('neither the token nor the client secret rests in the database in clear', async () => {
    const made = await checkout();
    const token = new URL(made.checkoutUrl).pathname.split('/').at(-1) ?? '';
    const [row] = await house.context.db.query<{ text: string }>(
      `SELECT encode(token_sealed, 'escape') || encode(token_sha256, 'escape') || encode(client_secret_sealed, 'escape')
         AS text FROM checkouts WHERE transaction_id = $1`,
      [made.transactionId],
    );
    expect(row?.text.length).toBeGreaterThan(100);
    expect(row?.text).not.toContain(token);
    expect(row?.text).not.toContain('_secret_');
  });
});
