import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { InternationalProvider } from '../provider.ts';
import { failed, found, intent, METADATA, ok, paidIntent, REF } from './testing/answers.ts';
import { INTENT } from './testing/fixtures.ts';
import { ORDER, openStripe, PUBLISHABLE_KEY, SECRET_KEY, TXID } from './testing/open-stripe.ts';
import { type RawStripe, startRawStripe } from './testing/raw-stripe.ts';

/** Long enough for a busy machine's own sockets, short enough to wait for. */
const TIMEOUT_MS = 400;

let raw: RawStripe;
let stripe: InternationalProvider;

beforeAll(async () => {
  raw = await startRawStripe();
});
beforeEach(() => {
  raw.seen.length = 0;
  stripe = openStripe({ apiBaseUrl: raw.baseUrl, timeoutMs: TIMEOUT_MS });
});
afterAll(() => raw.close());

const calls = () => raw.seen.map(({ call }) => call);

describe('making a checkout', () => {
  test('sends what was ordered: the exact request', async () => {
    raw.script = () => ok(intent());
    const outcome = await stripe.createCheckout(ORDER);
    expect(raw.seen).toHaveLength(1);
    expect(raw.seen[0]).toMatchObject({
      call: 'POST /v1/payment_intents',
      headers: {
        authorization: `Bearer ${SECRET_KEY}`,
        'content-type': 'application/x-www-form-urlencoded',
        'idempotency-key': `checkout-${ORDER.transactionId}`,
        'stripe-version': '2026-10-28.endive',
      },
    });
    expect(raw.seen[0]?.form).toEqual({
      amount: '1099',
      currency: 'usd',
      'allowed_payment_method_types[0]': 'card',
      capture_method: 'automatic',
      description: 'Consulta geral',
      'metadata[provider]': 'stripe',
      'metadata[txid]': TXID,
      'metadata[transaction_id]': ORDER.transactionId,
      'metadata[order_id]': ORDER.orderId,
      'metadata[sale_id]': ORDER.saleId,
      'metadata[expires_seconds]': '600',
    });
    expect(outcome).toEqual({
      kind: 'created',
      clientSecret: INTENT.client_secret,
      charge: {
        txid: TXID,
        providerChargeId: INTENT.id,
        pixKey: null,
        amountCents: 1099,
        currency: 'USD',
        status: 'PENDING',
        closedBy: null,
        providerStatus: 'requires_payment_method',
        createdAtMs: 1234567890_000,
        expiresAtMs: 1234568490_000,
        brCode: null,
        facts: expect.objectContaining({ installments: 1 }),
        receipts: [],
        refunds: [],
        disputes: [],
      },
    });
  });

  test('a retry is byte for byte the same request, under the same key', async () => {
    raw.script = () => ok(intent());
    await stripe.createCheckout(ORDER);
    await stripe.createCheckout(ORDER);
    const [first, second] = raw.seen;
    expect(second?.form).toEqual(first?.form);
    expect(second?.headers['idempotency-key']).toBe(first?.headers['idempotency-key']);
  });

  test('the amount is in the smallest unit of the currency, and is never converted', async () => {
    raw.script = () => ok(intent({ amount: 5000, currency: 'jpy' }));
    const outcome = await stripe.createCheckout({ ...ORDER, amountCents: 5000, currency: 'JPY' });
    expect(raw.seen[0]?.form).toMatchObject({ amount: '5000', currency: 'jpy' });
    expect(outcome).toMatchObject({ charge: { amountCents: 5000, currency: 'JPY' } });
  });

  test('one that may exist is searched by our txid, read, and not made again', async () => {
    raw.script = ({ call }) =>
      call.endsWith('/search') ? ok(found([intent()])) : call.startsWith('GET') ? ok(intent()) : 'reset';
    expect(await stripe.createCheckout({ ...ORDER, mayExist: true })).toMatchObject({ kind: 'created' });
    expect(calls()).toEqual(['GET /v1/payment_intents/search', `GET /v1/payment_intents/${INTENT.id}`]);
    expect(raw.seen[0]?.query).toMatchObject({ query: `metadata['txid']:'${TXID}'` });
  });

  test('one that may exist and is not found (yet) is asked for under the same key', async () => {
    raw.script = ({ call }) => ok(call.endsWith('/search') ? found([]) : intent());
    expect(await stripe.createCheckout({ ...ORDER, mayExist: true })).toMatchObject({ kind: 'created' });
    expect(raw.seen[1]).toMatchObject({
      call: 'POST /v1/payment_intents',
      headers: { 'idempotency-key': `checkout-${ORDER.transactionId}` },
    });
  });

  test('one whose id is known is read by it; should it be gone, no other is made in silence', async () => {
    raw.script = () => ok(intent());
    const known = { ...ORDER, providerChargeId: INTENT.id };
    expect(await stripe.createCheckout(known)).toMatchObject({ clientSecret: INTENT.client_secret });
    raw.script = () => failed(404, { type: 'invalid_request_error', code: 'resource_missing' });
    expect(await stripe.createCheckout(known)).toMatchObject({ kind: 'rejected', code: 'resource_missing' });
    expect(calls()).toEqual(Array(2).fill(`GET /v1/payment_intents/${INTENT.id}`));
  });

  test('of several found, the one with money is the charge', async () => {
    const other = intent({ id: 'pi_other', status: 'succeeded', created: 1234567999 });
    raw.script = ({ call }) =>
      call.endsWith('/search')
        ? ok(found([intent({ id: 'pi_gone', status: 'canceled' }), intent(), other]))
        : ok({ ...paidIntent(), id: 'pi_other' });
    expect(await stripe.fetchCharge({ ...REF, providerChargeId: null })).toMatchObject({
      charge: { providerChargeId: 'pi_other', status: 'SUCCEEDED' },
    });
    expect(calls().at(-1)).toBe('GET /v1/payment_intents/pi_other');
  });

  test.each([
    ['metadata', { metadata: { ...METADATA, txid: 'another' } }],
    ['metadata', { metadata: { ...METADATA, transaction_id: 'another' } }],
    ['amount', { amount: 1100 }],
    ['currency', { currency: 'brl' }],
    ['payment_method_types', { payment_method_types: [] }],
  ])('refuses an answer that differs in %s', async (field, over) => {
    raw.script = () => ok(intent(over));
    expect(await stripe.createCheckout(ORDER)).toEqual({
      kind: 'rejected',
      code: 'charge_mismatch',
      detail: `the provider's charge differs in ${field}`,
      leavesCharge: true,
    });
  });
});

