import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { StartupFailure } from '../../../platform/service.ts';
import { ManualClock } from '../../../platform/testing/manual-clock.ts';
import type { ChargeOrder, ChargeRef, NationalProvider, ProviderCharge } from '../provider.ts';
import { PIX_KEY, startTestInitiator, type TestInitiator } from './testing/test-initiator.ts';

const TXID = '7978c0c97ea847e78e8849634473c1f1';
const order: ChargeOrder = {
  txid: TXID,
  pixKey: PIX_KEY,
  amountCents: 3_700,
  expiresSeconds: 300,
  description: 'Consulta geral',
  merchantName: 'Clínica Aurora',
  city: 'São Paulo',
  customer: { cpf: '52998224725' },
  split: [],
  mayExist: false,
};

let clock: ManualClock;
let bank: TestInitiator;
let provider: NationalProvider;

beforeEach(async () => {
  clock = new ManualClock();
  bank = await startTestInitiator(clock);
  provider = bank.open();
});
afterEach(() => bank.close());

async function consent(on = provider): Promise<ProviderCharge & { readonly providerChargeId: string }> {
  const outcome = await on.createCharge(order);
  if (outcome.kind !== 'created') throw new Error(JSON.stringify(outcome));
  const { providerChargeId } = outcome.charge;
  if (providerChargeId === null) throw new Error('no consent id');
  return { ...outcome.charge, providerChargeId };
}
const capture = (charge: ChargeRef, on = provider) => on.captureCharge?.(charge);

test('a sale: consent, authorisation at the bank, payment, settlement', async () => {
  const charge = await consent();
  expect(charge).toMatchObject({
    txid: TXID,
    pixKey: PIX_KEY,
    amountCents: 3_700,
    currency: 'BRL',
    status: 'PENDING',
    brCode: null,
    authorisationUrl: `https://initiator.example/authorise?consent=${encodeURIComponent(charge.providerChargeId)}`,
    expiresAtMs: clock.nowMs() + 300_000,
  });
  expect(await provider.fetchCharge(charge)).toMatchObject({ charge: { status: 'PENDING' } });

  await bank.initiator.customer(charge.providerChargeId, 'authorises');
  expect(await provider.fetchCharge(charge)).toMatchObject({
    charge: { status: 'AUTHORIZED', receipts: [] },
  });
  expect(bank.initiator.paymentCount).toBe(0);

  expect(await capture(charge)).toMatchObject({
    kind: 'found',
    charge: { status: 'PROCESSING', providerStatus: 'RCVD', receipts: [] },
  });
  clock.advance(2_000);
  await bank.initiator.bank(charge.providerChargeId, 'ACSC');
  const settled = await provider.fetchCharge(charge);
  expect(settled).toMatchObject({
    kind: 'found',
    charge: {
      providerChargeId: charge.providerChargeId,
      status: 'SUCCEEDED',
      receipts: [
        { txid: TXID, pixKey: PIX_KEY, amountCents: 3_700, paidAtMs: clock.nowMs(), feeCents: null },
      ],
    },
  });
  const [receipt] = settled.kind === 'found' ? settled.charge.receipts : [];
  expect(receipt?.endToEndId).toMatch(/^E90400888202603101500[0-9a-f]{11}$/);
  expect(receipt?.receiptId).toBe(receipt?.endToEndId);
});

