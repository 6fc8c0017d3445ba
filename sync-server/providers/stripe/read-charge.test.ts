import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { InternationalProvider } from '../provider.ts';
import { failed, found, intent, list, ok, paidCharge, paidIntent, REF } from './testing/answers.ts';
import { CHARGE, DISPUTE, INTENT, REFUND } from './testing/fixtures.ts';
import { openStripe, TXID } from './testing/open-stripe.ts';
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

describe('reading a charge', () => {
  test('asks for its fee and refunds in one request, and answers the receipt', async () => {
    raw.script = () => ok(paidIntent());
    expect(await stripe.fetchCharge(REF)).toMatchObject({
      kind: 'found',
      charge: {
        status: 'SUCCEEDED',
        providerStatus: 'succeeded',
        receipts: [
          {
            receiptId: CHARGE.id,
            endToEndId: null,
            txid: TXID,
            pixKey: null,
            amountCents: 1099,
            paidAtMs: 1234567900_000,
            feeCents: 83,
          },
        ],
      },
    });
    expect(raw.seen[0]?.query).toEqual({
      'expand[0]': 'latest_charge.balance_transaction',
      'expand[1]': 'latest_charge.refunds',
    });
    expect(raw.seen).toHaveLength(1);
  });

  test.each([
    ['a fee in the currency of the payout', { id: 'txn_1', fee: 83, currency: 'brl' }],
    ['a fee that is not there yet', null],
    ['a fee that was not expanded', 'txn_1'],
  ])('knows no fee: %s', async (_name, balance) => {
    raw.script = () => ok(paidIntent({ balance_transaction: balance }));
    expect(await stripe.fetchCharge(REF)).toMatchObject({ charge: { receipts: [{ feeCents: null }] } });
  });

  test('a declined card leaves the charge open, without a receipt', async () => {
    raw.script = () => ok(intent({ latest_charge: paidCharge({ paid: false, status: 'failed' }) }));
    expect(await stripe.fetchCharge(REF)).toMatchObject({ charge: { status: 'PENDING', receipts: [] } });
  });

  test('a card that is only authorized has paid nothing yet', async () => {
    raw.script = () =>
      ok(intent({ status: 'requires_capture', latest_charge: paidCharge({ amount_captured: 0 }) }));
    expect(await stripe.fetchCharge(REF)).toMatchObject({ charge: { status: 'AUTHORIZED', receipts: [] } });
  });

  test.each([
    ['no charge', null],
    ['only the id of a charge', 'ch_1'],
    ['a charge that is not paid', paidCharge({ paid: false })],
  ])('is told of money with %s: as good as no answer', async (_name, latest) => {
    raw.script = () => ok(intent({ status: 'succeeded', amount_received: 1099, latest_charge: latest }));
    expect(await stripe.fetchCharge(REF)).toMatchObject({ kind: 'unavailable' });
  });

  test('tells our refunds from those made in Stripe’s own pages', async () => {
    const refunds = list([
      { ...REFUND, amount: 99, metadata: { refund_id: 'r1' } },
      { ...REFUND, id: 're_hand', status: 'pending' },
      { ...REFUND, id: 're_back', status: 'failed', failure_reason: 'expired_or_canceled_card' },
    ]);
    raw.script = () => ok(paidIntent({ refunds }));
    const outcome = await stripe.fetchCharge(REF);
    expect(outcome).toMatchObject({
      charge: {
        refunds: [
          { refundId: 'r1', initiatedBy: 'us', status: 'settled', amountCents: 99, receiptId: CHARGE.id },
          { refundId: 're_hand', initiatedBy: 'provider', status: 'processing' },
          { refundId: 're_back', status: 'refused', reason: 'expired_or_canceled_card' },
        ],
      },
    });
  });

  test('reads on where the refunds are more than came along', async () => {
    const page = (id: string) => ({ ...REFUND, id });
    raw.script = ({ call, query }) => {
      if (call !== 'GET /v1/refunds') return ok(paidIntent({ refunds: list([page('re_1')], true) }));
      return ok(query['starting_after'] === undefined ? list([page('re_1')], true) : list([page('re_2')]));
    };
    expect(await stripe.fetchCharge(REF)).toMatchObject({
      charge: { refunds: [{ refundId: 're_1' }, { refundId: 're_2' }] },
    });
    expect(raw.seen[2]?.query).toEqual({ payment_intent: INTENT.id, limit: '100', starting_after: 're_1' });
  });

  test.each([
    ['needs_response', 'open'],
    ['under_review', 'open'],
    ['appeal_needs_response', 'open'],
    ['a word of tomorrow', 'open'],
    ['won', 'won'],
    ['prevented', 'won'],
    ['lost', 'lost'],
  ])('a dispute that is %s is %s', async (word, status) => {
    raw.script = ({ call }) =>
      ok(call === 'GET /v1/disputes' ? list([{ ...DISPUTE, status: word }]) : paidIntent({ disputed: true }));
    expect(await stripe.fetchCharge(REF)).toMatchObject({
      charge: {
        status: 'SUCCEEDED',
        disputes: [
          {
            disputeId: DISPUTE.id,
            receiptId: CHARGE.id,
            kind: 'chargeback',
            status,
            amountCents: 1000,
            reason: 'general',
            openedAtMs: 1234567890_000,
          },
        ],
      },
    });
  });

  test('an inquiry moves no money and is no dispute: the published example is one', async () => {
    raw.script = ({ call }) =>
      ok(call === 'GET /v1/disputes' ? list([DISPUTE]) : paidIntent({ disputed: true }));
    expect(await stripe.fetchCharge(REF)).toMatchObject({ charge: { disputes: [] } });
  });

  test('a charge of another txid is refused, one that is not there is not found', async () => {
    raw.script = () => ok(intent({ metadata: { txid: 'another' } }));
    expect(await stripe.fetchCharge(REF)).toMatchObject({ kind: 'rejected', code: 'charge_mismatch' });
    raw.script = () => failed(404, { type: 'invalid_request_error', code: 'resource_missing' });
    expect(await stripe.fetchCharge(REF)).toEqual({ kind: 'not_found' });
    raw.script = () => ok(found([intent({ metadata: { txid: 'another' } })]));
    expect(await stripe.fetchCharge({ ...REF, providerChargeId: null })).toEqual({ kind: 'not_found' });
  });
});
