import * as fc from 'fast-check';
import Stripe from 'stripe';
import { describe, expect, test } from 'vitest';
import type { WebhookRequest } from '../webhook-intake.ts';
import {
  CHARGE,
  CHECKOUT_SESSION,
  DISPUTE,
  eventOf,
  INTENT,
  INVOICE,
  REFUND,
  SUBSCRIPTION,
} from './testing/fixtures.ts';
import { NEXT_WEBHOOK_SECRET, openStripe, TXID, WEBHOOK_SECRET } from './testing/open-stripe.ts';

const NOW_SECONDS = 1_773_154_800;
const { webhooks } = openStripe({});
const succeeded = eventOf('payment_intent.succeeded', { ...INTENT, metadata: { txid: TXID } });

function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/** Signed by Stripe's own package. */
function signed(
  payload: string,
  { secret = WEBHOOK_SECRET, ageSeconds = 0, header = (signature: string) => signature } = {},
): WebhookRequest {
  const signature = Stripe.webhooks.generateTestHeaderString({
    payload,
    secret,
    timestamp: NOW_SECONDS - ageSeconds,
  });
  return {
    path: '',
    headers: { 'stripe-signature': header(signature) },
    body: bytes(payload),
    hasClientCertificate: false,
    receivedAtMs: NOW_SECONDS * 1000 + 999,
  };
}
const payload = JSON.stringify(succeeded);
const authentic = { kind: 'authentic', dedupeKey: 'evt_1Pgc76B7WZ01zgkWwyRHS12y' };
const refused = (reason: string) => ({ kind: 'refused', reason });

describe('whose a webhook is', () => {
  test('Stripe’s, told apart by the id of the event', () => {
    expect(webhooks.authenticate(signed(payload))).toEqual(authentic);
  });

  test.each([WEBHOOK_SECRET, NEXT_WEBHOOK_SECRET])(
    'either secret does while one replaces the other: %s',
    (secret) => {
      expect(webhooks.authenticate(signed(payload, { secret }))).toEqual(authentic);
    },
  );

  test('one signature of several is enough, as Stripe sends them while a secret is rolled', () => {
    const other = `v1=${'0'.repeat(64)},v0=${'1'.repeat(64)}`;
    expect(webhooks.authenticate(signed(payload, { header: (own) => `${own},${other}` }))).toEqual(authentic);
    expect(webhooks.authenticate(signed(payload, { header: (own) => own.replace('v1=', 'v0=') }))).toEqual(
      refused('signature'),
    );
  });

  test('a stranger’s secret, another body, and no signature are refused', () => {
    expect(webhooks.authenticate(signed(payload, { secret: 'whsec_stranger' }))).toEqual(
      refused('signature'),
    );
    const request = signed(payload);
    const tampered = { ...request, body: bytes(payload.replace('1099', '1')) };
    expect(webhooks.authenticate(tampered)).toEqual(refused('signature'));
    expect(webhooks.authenticate({ ...request, headers: {} })).toEqual(refused('signature'));
    expect(webhooks.authenticate({ ...request, body: new Uint8Array() })).toEqual(refused('signature'));
  });

  test.each([
    [300, authentic],
    [301, refused('timestamp')],
    [-60, authentic],
    [-61, refused('timestamp')],
    [86_400, refused('timestamp')],
    [-86_400, refused('timestamp')],
  ])('signed %i s ago', (ageSeconds, verdict) => {
    expect(webhooks.authenticate(signed(payload, { ageSeconds }))).toEqual(verdict);
  });

  test('the package itself takes what is signed in the future: why that is checked here', () => {
    const { body, headers } = signed(payload, { ageSeconds: -86_400 });
    const taken = Stripe.webhooks.constructEvent(
      body,
      headers['stripe-signature'] ?? '',
      WEBHOOK_SECRET,
      300,
      undefined,
      NOW_SECONDS * 1000,
    );
    expect(taken.id).toBe(authentic.dedupeKey);
  });

  test('a second time beside the one that was signed changes nothing', () => {
    const old = { ageSeconds: 301 };
    const fresh = (own: string) => `${own},t=${NOW_SECONDS}`;
    expect(webhooks.authenticate(signed(payload, { ...old, header: fresh }))).toEqual(refused('signature'));
    const before = (own: string) => `t=${NOW_SECONDS},${own}`;
    expect(webhooks.authenticate(signed(payload, { ...old, header: before }))).toEqual(refused('timestamp'));
  });

  test.each([
    ['no JSON', '{"id":'],
    ['no event', '{"object":"event"}'],
    ['another kind of notification', JSON.stringify({ ...succeeded, object: 'v2.core.event' })],
  ])('signed, and %s: unreadable', (_name, text) => {
    expect(webhooks.authenticate(signed(text))).toEqual(refused('unreadable'));
  });

  test('bytes that are no UTF-8, or begin with a mark, do not pass for the text that was signed', () => {
    const request = signed('{"id":"evt_1","name":"\uFFFD"}');
    const broken = Buffer.from(request.body).toString('latin1').replace('\u00EF\u00BF\u00BD', '\u00FF');
    expect(webhooks.authenticate(request)).toMatchObject({ kind: 'authentic' });
    expect(webhooks.authenticate({ ...request, body: Buffer.from(broken, 'latin1') })).toEqual(
      refused('unreadable'),
    );
    const marked = Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), signed(payload).body]);
    expect(webhooks.authenticate({ ...signed(payload), body: marked })).toEqual(refused('signature'));
  });

  test('whatever comes, it answers and does not throw', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), fc.string(), (body, header) => {
        const request = { ...signed(payload), body, headers: { 'stripe-signature': header } };
        expect(webhooks.authenticate(request)).toMatchObject({ kind: 'refused' });
      }),
    );
  });
});

