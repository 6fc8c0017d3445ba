import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { newId, txidOfSession } from '../../../domain/ids.ts';
import { silentLog } from '../../../platform/log.ts';
import { StartupFailure } from '../../../platform/service.ts';
import { systemClock, systemRandom } from '../../../platform/system.ts';
import { eventually } from '../../../platform/testing/eventually.ts';
import { APPMAX_CLIENT } from '../../../simulators/provider/appmax/v1-routes.ts';
import { APPMAX_ACCESS_TOKEN } from '../../../simulators/provider/appmax/v3-routes.ts';
import type { ChargeOrder, CreateChargeOutcome, NationalProvider, ProviderCharge } from '../provider.ts';
import {
  openWebhookDoor,
  type SimulatedBank,
  startSimulatedBank,
  type WebhookDoor,
} from '../testing/simulated-bank.ts';
import { appmaxFactory } from './appmax.ts';

const fallbackCustomer = {
  firstName: 'Clínica',
  lastName: 'Aurora',
  email: 'recepcao@aurora.example',
  phone: '11999999999',
  cpf: '52998224725',
};

let bank: SimulatedBank;
let door: WebhookDoor;
let provider: NationalProvider;
/** Calls that were sent, "POST /v1/orders"; and how one of them is cut after it was carried out. */
let sent: { readonly call: string; readonly body: string }[];
let loseAnswerTo: string | null;

const watchedFetch: typeof globalThis.fetch = async (input, init) => {
  const call = `${init?.method} ${new URL(String(input)).pathname.replace(/^\/appmax\/(api|auth)/, '')}`;
  sent.push({ call, body: typeof init?.body === 'string' ? init.body : '' });
  const response = await globalThis.fetch(input, init);
  if (loseAnswerTo !== null && call.endsWith(loseAnswerTo)) {
    await response.body?.cancel();
    throw new TypeError('fetch failed', { cause: Object.assign(new Error('reset'), { code: 'ECONNRESET' }) });
  }
  return response;
};
const environment = { clock: systemClock, randomBytes: systemRandom, log: silentLog, fetch: watchedFetch };

const paths = {
  v1: { customer: '/v1/customers', order: '/v1/orders', pix: '/v1/payments/pix' },
  v3: { customer: '/v3/customer', order: '/v3/order', pix: '/v3/payment/pix' },
} as const;
type Generation = keyof typeof paths;

function open(generation: Generation, change: Record<string, unknown> = {}): NationalProvider {
  const own =
    generation === 'v1'
      ? { ...APPMAX_CLIENT, authUrl: `${bank.url}/appmax/auth`, apiUrl: `${bank.url}/appmax/api` }
      : { accessToken: APPMAX_ACCESS_TOKEN, baseUrl: `${bank.url}/appmax/api/v3` };
  return appmaxFactory.open(
    { provider: 'appmax', generation, ...own, fallbackCustomer, timeoutMs: 2_000, ...change },
    environment,
  );
}

beforeAll(async () => {
  bank = await startSimulatedBank();
  door = await openWebhookDoor(() => provider);
});
beforeEach(async () => {
  sent = [];
  loseAnswerTo = null;
  await bank.call('PUT', '/bank/faults', { online: true, timeoutAfterSuccess: false, webhook: 'normal' });
  await dashboard({ lie: 'none', webhook: null });
});
afterAll(async () => {
  await door.close();
  await bank.close();
});

const dashboard = (change: unknown) => bank.call('PUT', '/appmax/dashboard', change);
const callsTo = (path: string) => sent.filter(({ call }) => call === `POST ${path}`);

function orderOf(change: Partial<ChargeOrder> = {}): ChargeOrder {
  return {
    txid: txidOfSession(newId(systemClock, systemRandom)),
    pixKey: 'not used',
    amountCents: 3_790,
    expiresSeconds: 300,
    description: 'Consulta geral',
    merchantName: 'Clínica Aurora',
    city: 'São Paulo',
    customer: null,
    split: [],
    mayExist: false,
    ...change,
  };
}
function made(outcome: CreateChargeOutcome): ProviderCharge {
  if (outcome.kind !== 'created') throw new Error(JSON.stringify(outcome));
  return outcome.charge;
}
async function read(charge: ProviderCharge): Promise<ProviderCharge> {
  const outcome = await provider.fetchCharge(charge);
  if (outcome.kind !== 'found') throw new Error(JSON.stringify(outcome));
  return outcome.charge;
}
async function paid(mode = 'exact', amountCents?: number): Promise<ProviderCharge> {
  const charge = made(await provider.createCharge(orderOf()));
  await bank.pay(charge.brCode, mode, amountCents);
  return read(charge);
}