describe('canceling', () => {
  test('gives the charge up', async () => {
    raw.script = () => ok(intent({ status: 'canceled', cancellation_reason: 'abandoned' }));
    expect(await stripe.cancelCharge(REF)).toMatchObject({
      kind: 'canceled',
      charge: { status: 'CANCELED', closedBy: 'us' },
    });
    expect(raw.seen[0]).toMatchObject({
      call: `POST /v1/payment_intents/${INTENT.id}/cancel`,
      form: { cancellation_reason: 'abandoned' },
    });
  });

  test('a refusal of today is not kept for tomorrow: each attempt has a key of its own', async () => {
    raw.script = () =>
      failed(400, { type: 'invalid_request_error', code: 'payment_intent_unexpected_state' });
    expect(await stripe.cancelCharge(REF)).toEqual({ kind: 'not_open' });
    expect(await stripe.cancelCharge(REF)).toEqual({ kind: 'not_open' });
    const [first, second] = raw.seen.map(({ headers }) => headers['idempotency-key']);
    expect(first).not.toBe(second);
  });

  test('an answer that is lost is unknown', async () => {
    raw.script = () => 'no answer';
    expect(await stripe.cancelCharge(REF)).toMatchObject({ kind: 'unknown' });
  });
});

describe('settings', () => {
  test('reach the page, with Stripe’s own script where no other is given', () => {
    expect(stripe.checkoutPage).toEqual({
      publishableKey: PUBLISHABLE_KEY,
      scriptUrl: 'https://js.stripe.com/endive/stripe.js',
    });
    expect(openStripe({ scriptUrl: 'http://127.0.0.1:4400/stripe/js' }).checkoutPage.scriptUrl).toBe(
      'http://127.0.0.1:4400/stripe/js',
    );
  });

  test.each([
    ['secretKey: ', { secretKey: 'pk_test_turned_round' }],
    ['publishableKey: ', { publishableKey: 'sk_test_a_secret_on_a_page' }],
    ['webhookSecrets: ', { webhookSecrets: [] }],
    ['webhookSecrets.0: ', { webhookSecrets: ['whsec_with\nnewline'] }],
    ['one is live and the other is for tests', { secretKey: 'sk_live_a_secret' }],
    ['apiBaseUrl: ', { apiBaseUrl: 'ftp://stripe.invalid' }],
    ['nonsense', { nonsense: 1 }],
  ])('name what is wrong, %s, and tell no secret', (name, settings) => {
    const open = () => openStripe(settings);
    expect(open).toThrow(name);
    expect(open).not.toThrow(/a_secret|turned_round|newline/);
  });
});