describe('what is asked for twice', () => {
  test('a consent is one consent, also from another process', async () => {
    const first = await consent();
    expect((await consent(bank.open())).providerChargeId).toBe(first.providerChargeId);
  });

  test('a consent whose answer was lost is unknown, then found', async () => {
    bank.initiator.timeoutAfterSuccess = true;
    expect(await bank.open({ timeoutMs: 200 }).createCharge(order)).toMatchObject({ kind: 'unknown' });
    bank.initiator.timeoutAfterSuccess = false;
    expect(await provider.createCharge({ ...order, mayExist: true })).toMatchObject({ kind: 'created' });
  });

  test('a payment whose answer was lost is one payment, read back by any process', async () => {
    const charge = await consent();
    await bank.initiator.customer(charge.providerChargeId, 'authorises');
    bank.initiator.timeoutAfterSuccess = true;
    expect(await capture(charge, bank.open({ timeoutMs: 200 }))).toMatchObject({ kind: 'unknown' });
    bank.initiator.timeoutAfterSuccess = false;
    await bank.initiator.bank(charge.providerChargeId, 'ACSC');
    expect(await provider.fetchCharge(charge)).toMatchObject({ charge: { status: 'SUCCEEDED' } });
    expect(await capture(charge)).toMatchObject({ charge: { status: 'SUCCEEDED' } });
    expect(bank.initiator.paymentCount).toBe(1);
  });

  test('two processes that capture at once make one payment', async () => {
    const charge = await consent();
    await bank.initiator.customer(charge.providerChargeId, 'authorises');
    await Promise.all([capture(charge), capture(charge, bank.open()), capture(charge)]);
    expect(bank.initiator.paymentCount).toBe(1);
  });
});

describe('what does not become a payment', () => {
  test.each([
    ['no CPF', { customer: null }, 'customer_cpf_required'],
    ['a CPF that is none', { customer: { cpf: '11111111111' } }, 'customer_cpf_required'],
    ['a key of nobody we know', { pixKey: 'a@b.com.br' }, 'creditor_unknown'],
  ])('%s', async (_name, change, code) => {
    expect(await provider.createCharge({ ...order, ...change })).toMatchObject({ kind: 'rejected', code });
  });

  test('a customer who says no', async () => {
    const charge = await consent();
    await bank.initiator.customer(charge.providerChargeId, 'rejects');
    expect(await provider.fetchCharge(charge)).toMatchObject({
      charge: { status: 'FAILED', providerStatus: 'REJECTED REJEITADO_USUARIO' },
    });
  });

  test('a customer who does nothing', async () => {
    const charge = await consent();
    clock.advance(5 * 60_000);
    expect(await provider.fetchCharge(charge)).toMatchObject({ charge: { status: 'EXPIRED' } });
  });

  test('what nobody has authorised yet is not asked for', async () => {
    const paths: string[] = [];
    const watched = bank.open({}, (input, init) => {
      paths.push(`${init?.method} ${new URL(String(input)).pathname}`);
      return fetch(input, init);
    });
    expect(await capture(await consent(watched), watched)).toMatchObject({ charge: { status: 'PENDING' } });
    expect(paths.filter((path) => path.startsWith('POST') && path.endsWith('/pix/payments'))).toEqual([]);
  });

  test('the first of two who have to say yes', async () => {
    const charge = await consent();
    await bank.initiator.customer(charge.providerChargeId, 'is_first_of_two');
    expect(await capture(charge)).toMatchObject({ charge: { status: 'PENDING' } });
    expect(bank.initiator.paymentCount).toBe(0);
  });

  test.each(['SALDO_INSUFICIENTE', 'PAGAMENTO_RECUSADO_DETENTORA'])('%s', async (code) => {
    const charge = await consent();
    await bank.initiator.customer(charge.providerChargeId, 'authorises');
    bank.initiator.refuseNextPayment = code;
    const failed = { kind: 'found', charge: { status: 'FAILED', providerStatus: code, receipts: [] } };
    expect(await capture(charge)).toMatchObject(failed);
    expect(await bank.open().fetchCharge(charge)).toMatchObject(failed);
  });

  test('a payment that the bank rejects afterwards', async () => {
    const charge = await consent();
    await bank.initiator.customer(charge.providerChargeId, 'authorises');
    await capture(charge);
    await bank.initiator.bank(charge.providerChargeId, 'RJCT', {
      code: 'PAGAMENTO_RECUSADO_SPI',
      detail: 'AB03',
    });
    expect(await provider.fetchCharge(charge)).toMatchObject({
      charge: { status: 'FAILED', providerStatus: 'RJCT PAGAMENTO_RECUSADO_SPI', receipts: [] },
    });
  });
});

