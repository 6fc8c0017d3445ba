import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { newId, txidOfSession } from '../../../domain/ids.ts';
import { silentLog } from '../../../platform/log.ts';
import { StartupFailure } from '../../../platform/service.ts';
import { systemClock, systemRandom } from '../../../platform/system.ts';
import { eventually } from '../../../platform/testing/eventually.ts';
import { PAGARME_SECRET_KEY } from '../../../simulators/provider/pagarme/pagarme.ts';
import type { ChargeOrder, CreateChargeOutcome, NationalProvider, ProviderCharge } from '../provider.ts';
import {
  openWebhookDoor,
  type SimulatedBank,
  startSimulatedBank,
  type WebhookDoor,
} from '../testing/simulated-bank.ts';
import { pagarmeFactory } from './pagarme.ts';

const fallbackCustomer = {
  name: 'Clínica Aurora',
  email: 'recepcao@aurora.example',
  cpf: '52998224725',
  phone: '5511999999999',
};
const environment = {
  clock: systemClock,
  randomBytes: systemRandom,
  log: silentLog,
  fetch: globalThis.fetch,
};

let bank: SimulatedBank;
let door: WebhookDoor;
let provider: NationalProvider;

function open(change: Record<string, unknown> = {}): NationalProvider {
  return pagarmeFactory.open(
    {
      provider: 'pagarme',
      baseUrl: `${bank.url}/pagarme/core/v5`,
      secretKey: PAGARME_SECRET_KEY,
      fallbackCustomer,
      webhooks: { authentication: 'hub_signature', keysUrl: `${bank.url}/pagarme/.well-known/jwks.json` },
      split: { merchantRecipientId: 're_merchant' },
      timeoutMs: 2_000,
      ...change,
    },
    environment,
  );
}

beforeAll(async () => {
  bank = await startSimulatedBank();
  door = await openWebhookDoor(() => provider);
});
beforeEach(async () => {
  await bank.call('PUT', '/bank/faults', { online: true, timeoutAfterSuccess: false, webhook: 'normal' });
  await dashboard({ lie: 'none', webhook: { url: door.url, authentication: { kind: 'hub_signature' } } });
  provider = open();
  door.taken.length = 0;
});
afterAll(async () => {
  await door.close();
  await bank.close();
});

const dashboard = (change: unknown) => bank.call('PUT', '/pagarme/dashboard', change);

