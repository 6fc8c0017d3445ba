import { afterAll, beforeAll, expect, test } from 'vitest';
import type { CheckoutResponse } from '../../domain/protocol/checkouts.ts';
import { DEMO_SHOP } from '../catalog/demo-shop.ts';
import { auditLedger } from '../ledger/audit-ledger.ts';
import { listRefunds } from '../payments/list-refunds.ts';
import { readTransaction } from '../payments/transaction-view.ts';
import { type CheckoutHouse, checkoutRequest, startCheckoutHouse } from './testing/checkout-house.ts';

let house: CheckoutHouse;

beforeAll(async () => {
  house = await startCheckoutHouse();
});
afterAll(() => house.close());

async function checkout(): Promise<CheckoutResponse> {
  const answer = await house.post('/v1/checkouts', checkoutRequest());
  expect(answer.status, JSON.stringify(answer.body)).toBe(200);
  return answer.body as CheckoutResponse;
}
const payIn = (currency: string, { providerChargeId }: CheckoutResponse) =>
  house.stripe('POST', 'payments', { paymentIntent: providerChargeId, currency });
const viewOf = async ({ transactionId }: CheckoutResponse) => {
  const view = await readTransaction(house.context.db, DEMO_SHOP.merchantId, transactionId);
  if (view === null) throw new Error('no transaction');
  return view;
};
const toldOf = ({ sessionId }: CheckoutResponse) =>
  house.context.db.query<{ kind: string; payload: Record<string, unknown> }>(
    `SELECT kind, payload FROM feed WHERE payload ->> 'sessionId' = $1 ORDER BY seq`,
    [sessionId],
  );

test('money of another currency never prints: it is written down and goes back as it came', async () => {
  const made = await checkout();
  expect((await payIn('eur', made)).status).toBe(200);
  await house.until(async () => (await viewOf(made)).refunds[0]?.status === 'settled');

  const view = await viewOf(made);
  expect(view).toMatchObject({
    status: 'FAILED',
    currency: 'USD',
    paidAt: null,
    receipts: [{ amountCents: 2_400, currency: 'EUR', disposition: 'wrong_currency' }],
    refunds: [{ amountCents: 2_400, currency: 'EUR', reason: 'wrong_currency', initiatedBy: 'us' }],
  });
  const [refund] = (await listRefunds(house.context.db, DEMO_SHOP.merchantId, { limit: 5 })).refunds;
  expect(refund).toMatchObject({ currency: 'EUR', reason: 'wrong_currency', amountCents: 2_400 });

  const told = await toldOf(made);
  expect(told.map(({ kind }) => kind)).toEqual(['refund.changed', 'refund.changed']);
  // A totem of an earlier release knows this reason.
  expect(told[1]?.payload).toMatchObject({
    reason: 'wrong_amount',
    status: 'settled',
    expectedCents: 2_400,
    receivedCents: 2_400,
    receivedCurrency: 'EUR',
  });
  const postings = await house.context.db.query(
    `SELECT account_code AS account, p.currency, sum(amount_cents)::int AS cents
     FROM ledger_postings p JOIN ledger_entries e USING (merchant_id, entry_id) WHERE e.transaction_id = $1
     GROUP BY 1, 2 ORDER BY 1`,
    [made.transactionId],
  );
  expect(postings).toEqual([
    { account: 'receivable:stripe', currency: 'EUR', cents: 0 },
    { account: 'refunds_payable', currency: 'EUR', cents: 0 },
  ]);
  expect((await auditLedger(house.context.db)).findings).toEqual([]);
  expect((await house.state(made.checkoutUrl)).state).toBe('closed');
});

test('a twin in the currency that was asked for prints', async () => {
  const made = await checkout();
  expect((await payIn('usd', made)).status).toBe(200);
  await house.until(async () => (await viewOf(made)).status === 'SUCCEEDED');
  expect(await viewOf(made)).toMatchObject({
    receipts: [{ currency: 'USD', disposition: 'settles' }],
    refunds: [],
  });
});

test('what its payer disputes, or the shop sends back by hand, is booked in its own currency', async () => {
  // Nothing is told until both have happened, so that the server's own refund does not come first.
  const paidInSilence = async (deed: 'refunds' | 'disputes'): Promise<CheckoutResponse> => {
    await house.faults({ webhook: 'lost' });
    const made = await checkout();
    const paymentIntent = made.providerChargeId;
    await payIn('gbp', made);
    expect((await house.stripe('POST', deed, { paymentIntent })).status).toBe(200);
    await house.faults({ webhook: 'normal' });
    await house.stripe('POST', 'events', { paymentIntent, type: 'payment_intent.succeeded' });
    return made;
  };
  const byHand = await paidInSilence('refunds');
  await house.until(async () => (await viewOf(byHand)).refunds.some(({ status }) => status === 'settled'));
  const disputed = await paidInSilence('disputes');
  await house.until(async () => (await viewOf(disputed)).disputes.length === 1);
  expect((await viewOf(disputed)).disputes).toMatchObject([{ amountCents: 2_400, currency: 'GBP' }]);
  const currencies = await house.context.db.query<{ currency: string }>(
    `SELECT DISTINCT p.currency FROM ledger_postings p JOIN ledger_entries e USING (merchant_id, entry_id)
     WHERE e.transaction_id = ANY($1)`,
    [[byHand.transactionId, disputed.transactionId]],
  );
  expect(currencies).toEqual([{ currency: 'GBP' }]);
  expect((await auditLedger(house.context.db)).findings).toEqual([]);
});
