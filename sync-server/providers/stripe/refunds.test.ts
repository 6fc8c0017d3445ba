import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { InternationalProvider, RefundOrder } from '../provider.ts';
import { failed, list, ok, REF } from './testing/answers.ts';
import { CHARGE, INTENT, REFUND } from './testing/fixtures.ts';
import { openStripe, TXID } from './testing/open-stripe.ts';
import { type RawAnswer, type RawStripe, startRawStripe } from './testing/raw-stripe.ts';

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

describe('refunds', () => {
  const refund: RefundOrder = {
    charge: REF,
    receiptId: CHARGE.id,
    refundId: 'r1',
    amountCents: 1099,
    receivedCents: 1099,
    description: 'Pagamento em duplicidade',
    mayExist: false,
  };
  const ours = { ...REFUND, amount: 1099, metadata: { refund_id: 'r1' } };

  test('are asked for under our id: the exact request', async () => {
    raw.script = () => ok(ours);
    expect(await stripe.requestRefund(refund)).toEqual({
      kind: 'found',
      refund: {
        refundId: 'r1',
        amountCents: 1099,
        status: 'settled',
        providerStatus: 'succeeded',
        reason: null,
      },
    });
    expect(raw.seen).toMatchObject([{ call: 'POST /v1/refunds', headers: { 'idempotency-key': 'r1' } }]);
    expect(raw.seen[0]?.form).toEqual({
      payment_intent: INTENT.id,
      amount: '1099',
      'metadata[provider]': 'stripe',
      'metadata[refund_id]': 'r1',
      'metadata[txid]': TXID,
    });
  });

  test('one that may exist is looked for first, and not made again', async () => {
    raw.script = () => ok(list([{ ...REFUND, id: 're_other' }, ours]));
    expect(await stripe.requestRefund({ ...refund, mayExist: true })).toMatchObject({ kind: 'found' });
    expect(calls()).toEqual(['GET /v1/refunds']);
  });

  test.each<[string, RawAnswer]>([
    ['the answer is lost', 'no answer'],
    [
      'Stripe says that all is refunded',
      failed(400, { type: 'invalid_request_error', code: 'charge_already_refunded' }),
    ],
  ])('when %s, ours is found in the list', async (_name, answer) => {
    raw.script = ({ call }) => (call.startsWith('POST') ? answer : ok(list([ours])));
    expect(await stripe.requestRefund(refund)).toMatchObject({ kind: 'found', refund: { refundId: 'r1' } });
  });

  test('refunded by somebody else: rejected, and the reading of the charge tells by whom', async () => {
    raw.script = ({ call }) =>
      call.startsWith('POST')
        ? failed(400, { type: 'invalid_request_error', code: 'charge_already_refunded' })
        : ok(list([{ ...REFUND, id: 're_hand' }]));
    expect(await stripe.requestRefund(refund)).toMatchObject({
      kind: 'rejected',
      code: 'charge_already_refunded',
    });
  });

  test('lost, and not in the list: unknown', async () => {
    raw.script = ({ call }) => (call.startsWith('POST') ? 'reset' : ok(list([])));
    expect(await stripe.requestRefund(refund)).toMatchObject({ kind: 'unknown' });
  });

  test.each([
    ['pending', 'processing'],
    ['requires_action', 'processing'],
    ['a word of tomorrow', 'processing'],
    ['succeeded', 'settled'],
    ['failed', 'refused'],
    ['canceled', 'refused'],
  ])('%s is %s', async (word, status) => {
    raw.script = () => ok(list([{ ...ours, status: word }]));
    expect(await stripe.fetchRefund(refund)).toMatchObject({ refund: { status, providerStatus: word } });
  });

  test('one that is not there is not found', async () => {
    raw.script = () => ok(list([{ ...REFUND, id: 're_hand' }]));
    expect(await stripe.fetchRefund(refund)).toEqual({ kind: 'not_found' });
  });
});