describe.each(['v1', 'v3'] as const)('generation %s', (generation) => {
  const path = paths[generation];
  beforeEach(() => {
    provider = open(generation);
  });

  test('a charge that is paid on the bank’s page is a receipt of what came', async () => {
    const order = orderOf();
    const charge = made(await provider.createCharge(order));
    expect(charge).toMatchObject({ txid: order.txid, status: 'PENDING', amountCents: 3_790, receipts: [] });
    expect(charge.providerChargeId).toMatch(/^\d+$/);
    expect(charge.expiresAtMs - charge.createdAtMs).toBe(300_000);
    expect(await read(charge)).toMatchObject({ status: 'PENDING', receipts: [] });
    await bank.pay(charge.brCode);
    const after = await read(charge);
    expect(after).toMatchObject({
      txid: order.txid,
      status: 'SUCCEEDED',
      providerStatus: 'aprovado',
      pixKey: null,
      amountCents: 3_790,
      refunds: [],
      receipts: [{ amountCents: 3_790, endToEndId: null, receiptId: `appmax:${charge.providerChargeId}` }],
    });
    expect(Math.abs((after.receipts[0]?.paidAtMs ?? 0) - systemClock.nowMs())).toBeLessThan(600_000);
  });

  test('the order carries our txid, and the amount to the cent', async () => {
    const order = orderOf({ amountCents: 1_010 });
    made(await provider.createCharge(order));
    const body = JSON.parse(callsTo(path.order)[0]?.body ?? '') as Record<string, unknown>;
    expect(body).toMatchObject({ products: [{ sku: order.txid, name: 'Consulta geral' }] });
    expect(generation === 'v1' ? body['products_value'] : body['total']).toBe(
      generation === 'v1' ? 1_010 : 10.1,
    );
  });

  test('who was asked is the customer; the placeholder stands in otherwise', async () => {
    const customer = { name: 'Maria Aparecida Silva', cpf: '11144477735', email: 'maria@example.com' };
    made(await provider.createCharge(orderOf({ customer })));
    expect(callsTo(path.customer)[0]?.body).toMatch(/Maria".*Aparecida Silva/);
    expect(callsTo(path.pix)[0]?.body).toContain('11144477735');
    made(await provider.createCharge(orderOf({ customer: { name: 'Maria', cpf: '12345678900' } })));
    expect(callsTo(path.customer)[1]?.body).toMatch(/Clínica".*Aurora/);
    expect(callsTo(path.pix)[1]?.body).toContain('52998224725');
  });

  test('a lost answer about the customer is a clean failure: asking again makes the one charge', async () => {
    const before = await bank.countCharges();
    const order = orderOf();
    loseAnswerTo = path.customer;
    expect(await provider.createCharge(order)).toMatchObject({ kind: 'unavailable' });
    expect(await provider.fetchCharge({ txid: order.txid, providerChargeId: null })).toEqual({
      kind: 'not_found',
    });
    loseAnswerTo = null;
    made(await provider.createCharge({ ...order, mayExist: true }));
    expect(callsTo(path.order)).toHaveLength(1);
    expect(await bank.countCharges()).toBe(before + 1);
  });

  test('an order whose answer was lost is never asked for again', async () => {
    const before = await bank.countCharges();
    const order = orderOf();
    loseAnswerTo = path.order;
    expect(await provider.createCharge(order)).toMatchObject({ kind: 'unknown' });
    loseAnswerTo = null;
    for (let times = 0; times < 3; times += 1)
      expect(await provider.createCharge({ ...order, mayExist: true })).toMatchObject({ kind: 'unknown' });
    expect(callsTo(path.order)).toHaveLength(1);
    expect(callsTo(path.pix)).toHaveLength(0);
    expect(await bank.countCharges()).toBe(before);
    expect(await provider.fetchCharge({ txid: order.txid, providerChargeId: null })).toMatchObject({
      kind: 'rejected',
      code: 'order_unknown',
    });
  });

  test('a Pix whose answer was lost is asked for on the same order, and never made twice', async () => {
    const before = await bank.countCharges();
    const order = orderOf();
    loseAnswerTo = path.pix;
    expect(await provider.createCharge(order)).toMatchObject({ kind: 'unknown' });
    loseAnswerTo = null;
    // The order has its Pix, and Appmax does not tell the code again.
    expect(await provider.createCharge({ ...order, mayExist: true })).toMatchObject({ kind: 'unknown' });
    expect(callsTo(path.order)).toHaveLength(1);
    expect(await bank.countCharges()).toBe(before + 1);
    // The order's id is known: should money come, it is seen.
    const { charges } = await bank.call<{ charges: { brCode: string }[] }>('GET', '/bank/charges?limit=1');
    await bank.pay(charges[0]?.brCode ?? null);
    const found = await provider.fetchCharge({ txid: order.txid, providerChargeId: null });
    expect(found).toMatchObject({ kind: 'found', charge: { receipts: [{ amountCents: 3_790 }] } });
  });

  test('an attempt of before a restart is taken for lost', async () => {
    expect(await provider.createCharge(orderOf({ mayExist: true }))).toMatchObject({ kind: 'unknown' });
    expect(sent).toEqual([]);
  });

  test('twin: what was never attempted is made, and a second order is a second charge', async () => {
    const before = await bank.countCharges();
    made(await provider.createCharge(orderOf()));
    made(await provider.createCharge(orderOf()));
    expect(await bank.countCharges()).toBe(before + 2);
  });

  test.each([
    ['empty_data', { kind: 'unknown' }],
    ['error_after_write', { kind: 'unavailable' }],
    ['no_code', { kind: 'rejected', code: 'no_br_code', leavesCharge: true }],
    ['amount', { kind: 'rejected', code: 'charge_mismatch', leavesCharge: true }],
  ])('"%s" is no charge', async (lie, outcome) => {
    await dashboard({ lie });
    expect(await provider.createCharge(orderOf())).toMatchObject(outcome);
  });

  test('what is away is unavailable, and a kiosk that asks again gets its charge', async () => {
    const order = orderOf();
    await bank.call('PUT', '/bank/faults', { online: false });
    expect(await provider.createCharge(order)).toMatchObject({ kind: 'unavailable' });
    expect(await provider.fetchCharge({ txid: order.txid, providerChargeId: '12844' })).toMatchObject({
      kind: 'unavailable',
    });
    await bank.call('PUT', '/bank/faults', { online: true });
    made(await provider.createCharge({ ...order, mayExist: true }));
  });

  test('wrong credentials are a refusal, an unknown order is not found, a split is not offered', async () => {
    const stranger = open(generation, generation === 'v1' ? { clientSecret: 'x' } : { accessToken: 'x' });
    expect(await stranger.createCharge(orderOf())).toMatchObject({ kind: 'rejected' });
    expect(await provider.fetchCharge({ txid: 'a', providerChargeId: '99999999' })).toEqual({
      kind: 'not_found',
    });
    const split = [{ recipientId: 're_1', amountCents: 100 }];
    expect(await provider.createCharge(orderOf({ split }))).toMatchObject({ code: 'split_not_offered' });
  });

  test('a whole refund is carried out once, however often it is asked for', async () => {
    const charge = await paid();
    const receiptId = charge.receipts[0]?.receiptId ?? '';
    const order = {
      charge,
      receiptId,
      refundId: 'refund1',
      amountCents: 3_790,
      receivedCents: 3_790,
      description: 'Pagamento em duplicidade',
    };
    expect(await provider.fetchRefund(order)).toEqual({ kind: 'not_found' });
    expect(await provider.requestRefund({ ...order, mayExist: false })).toMatchObject({
      refund: { status: 'processing', amountCents: 3_790 },
    });
    expect(await provider.requestRefund({ ...order, mayExist: true })).toMatchObject({
      refund: { status: 'processing' },
    });
    await eventually(async () =>
      expect(await provider.fetchRefund(order)).toMatchObject({
        refund: { status: 'settled', amountCents: 3_790 },
      }),
    );
    expect(await provider.requestRefund({ ...order, mayExist: true })).toMatchObject({
      refund: { status: 'settled' },
    });
    expect(await read(charge)).toMatchObject({
      status: 'SUCCEEDED',
      providerStatus: 'estornado',
      receipts: [{ amountCents: 3_790 }],
      refunds: [{ amountCents: 3_790, status: 'settled' }],
    });
    expect(sent.filter(({ call }) => /refund/.test(call))).toHaveLength(1);
  });

  test('a part is asked for once; after that its outcome is for a person', async () => {
    const charge = await paid();
    const order = {
      charge,
      receiptId: charge.receipts[0]?.receiptId ?? '',
      refundId: 'part1',
      amountCents: 1_010,
      receivedCents: 3_790,
      description: 'Parte',
    };
    expect(await provider.requestRefund({ ...order, mayExist: false })).toMatchObject({
      refund: { status: 'processing', amountCents: 1_010 },
    });
    await eventually(async () => expect((await read(charge)).providerStatus).toBe('aprovado'));
    expect(await provider.requestRefund({ ...order, mayExist: true })).toMatchObject({ kind: 'unknown' });
    const { charges } = await bank.call<{
      charges: { payments: { refunds: { amountCents: number }[] }[] }[];
    }>('GET', '/bank/charges?limit=1');
    expect(charges[0]?.payments[0]?.refunds.map(({ amountCents }) => amountCents)).toEqual([1_010]);
  });

  test('nothing is withdrawn: Appmax has no word for it', async () => {
    expect(await provider.cancelCharge({ txid: 'a', providerChargeId: '1' })).toMatchObject({
      kind: 'rejected',
      code: 'cancel_not_offered',
    });
  });

  test('a chargeback is a dispute over money that came', async () => {
    const charge = await paid();
    const to = (word: string) =>
      bank.call('POST', `/appmax/dashboard/orders/${charge.providerChargeId}`, {
        word,
        event: 'OrderChargeBackInTreatment',
      });
    await to('chargeback_em_disputa');
    expect(await read(charge)).toMatchObject({
      status: 'SUCCEEDED',
      disputes: [{ status: 'open', amountCents: 3_790 }],
    });
    await to('chargeback_perdido');
    expect(await read(charge)).toMatchObject({ disputes: [{ status: 'lost' }] });
  });

  test.each(['standard', 'meta', 'flat', 'custom', 'legacy'])(
    'webhooks of the shape "%s" name the order, behind an address that only Appmax knows',
    async (shape) => {
      door.taken.length = 0;
      await dashboard({ webhook: { url: `${door.url}${provider.webhooks.addressPath}`, shape } });
      const charge = await paid();
      await eventually(() => expect(door.taken).toHaveLength(3));
      for (const { verdict, reading } of door.taken) {
        expect(verdict.kind).toBe('authentic');
        expect(reading).toMatchObject({
          kind: 'event',
          charges: [{ txid: null, providerChargeId: charge.providerChargeId }],
          recurrences: [],
        });
      }
      const types = door.taken.map(({ reading }) => reading.kind === 'event' && reading.type);
      expect(types).toContain(shape === 'legacy' ? 'order_paid_by_pix' : 'OrderPaidByPix');
    },
  );
});

describe('what came is what counts', () => {
  test('v1: another amount, and one that is not told', async () => {
    provider = open('v1');
    expect((await paid('other_amount', 5_000)).receipts).toMatchObject([{ amountCents: 5_000 }]);
    const charge = await paid();
    await dashboard({ lie: 'total_paid' });
    expect((await read(charge)).receipts).toMatchObject([{ amountCents: 3_890 }]);
    await dashboard({ lie: 'no_total_paid' });
    expect(await read(charge)).toMatchObject({ status: 'SUCCEEDED', receipts: [] });
  });

  test('v3: the order’s total, or the paid amount where the account tells it', async () => {
    provider = open('v3', { paidAmountField: 'total_paid' });
    const other = await paid('other_amount', 5_001);
    expect(other.receipts).toMatchObject([{ amountCents: 5_001 }]);
    provider = open('v3');
    expect((await read(other)).receipts).toMatchObject([{ amountCents: 3_790 }]);
  });
});

test('a stranger’s webhook is refused', () => {
  provider = open('v1');
  const request = { headers: {}, body: Buffer.from('{}'), hasClientCertificate: false, receivedAtMs: 0 };
  for (const path of ['', 'guess', `${provider.webhooks.addressPath.slice(1)}x`])
    expect(provider.webhooks.authenticate({ ...request, path })).toEqual({
      kind: 'refused',
      reason: 'secret',
    });
});

test('settings that are wrong are named, and their values are not', () => {
  const opening = () =>
    appmaxFactory.open(
      {
        generation: 'v3',
        accessToken: 'a secret token',
        fallbackCustomer: { ...fallbackCustomer, cpf: '111' },
      },
      environment,
    );
  expect(opening).toThrow(StartupFailure);
  expect(opening).toThrow(/appmax.*fallbackCustomer\.cpf/);
  expect(opening).not.toThrow(/a secret token/);
});
