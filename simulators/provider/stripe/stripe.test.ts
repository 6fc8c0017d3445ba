import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { silentLog } from '../../../platform/log.ts';
import { systemClock, systemRandom } from '../../../platform/system.ts';
import { ManualClock } from '../../../platform/testing/manual-clock.ts';
import type {
  ChargeRef,
  CheckoutOrder,
  InternationalProvider,
  ProviderCharge,
} from '../../../sync-server/providers/provider.ts';
import { stripeFactory } from '../../../sync-server/providers/stripe/stripe.ts';
import { startTestProvider, type TestProvider } from '../testing/test-provider.ts';
import { SEARCH_BEHIND_MS } from './intents.ts';
import { KEY_KEPT_MS } from './stripe-api.ts';
import { SIMULATED_KEYS } from './stripe-context.ts';

/** The product's own adapter on the simulator, over real HTTP, so that neither is held against itself alone. */
const SECRET = 'whsec_simulated';
const ORDER: CheckoutOrder = {
  transactionId: '01995b1c-5a34-7000-8000-000000000001',
  orderId: '01995b1c-5a34-7000-8000-000000000002',
  saleId: '01995b1c-5a34-7000-8000-000000000003',
  txid: '7978c0c97ea847e78e8849634473c1f1',
  amountCents: 10_000,
  currency: 'USD',
  description: 'Consulta geral',
  expiresSeconds: 600,
  providerChargeId: null,
  mayExist: false,
};

let clock: ManualClock;
let simulator: TestProvider;
let stripe: InternationalProvider;
let receiver: EventReceiver;

beforeEach(async () => {
  clock = new ManualClock();
  receiver = await startEventReceiver();
  simulator = await startTestProvider(clock);
  await sim('PUT', '/settings', { webhook: { url: receiver.url, secret: SECRET } });
  open();
});
afterEach(async () => {
  await simulator.close();
  await receiver.close();
});

function open(timeoutMs = 10_000): void {
  stripe = stripeFactory.open(
    {
      ...SIMULATED_KEYS,
      webhookSecrets: [SECRET],
      apiBaseUrl: simulator.stripeUrl,
      scriptUrl: `${simulator.stripeUrl}/js`,
      timeoutMs,
    },
    { clock: systemClock, randomBytes: systemRandom, log: silentLog, fetch: globalThis.fetch },
  );
}

describe('a payment', () => {
  it('is made, paid and read: receipt, fee and all', async () => {
    const { ref, clientSecret } = await checkout();
    expect(clientSecret).toContain(`${ref.providerChargeId}_secret_`);
    expect(await read(ref)).toMatchObject({ status: 'PENDING', receipts: [] });
    expect(await pay('4242 4242 4242 4242')).toMatchObject({ status: 200 });
    expect(await read(ref)).toMatchObject({
      status: 'SUCCEEDED',
      expiresAtMs: clock.nowMs() + 600_000,
      receipts: [{ amountCents: 10_000, txid: ORDER.txid, paidAtMs: clock.nowMs(), feeCents: 438 }],
    });
  });

  it('that is declined leaves the charge open for another card', async () => {
    const { ref } = await checkout();
    expect(await pay('4000000000000002')).toMatchObject({
      status: 402,
      body: { error: { type: 'card_error', code: 'card_declined', decline_code: 'generic_decline' } },
    });
    expect(await read(ref)).toMatchObject({ status: 'PENDING', receipts: [] });
    expect(await pay('1234')).toMatchObject({ status: 402, body: { error: { code: 'incorrect_number' } } });
    expect(await pay('5555555555554444')).toMatchObject({ status: 200 });
    expect(await read(ref)).toMatchObject({ status: 'SUCCEEDED', receipts: [{ amountCents: 10_000 }] });
    expect(await pay('4242424242424242')).toMatchObject({ status: 400 });
  });

  it('that is given up cannot be paid, nor given up twice', async () => {
    const { ref } = await checkout();
    expect(await stripe.cancelCharge(ref)).toMatchObject({
      kind: 'canceled',
      charge: { status: 'CANCELED', closedBy: 'us' },
    });
    expect(await pay('4242424242424242')).toMatchObject({ status: 400 });
    expect(await stripe.cancelCharge(ref)).toEqual({ kind: 'not_open' });
    expect(await stripe.cancelCharge({ ...ref, providerChargeId: 'pi_none' })).toEqual({ kind: 'not_found' });
  });
});

