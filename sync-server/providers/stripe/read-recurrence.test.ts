import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { InternationalProvider } from '../provider.ts';
import { openStripe } from './testing/open-stripe.ts';
import { type RawAnswer, type RawStripe, startRawStripe } from './testing/raw-stripe.ts';

let stripe: RawStripe;
let provider: InternationalProvider;
const answers = new Map<string, RawAnswer>();

beforeAll(async () => {
  stripe = await startRawStripe();
  stripe.script = ({ call }) =>
    answers.get(call) ?? { status: 404, body: { error: { type: 'invalid_request_error' } } };
  provider = openStripe({ apiBaseUrl: stripe.baseUrl });
});
beforeEach(() => {
  answers.clear();
  answers.set('GET /v1/charges/ch_1', { status: 200, body: CHARGE });
  answers.set('GET /v1/refunds', { status: 200, body: { object: 'list', data: [], has_more: false } });
  stripe.seen.length = 0;
});
afterAll(() => stripe.close());

const PAYMENT = {
  id: 'inpay_1',
  object: 'invoice_payment',
  amount_paid: 2_500,
  status: 'paid',
  status_transitions: { paid_at: 1_775_000_000, canceled_at: null },
  payment: { type: 'payment_intent', payment_intent: { id: 'pi_1', latest_charge: 'ch_1' } },
};
const CHARGE = { id: 'ch_1', object: 'charge', amount_refunded: 0, disputed: false };
const invoice = (change: Record<string, unknown> = {}, payments: readonly unknown[] = [PAYMENT]) => ({
  status: 200,
  body: {
    id: 'in_1',
    object: 'invoice',
    status: 'paid',
    currency: 'usd',
    amount_due: 2_500,
    due_date: null,
    parent: { type: 'subscription_details', subscription_details: { subscription: 'sub_1' } },
    payments: { object: 'list', data: payments, has_more: false },
    ...change,
  },
});
const read = (kind: 'agreement' | 'charge' | 'request', id: string) =>
  provider.readRecurrence?.({ kind, id });

test('an invoice is a charge, its money has the name that it has in sales', async () => {
  answers.set('GET /v1/invoices/in_1', invoice());
  expect(await read('charge', 'in_1')).toEqual({
    kind: 'found',
    recurrence: {
      kind: 'charge',
      id: 'in_1',
      agreementId: 'sub_1',
      reference: null,
      status: 'paid',
      providerStatus: 'paid',
      amountCents: 2_500,
      currency: 'USD',
      dueOn: null,
      receipts: [
        {
          receiptId: 'ch_1',
          endToEndId: null,
          txid: null,
          pixKey: null,
          amountCents: 2_500,
          paidAtMs: 1_775_000_000_000,
          feeCents: null,
        },
      ],
      refunds: [],
      disputes: [],
      facts: {},
    },
  });
  expect(stripe.seen[0]?.query).toEqual({
    'expand[0]': 'payments',
    'expand[1]': 'payments.data.payment.payment_intent',
  });
});

test('what went back of its money, and what is disputed, is asked for where its charge says that there is some', async () => {
  answers.set('GET /v1/invoices/in_1', invoice());
  answers.set('GET /v1/charges/ch_1', {
    status: 200,
    body: { ...CHARGE, amount_refunded: 700, disputed: true },
  });
  const refund = {
    id: 're_1',
    object: 'refund',
    amount: 700,
    charge: 'ch_1',
    created: 1,
    status: 'succeeded',
  };
  const dispute = {
    id: 'dp_1',
    object: 'dispute',
    amount: 1_800,
    charge: 'ch_1',
    created: 2,
    reason: 'fraudulent',
  };
  const list = (...data: unknown[]) => ({ status: 200, body: { object: 'list', data, has_more: false } });
  answers.set('GET /v1/refunds', list(refund));
  answers.set(
    'GET /v1/disputes',
    list(
      { ...dispute, status: 'needs_response' },
      { ...dispute, id: 'dp_2', status: 'warning_needs_response' },
    ),
  );
  expect(await read('charge', 'in_1')).toMatchObject({
    recurrence: {
      refunds: [
        { refundId: 're_1', receiptId: 'ch_1', amountCents: 700, status: 'settled', initiatedBy: 'provider' },
      ],
      disputes: [{ disputeId: 'dp_1', receiptId: 'ch_1', amountCents: 1_800, status: 'open' }],
    },
  });
});

test('a charge that does not answer for itself is as good as no answer: a refund would be missed', async () => {
  answers.set('GET /v1/invoices/in_1', invoice());
  answers.set('GET /v1/charges/ch_1', { status: 500, body: { error: { type: 'api_error' } } });
  expect(await read('charge', 'in_1')).toMatchObject({ kind: 'unavailable' });
});

test.each([
  ['noted as paid elsewhere', [{ ...PAYMENT, payment: { type: 'payment_record' } }]],
  ['still open', [{ ...PAYMENT, status: 'open', amount_paid: null }]],
  ['none', []],
])('a payment that is %s is no money that Stripe holds', async (_name, payments) => {
  answers.set('GET /v1/invoices/in_1', invoice({}, payments));
  expect(await read('charge', 'in_1')).toMatchObject({ kind: 'found', recurrence: { receipts: [] } });
});

test.each([
  ['money without its charge', invoice({}, [{ ...PAYMENT, payment: { type: 'payment_intent' } }])],
  ['a part of its payments', invoice({ payments: { data: [PAYMENT], has_more: true } })],
  ['another invoice', invoice({ id: 'in_2' })],
  ['something else', { status: 200, body: { id: 'in_1', object: 'charge' } }],
] as const)('%s is as good as no answer', async (_name, answer) => {
  answers.set('GET /v1/invoices/in_1', answer);
  expect(await read('charge', 'in_1')).toMatchObject({ kind: 'unavailable' });
});

test.each([
  ['incomplete', 'created'],
  ['active', 'active'],
  ['past_due', 'failed'],
  ['incomplete_expired', 'expired'],
  ['canceled', 'canceled'],
  ['a word of tomorrow', null],
])('a subscription that is %s', async (status, expected) => {
  const items = { data: [{ quantity: 2, price: { unit_amount: 1_000 } }], has_more: false };
  const body = { id: 'sub_1', object: 'subscription', status, currency: 'usd', items };
  answers.set('GET /v1/subscriptions/sub_1', { status: 200, body });
  expect(await read('agreement', 'sub_1')).toMatchObject({
    recurrence: { kind: 'agreement', status: expected, providerStatus: status, amountCents: 2_000 },
  });
});

test('what Stripe does not know, and what it has no word for', async () => {
  expect(await read('agreement', 'sub_9')).toEqual({ kind: 'not_found' });
  expect(await read('request', 'x')).toEqual({ kind: 'not_found' });
  expect(stripe.seen).toHaveLength(1);
});
