import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { CanonicalStatus } from '../../../domain/payment-status.ts';
import { systemClock } from '../../../platform/system.ts';
import { Cents } from '../wire-cents.ts';
import { Reais, toReais } from './amounts.ts';
import { createAttempts } from './attempts.ts';
import { instantOf, wallTimeOf } from './send.ts';
import { toProviderCharge } from './to-provider-charge.ts';
import { createV1 } from './v1.ts';
import { createV3 } from './v3.ts';

const ref = { txid: '7978c0c97ea847e78e8849634473c1f1', providerChargeId: '67890' };
const made = { brCode: null, createdAtMs: 0, expiresSeconds: 300 };
const order = {
  orderId: '67890',
  status: 'aprovado',
  amountCents: 10_500,
  paidCents: 10_500,
  createdAtMs: 1_000,
  updatedAtMs: 2_000,
  paidAtMs: 1_500,
};

describe('amounts', () => {
  test.each([
    [267.48, 26_748],
    [265.0, 26_500],
    ['267.48', 26_748],
    ['10.1', 1_010],
    [10, 1_000],
    [0, 0],
    [1_234_567_890.12, 123_456_789_012],
  ])('%j reais', (reais, cents) => {
    expect(Reais.parse(reais)).toBe(cents);
  });

  test.each([0.1 + 0.7, 1e21, -1, '1.234,56', '1,5', '', 'NaN', Number.NaN, Infinity, null, [], 1.005])(
    '%j is no amount of reais',
    (reais) => {
      expect(Reais.safeParse(reais).success).toBe(false);
    },
  );

  test('there and back again, to the cent, as JSON has it', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 999_999_999_999 }), (cents) => {
        expect(Reais.parse(JSON.parse(JSON.stringify(toReais(cents))))).toBe(cents);
        expect(Cents.parse(cents)).toBe(cents);
        expect(Cents.parse(String(cents))).toBe(cents);
      }),
    );
  });
});

describe('times', () => {
  test('are in the account’s zone, unless they say their own', () => {
    const noon = Date.UTC(2026, 2, 15, 13, 0, 0);
    expect(instantOf('2026-03-15 10:00:00', '-03:00')).toBe(noon);
    expect(instantOf('2026-03-15T13:00:00.000000Z', '-03:00')).toBe(noon);
    expect(wallTimeOf(noon, '-03:00')).toBe('2026-03-15 10:00:00');
    for (const text of ['', 'yesterday', '2026-13-45 10:00:00', null, undefined])
      expect(instantOf(text, '-03:00')).toBeNull();
  });
});