function orderOf(change: Partial<ChargeOrder> = {}): ChargeOrder {
  return {
    txid: txidOfSession(newId(systemClock, systemRandom)),
    pixKey: 'not used',
    amountCents: 3_700,
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
const typesTaken = () =>
  door.taken.map(({ reading }) => (reading.kind === 'event' ? reading.type : reading.kind));

describe('making a charge', () => {
  test('a charge that is paid on the bank’s page is a receipt of what came', async () => {
    const order = orderOf();
    const charge = made(await provider.createCharge(order));
    expect(charge).toMatchObject({ txid: order.txid, status: 'PENDING', amountCents: 3_700, receipts: [] });
    expect(charge.providerChargeId).toMatch(/^or_/);
    expect(charge.expiresAtMs - charge.createdAtMs).toBe(300_000);
    await bank.pay(charge.brCode);
    const after = await read(charge);
    expect(after).toMatchObject({ status: 'SUCCEEDED', pixKey: null, currency: 'BRL', refunds: [] });
    expect(after.receipts).toMatchObject([{ amountCents: 3_700, txid: order.txid, pixKey: null }]);
    expect(after.receipts[0]?.receiptId).toMatch(/^pagarme:ch_/);
    expect(after.receipts[0]?.endToEndId).toHaveLength(32);
    // Not yet known by its id, it is found by its code.
    expect(await provider.fetchCharge({ txid: order.txid, providerChargeId: null })).toEqual({
      kind: 'found',
      charge: after,
    });
  });

  test.each([
    ['is never answered', { timeoutAfterSuccess: true }, 'none'],
    ['is answered with 500', {}, 'error_after_write'],
  ])('a write that was done and %s makes one order', async (_name, faults, lie) => {
    provider = open({ timeoutMs: 400 });
    await bank.call('PUT', '/bank/faults', faults);
    await dashboard({ lie });
    const before = await bank.countCharges();
    const order = orderOf();
    const first = made(await provider.createCharge(order));
    const again = made(await provider.createCharge({ ...order, mayExist: true }));
    expect(again.providerChargeId).toBe(first.providerChargeId);
    expect(await bank.countCharges()).toBe(before + 1);
  });

  test('twin: two orders under two codes are two charges at the bank', async () => {
    const before = await bank.countCharges();
    made(await provider.createCharge(orderOf()));
    made(await provider.createCharge(orderOf()));
    expect(await bank.countCharges()).toBe(before + 2);
  });

  test('what may have arrived and is not there is posted with its key', async () => {
    const before = await bank.countCharges();
    const order = orderOf({ mayExist: true });
    const first = made(await provider.createCharge(order));
    expect(made(await provider.createCharge(order)).providerChargeId).toBe(first.providerChargeId);
    expect(await bank.countCharges()).toBe(before + 1);
  });

  test('the same key posted again, unseen, is the same order', async () => {
    const before = await bank.countCharges();
    const order = orderOf();
    const first = made(await provider.createCharge(order));
    expect(made(await provider.createCharge(order)).providerChargeId).toBe(first.providerChargeId);
    expect(await bank.countCharges()).toBe(before + 1);
  });

  test.each([
    ['failed', 'order_failed', undefined],
    ['amount', 'charge_mismatch', true],
    ['no_qr_code', 'no_br_code', true],
  ])(
    'HTTP 200 with "%s" is no charge; whether one was left there is told',
    async (lie, code, leavesCharge) => {
      await dashboard({ lie });
      const outcome = await provider.createCharge(orderOf());
      expect(outcome).toMatchObject({ kind: 'rejected', code });
      expect('leavesCharge' in outcome ? outcome.leavesCharge : undefined).toBe(leavesCharge);
    },
  );

  test('what is away is unavailable; what is refused is rejected', async () => {
    await bank.call('PUT', '/bank/faults', { online: false });
    expect(await provider.createCharge(orderOf())).toMatchObject({ kind: 'unavailable' });
    expect(await provider.fetchCharge({ txid: 'a', providerChargeId: 'or_x' })).toMatchObject({
      kind: 'unavailable',
    });
    await bank.call('PUT', '/bank/faults', { online: true });
    provider = open({ secretKey: 'sk_of_somebody_else' });
    expect(await provider.createCharge(orderOf())).toMatchObject({ kind: 'rejected', code: 'http_401' });
    const closedPort = open({ baseUrl: 'http://127.0.0.1:61999/core/v5' });
    expect(await closedPort.createCharge(orderOf())).toMatchObject({ kind: 'unavailable' });
  });

  test('an order that is not there is not found, by id and by code', async () => {
    expect(await provider.fetchCharge({ txid: 'a', providerChargeId: 'or_none' })).toEqual({
      kind: 'not_found',
    });
    expect(await provider.fetchCharge({ txid: 'nobody', providerChargeId: null })).toEqual({
      kind: 'not_found',
    });
  });

  test('another charge’s order is not believed to be ours', async () => {
    const charge = made(await provider.createCharge(orderOf()));
    expect(
      await provider.fetchCharge({ txid: 'b'.repeat(32), providerChargeId: charge.providerChargeId }),
    ).toMatchObject({ kind: 'unavailable' });
  });
});

test('a divided sale is taken; one that cannot be divided is refused before anything is sent', async () => {
  const split = [{ recipientId: 're_doctor', amountCents: 1_200 }];
  made(await provider.createCharge(orderOf({ split })));
  expect(await open({ split: undefined }).createCharge(orderOf({ split }))).toMatchObject({
    code: 'split_not_configured',
  });
});

describe('money', () => {
  test.each([
    ['less than was asked for', 1_000, 'underpaid'],
    ['more than was asked for', 5_000, 'overpaid'],
  ])('%s is a receipt of what came', async (_name, amountCents, word) => {
    const charge = await paid('other_amount', amountCents);
    expect(charge).toMatchObject({ providerStatus: word, receipts: [{ amountCents }] });
  });

  test('a second payment raises the total; each of the two goes back by itself, and neither is taken for the other', async () => {
    const charge = await paid('twice');
    const receiptId = charge.receipts[0]?.receiptId ?? '';
    expect(charge).toMatchObject({
      providerStatus: 'overpaid',
      receipts: [{ receiptId, amountCents: 7_400, isTotal: true }],
    });
    const part = { charge, amountCents: 3_700, receivedCents: 3_700, description: 'x', mayExist: false };
    const surplus = {
      ...part,
      receiptId: `${receiptId}:total:7400`,
      refundId: 'surplus1',
      elsewhereCents: 0,
    };
    const sale = { ...part, receiptId, refundId: 'sale1', elsewhereCents: 3_700 };
    const arrived = (refund: typeof sale) =>
      eventually(async () =>
        expect(await provider.fetchRefund(refund)).toMatchObject({ refund: { status: 'settled' } }),
      );
    await provider.requestRefund(surplus);
    await arrived(surplus);
    expect(await provider.fetchRefund(sale)).toEqual({ kind: 'not_found' });
    await provider.requestRefund(sale);
    await arrived(sale);
    expect(await read(charge)).toMatchObject({ refunds: [{ amountCents: 7_400, isTotal: true }] });
  });

  test('a whole refund is carried out once, however often it is asked for', async () => {
    const charge = await paid('other_amount', 5_000);
    const order = {
      charge,
      receiptId: charge.receipts[0]?.receiptId ?? '',
      refundId: 'refundoftest1',
      amountCents: 5_000,
      receivedCents: 5_000,
      description: 'Valor diferente do cobrado',
    };
    expect(await provider.requestRefund({ ...order, mayExist: false })).toMatchObject({
      kind: 'found',
      refund: { status: 'processing', amountCents: 5_000 },
    });
    expect(await provider.requestRefund({ ...order, mayExist: true })).toMatchObject({
      refund: { status: 'processing' },
    });
    await eventually(async () =>
      expect(await provider.fetchRefund(order)).toMatchObject({
        refund: { status: 'settled', amountCents: 5_000, refundId: 'refundoftest1' },
      }),
    );
    expect(await provider.requestRefund({ ...order, mayExist: true })).toMatchObject({
      refund: { status: 'settled', amountCents: 5_000 },
    });
    expect(await read(charge)).toMatchObject({
      status: 'SUCCEEDED',
      providerStatus: 'canceled',
      receipts: [{ amountCents: 5_000 }],
      refunds: [{ amountCents: 5_000, status: 'settled' }],
    });
    await eventually(() => expect(typesTaken()).toContain('charge.refunded'));
  });

  test('a part is refunded by its amount; which of two parts is which is not guessed', async () => {
    const charge = await paid();
    const order = {
      charge,
      receiptId: charge.receipts[0]?.receiptId ?? '',
      amountCents: 1_000,
      receivedCents: 3_700,
      description: 'Parte',
    };
    await provider.requestRefund({ ...order, refundId: 'part1', mayExist: false });
    await eventually(async () =>
      expect(await provider.requestRefund({ ...order, refundId: 'part1', mayExist: true })).toMatchObject({
        refund: { status: 'settled', amountCents: 1_000 },
      }),
    );
    expect(
      await provider.requestRefund({ ...order, amountCents: 500, refundId: 'part2', mayExist: true }),
    ).toMatchObject({ kind: 'unknown' });
    expect((await read(charge)).refunds).toMatchObject([{ amountCents: 1_000 }]);
  });

  test('another provider’s receipt is not refunded here', async () => {
    const charge = await paid();
    expect(
      await provider.fetchRefund({ charge, receiptId: `E${'0'.repeat(31)}`, refundId: 'x' }),
    ).toMatchObject({ code: 'foreign_receipt' });
  });

  test('a chargeback is a dispute over money that came', async () => {
    const charge = await paid();
    await bank.call('POST', `/pagarme/dashboard/chargebacks/${charge.txid}`, {});
    expect(await read(charge)).toMatchObject({
      status: 'SUCCEEDED',
      disputes: [{ kind: 'med', status: 'lost', amountCents: 3_700 }],
    });
  });
});

describe('withdrawing', () => {
  test('an open charge is withdrawn, and can be paid no more', async () => {
    const charge = made(await provider.createCharge(orderOf()));
    expect(await provider.cancelCharge(charge)).toMatchObject({
      kind: 'canceled',
      charge: { status: 'CANCELED', closedBy: 'us', receipts: [] },
    });
    expect(await read(charge)).toMatchObject({ status: 'CANCELED' });
    await expect(bank.pay(charge.brCode)).rejects.toThrow('charge_removed');
    expect(await provider.cancelCharge(charge)).toEqual({ kind: 'not_open' });
  });

  test('a paid one is left alone: the same call would refund it', async () => {
    const charge = await paid();
    expect(await provider.cancelCharge(charge)).toEqual({ kind: 'not_open' });
    expect(await read(charge)).toMatchObject({ providerStatus: 'paid', refunds: [] });
  });
});

describe('webhooks, over a real socket', () => {
  test('each names the order, and the hub’s signature holds', async () => {
    const charge = await paid();
    await eventually(() =>
      expect(typesTaken()).toEqual(expect.arrayContaining(['charge.paid', 'order.paid'])),
    );
    for (const { verdict, reading } of door.taken) {
      expect(verdict).toMatchObject({ kind: 'authentic', dedupeKey: expect.stringMatching(/^hook_/) });
      expect(reading).toMatchObject({
        charges: [{ txid: charge.txid, providerChargeId: charge.providerChargeId }],
        recurrences: [],
      });
    }
  });

  test('a repetition has the key of the first', async () => {
    await bank.call('PUT', '/bank/faults', { webhook: 'duplicate' });
    const charge = made(await provider.createCharge(orderOf()));
    await eventually(() => expect(door.taken).toHaveLength(4));
    const keys = door.taken.map(({ verdict }) => 'dedupeKey' in verdict && verdict.dedupeKey);
    expect(new Set(keys).size).toBe(2);
    expect(charge.status).toBe('PENDING');
  });

  test('subscriptions and invoices are agreements and requests', async () => {
    for (const event of [
      { type: 'subscription.created', data: { id: 'sub_1', status: 'active' } },
      { type: 'invoice.paid', data: { id: 'in_1', subscription: { id: 'sub_1' }, charge: { id: 'ch_1' } } },
    ])
      await bank.call('POST', '/pagarme/dashboard/events', event);
    await eventually(() => expect(door.taken).toHaveLength(2));
    const readings = door.taken.map(({ reading }) => reading);
    expect(readings).toEqual(
      expect.arrayContaining([
        {
          kind: 'event',
          type: 'subscription.created',
          charges: [],
          recurrences: [{ kind: 'agreement', id: 'sub_1' }],
        },
        {
          kind: 'event',
          type: 'invoice.paid',
          charges: [],
          recurrences: [
            { kind: 'request', id: 'in_1' },
            { kind: 'agreement', id: 'sub_1' },
          ],
        },
      ]),
    );
  });

  test('Basic and the secret address are told from strangers, too', async () => {
    provider = open({
      webhooks: { authentication: 'basic', user: 'totem', password: 'a long enough password' },
    });
    await dashboard({
      webhook: {
        url: door.url,
        authentication: { kind: 'basic', user: 'totem', password: 'a long enough password' },
      },
    });
    await provider.createCharge(orderOf());
    await eventually(() => expect(door.taken).toHaveLength(2));
    expect(door.taken.map(({ verdict }) => verdict.kind)).toEqual(['authentic', 'authentic']);

    door.taken.length = 0;
    provider = open({ webhooks: { authentication: 'secret_address' } });
    await dashboard({
      webhook: { url: `${door.url}${provider.webhooks.addressPath}`, authentication: { kind: 'none' } },
    });
    await provider.createCharge(orderOf());
    await eventually(() => expect(door.taken).toHaveLength(2));
    expect(door.taken.map(({ verdict }) => verdict.kind)).toEqual(['authentic', 'authentic']);
    const stranger = {
      path: '',
      headers: {},
      body: Buffer.from('{}'),
      hasClientCertificate: false,
      receivedAtMs: 0,
    };
    expect(await provider.webhooks.authenticate(stranger)).toEqual({ kind: 'refused', reason: 'secret' });
  });
});

test('settings that are wrong are named, and their values are not', () => {
  const wrong = { secretKey: 'sk_secret', fallbackCustomer: { ...fallbackCustomer, cpf: '12345678900' } };
  const opening = () => pagarmeFactory.open(wrong, environment);
  expect(opening).toThrow(StartupFailure);
  expect(opening).toThrow(/pagarme.*fallbackCustomer\.cpf.*webhooks/);
  expect(opening).not.toThrow(/sk_secret|12345678900/);
});