describe('what a webhook speaks of', () => {
  const read = (event: unknown) => webhooks.read({ path: '', body: bytes(JSON.stringify(event)) });
  const intentHint = { txid: null, providerChargeId: INTENT.id };
  const ofIntent = { payment_intent: INTENT.id };
  const invoice = { kind: 'charge', id: INVOICE.id };
  const agreement = { kind: 'agreement', id: 'subscription' };

  test('its charge, by Stripe’s id and by our txid', () => {
    expect(read(succeeded)).toEqual({
      kind: 'event',
      type: 'payment_intent.succeeded',
      charges: [{ txid: TXID, providerChargeId: INTENT.id }],
      recurrences: [],
    });
  });

  test.each([
    ['payment_intent.created', INTENT],
    ['payment_intent.processing', INTENT],
    ['payment_intent.requires_action', INTENT],
    ['payment_intent.payment_failed', INTENT],
    ['payment_intent.canceled', INTENT],
    ['charge.succeeded', { ...CHARGE, ...ofIntent }],
    ['charge.failed', { ...CHARGE, ...ofIntent }],
    ['charge.refunded', { ...CHARGE, payment_intent: INTENT }],
    ['charge.updated', { ...CHARGE, ...ofIntent }],
    ['refund.created', { ...REFUND, ...ofIntent }],
    ['refund.updated', { ...REFUND, ...ofIntent }],
    ['refund.failed', { ...REFUND, ...ofIntent }],
    ['charge.dispute.created', { ...DISPUTE, ...ofIntent }],
    ['charge.dispute.closed', { ...DISPUTE, ...ofIntent }],
    ['charge.dispute.funds_withdrawn', { ...DISPUTE, ...ofIntent }],
    ['checkout.session.completed', CHECKOUT_SESSION],
  ])('%s names a charge', (type, object) => {
    expect(read(eventOf(type, object))).toMatchObject({
      kind: 'event',
      type,
      charges: [intentHint],
      recurrences: [],
    });
  });

  test.each([
    ['invoice.paid', INVOICE, [invoice, agreement]],
    ['invoice.payment_failed', { ...INVOICE, parent: null }, [invoice]],
    [
      'invoice.finalized',
      { ...INVOICE, parent: null, subscription: 'sub_1' },
      [invoice, { ...agreement, id: 'sub_1' }],
    ],
    ['customer.subscription.updated', SUBSCRIPTION, [{ ...agreement, id: SUBSCRIPTION.id }]],
    ['customer.subscription.deleted', SUBSCRIPTION, [{ ...agreement, id: SUBSCRIPTION.id }]],
    [
      'checkout.session.completed',
      { ...CHECKOUT_SESSION, payment_intent: null, subscription: { id: 'sub_1' } },
      [{ ...agreement, id: 'sub_1' }],
    ],
  ])('%s names agreements and their charges', (type, object, recurrences) => {
    expect(read(eventOf(type, object))).toEqual({ kind: 'event', type, charges: [], recurrences });
  });

  test.each([
    ['plan.created', { id: 'price_1', object: 'plan' }],
    ['payment_intent.succeeded', { object: 'payment_intent', id: 7, metadata: { txid: "x' OR 1" } }],
    ['a.type.of.tomorrow', {}],
  ])('%s of something else is kept, and that is all', (type, object) => {
    expect(read(eventOf(type, object))).toEqual({ kind: 'event', type, charges: [], recurrences: [] });
  });

  test.each([
    ['charge.refunded', CHARGE, CHARGE.id],
    ['refund.updated', { ...REFUND, charge: 'ch_9' }, 'ch_9'],
    ['charge.dispute.created', { ...DISPUTE, charge: { id: 'ch_9' } }, 'ch_9'],
  ])('%s of a subscription’s money names the receipt', (type, object, receiptId) => {
    expect(read(eventOf(type, object))).toMatchObject({ recurrences: [], receiptIds: [receiptId] });
  });

  test('an event without an object is one; what has no type is none', () => {
    expect(read({ type: 'balance.available' })).toMatchObject({ kind: 'event', charges: [] });
    expect(read({ data: { object: INTENT } })).toMatchObject({ kind: 'unreadable' });
    expect(webhooks.read({ path: '', body: bytes('<html>') })).toMatchObject({ kind: 'unreadable' });
    expect(webhooks.read({ path: '', body: new Uint8Array([0xff]) })).toMatchObject({ kind: 'unreadable' });
  });

  test('no JSON makes it throw, and every hint that it gives can be asked for', () => {
    const names = fc.constantFrom(
      'id',
      'object',
      'payment_intent',
      'metadata',
      'txid',
      'parent',
      'subscription',
    );
    const value = fc.letrec((tie) => ({
      any: fc.oneof(fc.jsonValue(), fc.constantFrom('payment_intent', 'invoice', 'pi_1'), tie('node')),
      node: fc.dictionary(names, tie('any'), { maxKeys: 4 }),
    })).any;
    fc.assert(
      fc.property(value, fc.string(), (object, type) => {
        const reading = read({ id: 'evt_1', type, data: { object } });
        expect(reading.kind).toBe(type === '' ? 'unreadable' : 'event');
        if (reading.kind !== 'event') return;
        for (const { txid, providerChargeId } of reading.charges) {
          expect(txid ?? providerChargeId).toMatch(/^\w{1,255}$/);
        }
      }),
      { numRuns: 500 },
    );
    fc.assert(
      fc.property(fc.jsonValue(), (anything) => {
        expect(read(anything).kind).toMatch(/^(event|unreadable)$/);
      }),
    );
  });
});