describe('captured answers', () => {
  const answering =
    (body: unknown, status = 200): typeof globalThis.fetch =>
    async (input) =>
      String(input).endsWith('/oauth2/token')
        ? Response.json({ access_token: 'eyJhbGciOiJS', token_type: 'Bearer', expires_in: 3600 })
        : Response.json(body, { status });
  const common = {
    fallbackCustomer: {
      firstName: 'A',
      lastName: 'B',
      email: 'a@b.example',
      phone: '11999999999',
      cpf: '52998224725',
    },
    expiresSeconds: 300,
    utcOffset: '-03:00',
    timeoutMs: 1_000,
  };
  const v1 = (body: unknown, status?: number) =>
    createV1(
      {
        generation: 'v1',
        authUrl: 'http://a',
        apiUrl: 'http://a',
        clientId: 'i',
        clientSecret: 's',
        ...common,
      },
      { fetch: answering(body, status), clock: systemClock, timeoutMs: 1_000 },
      systemClock,
    );
  const v3 = (body: unknown, status?: number) =>
    createV3(
      { generation: 'v3', baseUrl: 'http://a', accessToken: 't', paidAmountField: 'total', ...common },
      { fetch: answering(body, status), clock: systemClock, timeoutMs: 1_000 },
    );
  /** As Appmax's reference has it. */
  const reference = {
    data: {
      order: {
        id: 67890,
        status: 'aprovado',
        total_paid: 10500,
        amounts: { sub_total: 10000, shipping_value: 500, discount: 0, installment_fee: 0 },
        created_at: '2026-03-15 10:00:00',
        updated_at: '2026-03-15 10:05:00',
      },
      customer: { id: 12345, name: 'John Doe', email: 'john@example.com', document_number: '52998224725' },
      payment: { method: 'pix', installments: 1, installments_amount: 10500, paid_at: '2026-03-15 10:05:00' },
    },
  };

  test('v1: an order', async () => {
    expect(await v1(reference).readOrder('67890')).toEqual({
      kind: 'done',
      value: {
        orderId: '67890',
        status: 'aprovado',
        amountCents: 10_500,
        paidCents: 10_500,
        createdAtMs: Date.UTC(2026, 2, 15, 13),
        updatedAtMs: Date.UTC(2026, 2, 15, 13, 5),
        paidAtMs: Date.UTC(2026, 2, 15, 13, 5),
        answer: reference.data,
      },
    });
  });

  test('v1: numbers as text, an empty payment, fields that are missing', async () => {
    const { order: wire } = reference.data;
    const text = {
      ...wire,
      id: '67890',
      total_paid: '10500',
      amounts: { sub_total: '10500' },
      created_at: null,
    };
    expect(await v1({ data: { order: text, payment: [], customer: [] } }).readOrder('67890')).toMatchObject({
      value: { orderId: '67890', amountCents: 10_500, paidCents: 10_500, createdAtMs: null, paidAtMs: null },
    });
    for (const body of [{ data: [] }, {}, [], { data: { order: { id: 1 } } }, 'text'])
      expect(await v1(body).readOrder('67890')).toMatchObject({ kind: 'unknown' });
  });

  test('v1: a payment that is under way already has nothing to show', async () => {
    const pix = { orderId: '1', customerId: '2', cpf: '52998224725', expiresAtMs: 0 };
    for (const payment of [{ pix_qrcode: '', pix_emv: '' }, { pix_qrcode: null }, { pix_emv: '00020126' }])
      expect(await v1({ data: { payment } }).createPix(pix)).toEqual({
        kind: 'done',
        value: { brCode: null },
      });
    expect(await v1({ data: [] }).createPix(pix)).toMatchObject({ kind: 'unknown' });
  });

  test('what refuses, what is away, and what tells nothing are told apart', async () => {
    for (const api of [v1, v3]) {
      expect(await api({ errors: { message: 'CPF inválido' } }, 422).readOrder('1')).toEqual({
        kind: 'problem',
        status: 422,
        detail: 'HTTP 422: CPF inválido',
      });
      for (const status of [503, 429])
        expect(await api({}, status).readOrder('1')).toMatchObject({ kind: 'unavailable' });
      for (const status of [500, 502, 504, 408, 409])
        expect(await api({}, status).readOrder('1')).toMatchObject({ kind: 'unknown' });
    }
    const refusal = { success: false, text: 'Validate error', status: 404, data: [] };
    expect(await v3(refusal).readOrder('1')).toMatchObject({ kind: 'problem', status: 404 });
    expect(await v3({ success: false, text: 'no' }).readOrder('1')).toMatchObject({ status: 422 });
  });

  test('v3: an order in reais', async () => {
    const data = { id: 22, status: 'aprovado', total: 267.48, freight_type: null, customer: { id: 7 } };
    const envelope = { success: true, text: 'View order', status: 200, data };
    expect(await v3(envelope).readOrder('22')).toMatchObject({
      value: { orderId: '22', amountCents: 26_748, paidCents: 26_748, createdAtMs: null },
    });
    const text = { ...data, total: '267.48' };
    expect(await v3({ ...envelope, data: text }).readOrder('22')).toMatchObject({
      value: { amountCents: 26_748 },
    });
    expect(await v3({ ...envelope, data: [] }).readOrder('22')).toMatchObject({ kind: 'unknown' });
  });

  test('no answer makes a generation throw', async () => {
    const kinds = ['done', 'problem', 'unknown', 'unavailable'];
    await fc.assert(
      fc.asyncProperty(fc.jsonValue(), fc.constantFrom(200, 201, 400, 500), async (body, status) => {
        for (const api of [v1(body, status), v3(body, status)]) {
          expect(kinds).toContain((await api.readOrder('1')).kind);
          expect(kinds).toContain((await api.requestRefund('1', null)).kind);
        }
      }),
    );
  });
});

describe('statuses', () => {
  const statusOf = (status: string) => toProviderCharge({ ...order, status }, ref, made).status;

  test.each([
    ['pendente', 'PENDING'],
    ['autorizado', 'AUTHORIZED'],
    ['aprovado', 'SUCCEEDED'],
    ['integrado', 'SUCCEEDED'],
    ['pendente_integracao', 'SUCCEEDED'],
    ['pendente_integracao_em_analise', 'SUCCEEDED'],
    ['estornado', 'SUCCEEDED'],
    ['cancelado', 'CANCELED'],
    ['recusado_por_risco', 'FAILED'],
    ['chargeback_em_tratativa', 'SUCCEEDED'],
    ['a_word_of_tomorrow', null],
    ['toString', null],
  ])('%s is %s', (word, status) => {
    expect(statusOf(word)).toBe(status);
  });

  test('money that went back, of which Appmax no longer says how much, was the order’s', () => {
    for (const paidCents of [null, 0])
      expect(toProviderCharge({ ...order, status: 'estornado', paidCents }, ref, made)).toMatchObject({
        receipts: [{ amountCents: 10_500 }],
        refunds: [{ amountCents: 10_500, status: 'settled' }],
      });
  });

  test('every word, with any amounts, has a canonical status or none; only words of money have receipts', () => {
    const cents = fc.option(fc.integer({ min: 0, max: 20_000 }));
    fc.assert(
      fc.property(
        fc.oneof(fc.string(), fc.constantFrom('aprovado', 'pendente')),
        cents,
        (word, paidCents) => {
          const charge = toProviderCharge({ ...order, status: word, paidCents }, ref, made);
          if (charge.status !== null) expect(CanonicalStatus.options).toContain(charge.status);
          expect(charge.receipts).toHaveLength(charge.status === 'SUCCEEDED' && paidCents ? 1 : 0);
          expect(charge.closedBy === null).toBe(charge.status !== 'CANCELED');
        },
      ),
    );
  });
});

test('what is known of attempts is bounded: the oldest is forgotten, and counts as lost', () => {
  const attempts = createAttempts(2);
  for (const txid of ['a', 'b', 'a', 'c']) attempts.set(txid, { kind: 'clean' });
  expect(attempts.get('b')).toBeUndefined();
  expect(attempts.get('a')).toEqual({ kind: 'clean' });
  expect(attempts.get('c')).toEqual({ kind: 'clean' });
});