describe('one order, one PaymentIntent', () => {
  it('within the day of the key', async () => {
    const first = await checkout();
    const again = await checkout({ mayExist: true });
    expect(again).toEqual(first);
    expect(await payments()).toHaveLength(1);
  });

  it('after the key is forgotten, by the search', async () => {
    const first = await checkout();
    clock.advance(KEY_KEPT_MS + 1);
    expect((await checkout({ mayExist: true })).ref).toEqual(first.ref);
    expect(await payments()).toHaveLength(1);
  });

  it('after the key is forgotten, by the id where it is known', async () => {
    const first = await checkout();
    clock.advance(KEY_KEPT_MS + 1);
    expect(await checkout({ providerChargeId: first.ref.providerChargeId })).toEqual(first);
  });

  it('would be two, were it not looked for: what the key alone is worth after a day', async () => {
    await checkout();
    clock.advance(KEY_KEPT_MS + 1);
    await checkout();
    expect(await payments()).toHaveLength(2);
  });

  it('with other parameters under the key is refused', async () => {
    await checkout();
    expect(await stripe.createCheckout({ ...ORDER, amountCents: 9_999 })).toMatchObject({
      kind: 'rejected',
      code: 'idempotency_error',
    });
  });

  it('though the answer is lost: unknown, and then the same one', async () => {
    open(300);
    await simulator.bank('PUT', '/faults', { timeoutAfterSuccess: true });
    expect(await stripe.createCheckout(ORDER)).toMatchObject({ kind: 'unknown' });
    await simulator.bank('PUT', '/faults', { timeoutAfterSuccess: false });
    open();
    const { ref } = await checkout({ mayExist: true });
    expect(await payments()).toMatchObject([{ intent: { id: ref.providerChargeId } }]);
  });

  it('the search is behind, as Stripe’s is', async () => {
    const { ref } = await checkout();
    const byTxid = { ...ref, providerChargeId: null };
    expect(await stripe.fetchCharge(byTxid)).toEqual({ kind: 'not_found' });
    clock.advance(SEARCH_BEHIND_MS + 1);
    expect(await stripe.fetchCharge(byTxid)).toMatchObject({ kind: 'found' });
  });

  it('away: unknown for a write, since a 503 of Stripe may come after the deed; unavailable for a read', async () => {
    const { ref } = await checkout();
    await simulator.bank('PUT', '/faults', { online: false });
    expect(await stripe.createCheckout(ORDER)).toMatchObject({ kind: 'unknown' });
    expect(await stripe.fetchCharge(ref)).toMatchObject({ kind: 'unavailable' });
  });
});

describe('refunds', () => {
  it('are made once, whole or in part, and never above what was paid', async () => {
    const { ref } = await paid();
    expect(await refund(ref, 'r1', 4_000)).toMatchObject({ refund: { refundId: 'r1', status: 'settled' } });
    expect(await refund(ref, 'r1', 4_000)).toMatchObject({ refund: { refundId: 'r1' } });
    expect(await refund(ref, 'r2', 6_001)).toMatchObject({ kind: 'rejected' });
    expect(await refund(ref, 'r3', 6_000)).toMatchObject({ kind: 'found' });
    expect(await refund(ref, 'r4', 1)).toMatchObject({ kind: 'rejected', code: 'charge_already_refunded' });
    expect((await read(ref)).refunds).toMatchObject([
      { refundId: 'r3', amountCents: 6_000, initiatedBy: 'us' },
      { refundId: 'r1', amountCents: 4_000, initiatedBy: 'us' },
    ]);
  });

  it('after the key is forgotten: found in the list, not made again', async () => {
    const { ref } = await paid();
    await refund(ref, 'r1', 4_000);
    clock.advance(KEY_KEPT_MS + 1);
    expect(await refund(ref, 'r1', 4_000, true)).toMatchObject({ kind: 'found' });
    expect((await read(ref)).refunds).toHaveLength(1);
  });

  it('whose answer is lost are found', async () => {
    const { ref } = await paid();
    open(300);
    await simulator.bank('PUT', '/faults', { timeoutAfterSuccess: true });
    expect(await refund(ref, 'r1', 10_000)).toMatchObject({ kind: 'found', refund: { status: 'settled' } });
  });

  it('by hand are the provider’s; one that comes back is refused, and the money can be given back again', async () => {
    const { ref } = await paid();
    const { body } = await sim('POST', '/refunds', { txid: ORDER.txid });
    expect((await read(ref)).refunds).toMatchObject([{ initiatedBy: 'provider', status: 'settled' }]);
    await sim('POST', `/refunds/${String(body['id'])}/fail`, {});
    expect((await read(ref)).refunds).toMatchObject([
      { status: 'refused', reason: 'expired_or_canceled_card' },
    ]);
    expect(await refund(ref, 'r1', 10_000)).toMatchObject({ kind: 'found' });
  });
});