describe('withdrawing', () => {
  test('a consent is left to itself: without our payment no money moves', async () => {
    const charge = await consent();
    expect(await provider.cancelCharge(charge)).toMatchObject({
      kind: 'canceled',
      charge: { status: 'CANCELED', closedBy: 'us' },
    });
  });

  test('a payment that the bank holds back is withdrawn', async () => {
    const charge = await consent();
    await bank.initiator.customer(charge.providerChargeId, 'authorises');
    await capture(charge);
    await bank.initiator.bank(charge.providerChargeId, 'PDNG');
    expect(await provider.cancelCharge(charge)).toMatchObject({ kind: 'canceled' });
    expect(await provider.fetchCharge(charge)).toMatchObject({
      charge: { status: 'CANCELED', closedBy: 'us', providerStatus: 'CANC' },
    });
  });

  test('one that is settled is not', async () => {
    const charge = await consent();
    await bank.initiator.customer(charge.providerChargeId, 'authorises');
    await capture(charge);
    await bank.initiator.bank(charge.providerChargeId, 'ACSC');
    expect(await provider.cancelCharge(charge)).toEqual({ kind: 'not_open' });
  });

  test('a refund is not offered, and says so', async () => {
    const refund = {
      charge: { txid: TXID, providerChargeId: null },
      receiptId: 'E90400888202603101500aaaaaaaaaaa',
      refundId: 'R1',
      amountCents: 1,
      receivedCents: 1,
      description: '',
      mayExist: false,
    };
    const refused = { kind: 'rejected', code: 'refund_not_offered' };
    expect(await provider.requestRefund(refund)).toMatchObject(refused);
    expect(await provider.fetchRefund(refund)).toMatchObject(refused);
  });
});

describe('an initiator that cannot be trusted or reached', () => {
  test('an unknown consent is not found, and being away is something else', async () => {
    const nobody = { txid: TXID, providerChargeId: null };
    expect(await provider.fetchCharge(nobody)).toEqual({ kind: 'not_found' });
    bank.initiator.online = false;
    expect(await provider.fetchCharge(nobody)).toMatchObject({ kind: 'unavailable' });
    expect(await provider.createCharge(order)).toMatchObject({ kind: 'unavailable' });
  });

  test('an answer that is signed by another, or for another, is none', async () => {
    const charge = await consent();
    const other = await startTestInitiator(clock);
    try {
      const confused = bank.open({ answerKeysUrl: other.initiator.answerKeysUrl });
      expect(await confused.fetchCharge(charge)).toMatchObject({
        kind: 'unavailable',
        detail: 'HTTP 200: the answer is not signed for us',
      });
      expect(await confused.createCharge(order)).toMatchObject({ kind: 'unknown' });
    } finally {
      await other.close();
    }
  });

  test('an answer that is signed well, and for somebody else, is none', async () => {
    const charge = await consent();
    expect(await bank.open({ organisationId: 'somebody-else' }).fetchCharge(charge)).toMatchObject({
      kind: 'unavailable',
      detail: 'HTTP 200: the answer is not signed for us',
    });
  });

  test('a request whose signature the initiator refuses is rejected', async () => {
    expect(await bank.open({ organisationId: 'somebody-else' }).createCharge(order)).toMatchObject({
      kind: 'rejected',
      code: 'INVALID_CLIENT',
    });
  });
});

test.each([
  ['initiatorCnpj', { initiatorCnpj: '1' }],
  ['webhookSecret', { webhookSecret: undefined }],
  ['clientSecret', { clientSecret: undefined }],
  ['signingKeyFile', { signingKeyFile: '/nowhere' }],
  ['authorisationUrl', { authorisationUrl: 'https://no.placeholder' }],
])('the start fails with a word on %s', (name, change) => {
  expect(() => bank.open(change)).toThrow(StartupFailure);
  expect(() => bank.open(change)).toThrow(name);
});
