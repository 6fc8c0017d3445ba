import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createWebhooks } from './webhooks.ts';

const TXID = '7978c0c97ea847e78e8849634473c1f1';
const intake = createWebhooks('secret of the account');
const read = (value: unknown) => intake.read({ path: '', body: Buffer.from(JSON.stringify(value)) });
const ORDER = [{ txid: null, providerChargeId: '12844' }];

/** As Appmax's own documentation has them. */
const standard = {
  id: 12844,
  customer_id: 7,
  total_products: 265.0,
  total: 267.48,
  status: 'aprovado',
  payment_type: 'Pix',
  customer: { id: 7, firstname: 'Leandro', lastname: 'Silva', email: 'leandro@example.com' },
};
const flat = {
  order_id: 12844,
  order_total_products: 265.0,
  order_total: 267.48,
  order_status: 'aprovado',
  customer_id: 7,
  customer_site: { id: 1470 },
};

describe('the five shapes', () => {
  test.each([
    ['standard', { event: 'OrderApproved', event_type: '', data: standard }],
    ['with meta', { event: 'OrderPaidByPix', event_type: '', data: { ...standard, meta: [] } }],
    ['flat', { event: 'OrderPixExpired', event_type: '', data: flat }],
    ['custom', { event: 'OrderRefund', event_type: '', data: { order_id: 12844, order_total: 267.48 } }],
    ['legacy', { event: 'order_paid_by_pix', event_type: 'order', data: { order_id: 12844 } }],
    ['numbers as text', { event: 'OrderPaid', data: { order_id: '12844', order_total: '267.48' } }],
    ['an event of tomorrow', { event: 'OrderTeleported', data: { ...standard, more: { deep: [1] } } }],
    ['an upsell', { event: 'OrderUpSold', event_type: '', data: standard }],
  ])('%s', (_name, body) => {
    expect(read(body)).toEqual({ kind: 'event', type: body.event, charges: ORDER, recurrences: [] });
  });

  test('an order that tells its products tells our txid', () => {
    const products = [{ sku: 'something else' }, { sku: TXID, name: 'Consulta' }];
    expect(read({ event: 'OrderPixCreated', data: { ...standard, products } })).toMatchObject({
      charges: [{ txid: TXID, providerChargeId: '12844' }],
    });
  });
});

describe('what is no order', () => {
  const customer = { id: 7, site_id: 1470, firstname: 'Leandro' };

  test('a customer’s id is not an order’s', () => {
    for (const event of ['CustomerCreated', 'CustomerInterested', 'customer_contacted'])
      expect(read({ event, data: { ...customer, customer_id: 7 } })).toMatchObject({
        kind: 'event',
        charges: [],
      });
    expect(read({ event: 'SomethingElse', data: customer })).toMatchObject({ charges: [] });
  });

  test('a subscription is an agreement, where it says which', () => {
    const event = 'SubscriptionDelayedEvent';
    expect(read({ event, data: { ...customer, subscription: { id: 99 } } })).toEqual({
      kind: 'event',
      type: event,
      charges: [],
      recurrences: [{ kind: 'agreement', id: '99' }],
    });
    for (const subscription of [{ id: null }, null, [], 'none'])
      expect(read({ event, data: { ...customer, subscription } })).toMatchObject({ recurrences: [] });
  });

  test.each([
    { data: [] },
    { data: null },
    { data: 'text' },
    {},
    { data: { order_id: [] } },
    { data: { order_id: -1 } },
  ])('%j names nothing, and is kept', (rest) => {
    expect(read({ event: 'OrderPaid', ...rest })).toEqual({
      kind: 'event',
      type: 'OrderPaid',
      charges: [],
      recurrences: [],
    });
  });

  test('without an event it is unreadable', () => {
    for (const body of [{}, [], null, 'text', 7, { event: '' }, { event: 5 }])
      expect(read(body).kind).toBe('unreadable');
  });
});

test('no JSON, and no bytes, make reading throw', () => {
  const kinds = ['event', 'unreadable'];
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      expect(kinds).toContain(read(value).kind);
      expect(read({ event: 'OrderPaid', data: value }).kind).toBe('event');
    }),
  );
  fc.assert(
    fc.property(fc.uint8Array(), (body) => {
      expect(kinds).toContain(intake.read({ path: '', body }).kind);
    }),
  );
});

test('the same bytes are one event, other bytes are another', async () => {
  const keyOf = async (body: unknown) => {
    const verdict = await intake.authenticate({
      path: `${intake.addressPath.slice(1)}/anything`,
      headers: {},
      body: Buffer.from(JSON.stringify(body)),
      hasClientCertificate: false,
      receivedAtMs: 0,
    });
    return verdict.kind === 'authentic' ? verdict.dedupeKey : verdict.reason;
  };
  const paid = { event: 'OrderPaid', data: standard };
  expect(await keyOf(paid)).toBe(await keyOf(paid));
  expect(await keyOf(paid)).not.toBe(await keyOf({ ...paid, data: { ...standard, status: 'integrado' } }));
});