describe('disputes', () => {
  it.each(['won', 'lost'] as const)('come with the card 0259, and end %s', async (status) => {
    const { ref } = await checkout();
    await pay('4000000000000259');
    const { status: canonical, disputes } = await read(ref);
    expect(canonical).toBe('SUCCEEDED');
    expect(disputes).toMatchObject([{ kind: 'chargeback', status: 'open', amountCents: 10_000 }]);
    expect(await refund(ref, 'r1', 10_000)).toMatchObject({ kind: 'rejected', code: 'charge_disputed' });
    await sim('POST', `/disputes/${disputes[0]?.disputeId}/close`, { status });
    expect((await read(ref)).disputes).toMatchObject([{ status }]);
  });

  it('are opened by hand, once', async () => {
    const { ref } = await paid();
    expect(await sim('POST', '/disputes', { txid: ORDER.txid })).toMatchObject({ status: 200 });
    expect(await sim('POST', '/disputes', { txid: ORDER.txid })).toMatchObject({ status: 400 });
    expect((await read(ref)).disputes).toHaveLength(1);
  });
});

describe('events', () => {
  it('are Stripe’s by signature, and name the charge', async () => {
    const { ref } = await paid();
    await heard(3);
    expect(receiver.types().sort()).toEqual([
      'charge.succeeded',
      'payment_intent.created',
      'payment_intent.succeeded',
    ]);
    for (const request of receiver.requests) {
      expect(stripe.webhooks.authenticate(request)).toMatchObject({ kind: 'authentic' });
      expect(stripe.webhooks.read(request)).toMatchObject({ kind: 'event', charges: [ref] });
    }
  });

  it('tell of refunds and disputes', async () => {
    await checkout();
    await pay('4000000000000259');
    const [payment] = await payments();
    await sim('POST', `/disputes/${payment?.disputes[0]?.id}/close`, { status: 'won' });
    await sim('POST', '/refunds', { txid: ORDER.txid });
    await heard(9);
    expect(new Set(receiver.types())).toEqual(
      new Set([
        'payment_intent.created',
        'charge.succeeded',
        'payment_intent.succeeded',
        'charge.dispute.created',
        'charge.dispute.funds_withdrawn',
        'charge.dispute.funds_reinstated',
        'charge.dispute.closed',
        'refund.created',
        'charge.refunded',
      ]),
    );
  });

  it('are repeated, each time signed anew, until they are taken', async () => {
    receiver.answer = 503;
    await checkout();
    await heard(3, 500);
    receiver.answer = 200;
    await heard(4, 500);
    const verdicts = receiver.requests.map((request) => stripe.webhooks.authenticate(request));
    expect(new Set(verdicts.map((verdict) => JSON.stringify(verdict))).size).toBe(1);
    expect(verdicts[0]).toMatchObject({ kind: 'authentic' });
    await expect.poll(() => clock.pendingTasks).toBe(0);
  });

  it('owed by a simulator that was ended are sent by the next', async () => {
    receiver.answer = 503;
    await checkout();
    await heard(1);
    await simulator.restart();
    receiver.answer = 200;
    receiver.requests.length = 0;
    await heard(1, 1000);
    expect(receiver.types()).toEqual(['payment_intent.created']);
  });

  it('faults: lost, twice, late, and the last one first', async () => {
    await simulator.bank('PUT', '/faults', { webhook: 'lost' });
    await checkout();
    await simulator.bank('PUT', '/faults', { webhook: 'duplicate' });
    await pay('4000000000000002');
    await heard(4, 100);
    expect(receiver.types().sort()).toEqual([
      'charge.failed',
      'charge.failed',
      'payment_intent.payment_failed',
      'payment_intent.payment_failed',
    ]);
    receiver.requests.length = 0;
    await simulator.bank('PUT', '/faults', { webhook: 'delayed', webhookDelayMs: 30_000 });
    await sim('PUT', '/settings', { outOfOrder: true });
    await pay('4242424242424242');
    clock.advance(29_999);
    expect(receiver.requests).toHaveLength(0);
    await heard(2, 100);
    expect(receiver.types()).toEqual(['payment_intent.succeeded', 'charge.succeeded']);
  });

  it('can lie: the event says that it is paid, the charge does not', async () => {
    const { ref } = await checkout();
    const lie = { txid: ORDER.txid, type: 'payment_intent.succeeded', object: { status: 'succeeded' } };
    expect(await sim('POST', '/events', lie)).toMatchObject({ status: 200 });
    await heard(2);
    expect(receiver.types()).toContain('payment_intent.succeeded');
    expect(await read(ref)).toMatchObject({ status: 'PENDING', receipts: [] });
  });
});

describe('who may ask', () => {
  const ask = (path: string, authorization: string, body?: Record<string, string>) =>
    fetch(`${simulator.stripeUrl}/v1${path}`, {
      method: body === undefined ? 'GET' : 'POST',
      headers: { authorization },
      ...(body === undefined ? {} : { body: new URLSearchParams(body) }),
    });
  const page = `Bearer ${SIMULATED_KEYS.publishableKey}`;

  it('the server with its key; the page with the secret of that one payment, and for nothing else', async () => {
    const { ref, clientSecret } = await checkout();
    const path = `/payment_intents/${ref.providerChargeId}`;
    const card = { 'payment_method_data[card][number]': '4242424242424242' };
    expect((await ask(path, 'Bearer sk_test_stranger')).status).toBe(401);
    expect((await ask(path, page)).status).toBe(401);
    expect((await ask(`${path}/confirm`, page, card)).status).toBe(401);
    expect((await ask(`${path}/confirm`, page, { ...card, client_secret: 'pi_x_secret_y' })).status).toBe(
      404,
    );
    expect((await ask('/refunds', page, { client_secret: clientSecret })).status).toBe(401);
    expect((await ask(`${path}/confirm`, page, { ...card, client_secret: clientSecret })).status).toBe(200);
  });

  it('the list of types that the API no longer takes is refused', async () => {
    const body = { amount: '100', currency: 'usd', 'payment_method_types[0]': 'card' };
    const answer = await ask('/payment_intents', `Bearer ${SIMULATED_KEYS.secretKey}`, body);
    expect(await answer.json()).toMatchObject({
      error: { code: 'payment_method_types_no_longer_supported' },
    });
  });
});

interface SimAnswer {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
}
async function sim(method: string, path: string, body?: unknown): Promise<SimAnswer> {
  const response = await fetch(`${simulator.stripeUrl}/sim${path}`, {
    method,
    ...(body === undefined
      ? {}
      : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
  });
  return { status: response.status, body: (await response.json()) as SimAnswer['body'] };
}

interface Payment {
  readonly intent: { readonly id: string };
  readonly disputes: readonly { readonly id: string }[];
}
async function payments(): Promise<readonly Payment[]> {
  return (await sim('GET', '/payments')).body['payments'] as readonly Payment[];
}

const pay = (card: string) => sim('POST', '/payments', { txid: ORDER.txid, card });

async function checkout(
  over: Partial<CheckoutOrder> = {},
): Promise<{ ref: ChargeRef; clientSecret: string }> {
  const outcome = await stripe.createCheckout({ ...ORDER, ...over });
  if (outcome.kind !== 'created') throw new Error(JSON.stringify(outcome));
  const { txid, providerChargeId } = outcome.charge;
  return { ref: { txid, providerChargeId }, clientSecret: outcome.clientSecret };
}

async function paid(): Promise<{ ref: ChargeRef }> {
  const made = await checkout();
  expect(await pay('4242424242424242')).toMatchObject({ status: 200 });
  return made;
}

async function read(ref: ChargeRef): Promise<ProviderCharge> {
  const outcome = await stripe.fetchCharge(ref);
  if (outcome.kind !== 'found') throw new Error(JSON.stringify(outcome));
  return outcome.charge;
}

function refund(charge: ChargeRef, refundId: string, amountCents: number, mayExist = false) {
  return stripe.requestRefund({
    charge,
    receiptId: 'ch_unused',
    refundId,
    amountCents,
    receivedCents: 10_000,
    description: 'Devolução',
    mayExist,
  });
}

/** Lets due work start and real HTTP run, until so many events came; the simulated time moves by `stepMs` a look. */
async function heard(count: number, stepMs = 0): Promise<void> {
  await expect
    .poll(() => {
      clock.advance(stepMs);
      return receiver.requests.length;
    })
    .toBeGreaterThanOrEqual(count);
}

interface EventReceiver {
  readonly url: string;
  readonly requests: Parameters<InternationalProvider['webhooks']['authenticate']>[0][];
  answer: number;
  types(): string[];
  close(): Promise<void>;
}
async function startEventReceiver(): Promise<EventReceiver> {
  const server = createServer(async (request, response) => {
    const body = new TextEncoder().encode(await text(request));
    const headers = { 'stripe-signature': String(request.headers['stripe-signature']) };
    const receivedAtMs = clock.nowMs();
    self.requests.push({ path: '', headers, body, hasClientCertificate: false, receivedAtMs });
    response.writeHead(self.answer).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const self: EventReceiver = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/webhooks/stripe`,
    requests: [],
    answer: 200,
    types: () =>
      self.requests.map(({ body }) => {
        const { type } = JSON.parse(new TextDecoder().decode(body)) as { type: string };
        return type;
      }),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return self;
}
