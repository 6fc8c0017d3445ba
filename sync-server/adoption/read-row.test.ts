import { createSecretKey } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { columnsOf } from './columns.ts';
import { MappingFile, mappingFor } from './mapping.ts';
import { sealRaw } from './raw-row.ts';
import { readRow } from './read-row.ts';
import { REASONS } from './reasons.ts';
import type { Cells, ReadOptions, ReadRow, TransactionFacts } from './row-facts.ts';

const MERCHANT = '018f0000-0000-7000-8000-000000000001';
const NOW_MS = Date.parse('2025-06-01T12:00:00Z');
const BY = { secret: createSecretKey(Buffer.alloc(32, 7)), nowMs: NOW_MS };
const OPTIONS: ReadOptions = {
  kind: 'transaction',
  amounts: null,
  timeZone: 'America/Sao_Paulo',
  dayFirst: true,
  currency: 'BRL',
};
const PAID: Cells = {
  id: '1',
  provider: 'stripe',
  status: 'paid',
  amount_cents: '15000',
  created_at: '2025-03-10T12:00:00Z',
  paid_at: '2025-03-10T12:01:00Z',
};
const PENDING: Cells = { ...PAID, status: 'pending', paid_at: '' };

function read(
  cells: Cells,
  { own = {}, ...options }: Partial<ReadOptions> & { readonly own?: Record<string, unknown> } = {},
): ReadRow {
  const mapping = mappingFor(MappingFile.parse({ clinics: { '*': MERCHANT }, ...own }), new Set([MERCHANT]));
  const read = { ...OPTIONS, ...options };
  return readRow(cells, columnsOf(read.kind, Object.keys(cells), mapping.columns), read, mapping, BY);
}

/** The first reason that stops it, or what is made of it. */
function outcome(row: ReadRow): string {
  return row.transaction === null ? `unmapped ${row.reasons[0]}` : row.reasons.join(' ') || 'mapped';
}

type Case = readonly [what: string, cells: Cells, outcome: string, facts?: Partial<TransactionFacts>];

function tryAll(base: Cells, cases: readonly Case[]): void {
  test.each(cases.map((one) => ({ what: one[0], one })))(
    '$what',
    ({ one: [, cells, expected, facts = {}] }) => {
      const row = read({ ...base, ...cells });
      expect(outcome(row)).toBe(expected);
      if (row.transaction !== null) expect(row.transaction).toMatchObject(facts);
      for (const reason of row.reasons) expect(REASONS).toHaveProperty(reason);
    },
  );
}

describe('amounts of a column of cents', () => {
  tryAll(PAID, [
    ['whole', {}, 'mapped', { amountCents: 15_000 }],
    ['a floating number', { amount_cents: '15000.0' }, 'mapped', { amountCents: 15_000 }],
    ['a spreadsheet’s thousands', { amount_cents: '15.000' }, 'unmapped amount_undecidable'],
    ['thousands in English', { amount_cents: '15,000' }, 'unmapped amount_undecidable'],
    ['millions', { amount_cents: '1.015.000' }, 'unmapped amount_undecidable'],
    ['two decimals', { amount_cents: '150.00' }, 'unmapped cents_with_decimals'],
    ['two decimals with a comma', { amount_cents: '150,00' }, 'unmapped cents_with_decimals'],
    ['less than nothing', { amount_cents: '-15000' }, 'unmapped amount_negative'],
    ['less than nothing, behind', { amount_cents: '15000-' }, 'unmapped amount_negative'],
    ['less than nothing, in brackets', { amount_cents: '(15000)' }, 'unmapped amount_negative'],
  ]);

  test('what a company says of its decimals is believed', () => {
    const cells = { ...PAID, amount_cents: '150.00' };
    expect(read(cells, { amounts: 'cents' }).transaction?.amountCents).toBe(150);
    const asMoney = read(cells, { amounts: 'point', own: { columns: { amount: 'amount_cents' } } });
    expect(asMoney.transaction?.amountCents).toBe(15_000);
    expect(outcome(read({ ...PAID, amount_cents: '15.000' }, { amounts: 'cents' }))).toBe(
      'unmapped amount_undecidable',
    );
  });
});

describe('evidence that contradicts a status', () => {
  tryAll(PAID, [
    [
      'a refund’s day alone',
      { refunded_at: '2025-03-12 10:00:00+00' },
      'unmapped refund_date_without_refund',
    ],
    ['a day that cannot be read', { refunded_at: 'ontem' }, 'unmapped refund_date_without_refund'],
    [
      'a refund’s amount',
      { refunded_amount_cents: '5000' },
      'refunded_at_missing',
      { refundedCents: 5_000, status: 'PARTIALLY_REFUNDED' },
    ],
    [
      'a refund of nothing',
      { refunded_amount_cents: '0' },
      'mapped',
      { refundedCents: 0, status: 'SUCCEEDED' },
    ],
    ['more than came', { refunded_amount_cents: '15001' }, 'unmapped refund_larger_than_amount'],
    ['a refund that cannot be read', { refunded_amount_cents: 'x' }, 'unmapped refund_amount_unreadable'],
    ['a part, nobody knows which', { status: 'partially_refunded' }, 'unmapped refund_amount_unknown'],
    ['a refund that was done', { refund_status: 'succeeded' }, 'unmapped refund_amount_unknown'],
    [
      'a refund of all',
      { refund_status: 'refunded' },
      'refunded_at_missing',
      { refundedCents: 15_000, status: 'REFUNDED' },
    ],
    ['a refund under way', { refund_status: 'pending' }, 'refund_pending', { refundedCents: 0 }],
    [
      'a refund that failed, with its day',
      { refund_status: 'failed', refunded_at: '2025-03-12' },
      'mapped',
      { refundedCents: 0 },
    ],
    [
      'a refund that failed, with an amount',
      { refund_status: 'failed', refunded_amount_cents: '5000' },
      'unmapped refund_words_disagree',
    ],
    ['no refund, in words', { refund_status: 'none' }, 'mapped'],
    ['an unknown word', { refund_status: 'xpto' }, 'refund_status_unknown'],
    [
      'an event of a refund',
      { status: 'charge.refunded', refunded_amount_cents: '15000' },
      'refunded_at_missing',
      { status: 'REFUNDED' },
    ],
    ['an event of a refund of unknown size', { status: 'charge.refunded' }, 'unmapped refund_amount_unknown'],
  ]);
  tryAll(PENDING, [
    ['pending', {}, 'mapped', { paidAtMs: null }],
    ['pending, with a refund', { refunded_amount_cents: '5000' }, 'unmapped refunded_but_not_paid'],
    [
      'failed, with a refund’s day',
      { status: 'failed', refunded_at: '2025-03-12' },
      'unmapped refunded_but_not_paid',
    ],
    ...['created', 'pending', 'processing', 'authorized', 'failed', 'expired', 'canceled'].map(
      (status): Case => [`${status}, paid`, { status, paid_at: '2025-03-10' }, `unmapped ${status}_but_paid`],
    ),
    ['pending, captured', { captured_at: '2025-03-10 14:23' }, 'unmapped pending_but_paid'],
    ['pending, with money', { paid_amount_cents: '15000' }, 'unmapped pending_but_paid'],
    ['pending, with no money', { paid_amount_cents: '0' }, 'mapped'],
  ]);
});

describe('columns that sound like a refund and are not read', () => {
  tryAll(PAID, [
    ['one that says something', { valor_do_estorno_final: '50,00' }, 'unmapped refund_not_read'],
    ['a day', { estorno_feito_as: '2025-03-12' }, 'unmapped refund_not_read'],
    ['nothing', { valor_do_estorno_final: '' }, 'mapped'],
    ['no money', { valor_do_estorno_final: '0,00' }, 'mapped'],
    ['no', { houve_estorno_total: 'Não' }, 'mapped'],
    ['why it went back', { estorno_motivo_texto: 'desistência' }, 'mapped'],
    ['whether it may', { refundable_now: 'true' }, 'mapped'],
  ]);
  test('one that the mapping ignores', () => {
    const cells = { ...PAID, valor_do_estorno_final: '50,00' };
    expect(outcome(read(cells, { own: { ignore: ['Valor do estorno final'] } }))).toBe('mapped');
  });
});

describe('days', () => {
  tryAll(PAID, [
    ['made in the future', { created_at: '2099-01-01' }, 'unmapped date_in_future'],
    ['paid in the future', { paid_at: '2099-01-01' }, 'unmapped date_in_future'],
    ['paid an hour from now', { paid_at: '2025-06-01T13:00:00Z' }, 'mapped'],
    ['paid years before it was made', { paid_at: '2020-01-01' }, 'paid_before_created'],
    ['paid as it was made, in another zone', { paid_at: '2025-03-09T21:00:00Z' }, 'mapped'],
    [
      'refunded before it was paid',
      { refunded_amount_cents: '1', refunded_at: '2025-01-01' },
      'refunded_before_paid',
    ],
  ]);
});

describe('rows that are no sale', () => {
  tryAll({ ...PAID, parent_id: '' }, [
    ['a payment', { type: 'payment' }, 'mapped'],
    ['a sale in Portuguese', { tipo: 'Venda' }, 'mapped'],
    ['a way to pay', { tipo: 'credit_card' }, 'mapped'],
    ['a refund', { type: 'refund', parent_id: '7' }, 'unmapped not_a_sale'],
    ['a refund with its own status', { type: 'REFUND', status: 'refunded' }, 'unmapped not_a_sale'],
    ...[
      'estorno',
      'reembolso',
      'chargeback',
      'payout',
      'repasse',
      'saque',
      'fee',
      'taxa',
      'transfer',
      'ajuste',
    ].map((type): Case => [`of type ${type}`, { tipo_transacao: type }, 'unmapped not_a_sale']),
    ['of a type that nobody knows', { type: 'xpto' }, 'unknown_type'],
    ['of another transaction', { parent_id: '7' }, 'parent_not_used'],
    ['a test', { livemode: 'false' }, 'unmapped is_test'],
    ['live', { livemode: 't', is_test: '0', environment: 'production' }, 'mapped'],
    ['a test by its flag', { is_test: 'true' }, 'unmapped is_test'],
    ['of the sandbox', { ambiente: 'Homologação' }, 'unmapped is_test'],
    ['of a test session', { checkout_session_id: 'cs_test_a1' }, 'unmapped is_test'],
    ['a test by its payload', { raw_payload: '{"id":"ch_1","livemode":false}' }, 'unmapped is_test'],
    ['live by its payload', { raw_payload: '{"id":"ch_1","livemode":true}' }, 'mapped'],
    ['deleted', { deleted_at: '2025-03-11' }, 'unmapped row_was_deleted'],
    ['not deleted', { deleted: 'false' }, 'mapped'],
  ]);

  test('a refund in a row of its own says that its sale stands without it', () => {
    expect(read({ ...PAID, type: 'refund' }).reasons).toContain('refund_not_applied');
    expect(read({ ...PAID, amount_cents: '-5000' }).reasons).toContain('refund_not_applied');
    expect(read({ ...PAID, type: 'fee' }).reasons).not.toContain('refund_not_applied');
  });

  test('what a company says of its types, and of columns that mean nothing, is believed', () => {
    expect(outcome(read({ ...PAID, type: 'ajuste' }, { own: { types: { Ajuste: 'sale' } } }))).toBe('mapped');
    expect(outcome(read({ ...PAID, type: 'consulta' }, { own: { types: { consulta: 'no_sale' } } }))).toBe(
      'unmapped not_a_sale',
    );
    for (const [field, column, value] of [
      ['deletedAt', 'deleted_at', '2025-03-11'],
      ['refundedAt', 'refunded_at', '2025-03-11'],
      ['test', 'is_test', '1'],
      ['type', 'type', 'refund'],
    ] as const) {
      const cells = { ...PAID, [column]: value };
      expect(outcome(read(cells)), field).not.toBe('mapped');
      expect(outcome(read(cells, { own: { columns: { [field]: '-' } } })), field).toBe('mapped');
    }
  });
});

describe('two things that one row says', () => {
  tryAll(PAID, [
    ['other amounts', { amount: '100.00', amount_cents: '20000' }, 'unmapped amounts_disagree'],
    ['one amount, in two writings', { amount: '150.00' }, 'mapped'],
    ['one amount, without decimals', { amount: '150' }, 'mapped'],
    ['an amount that is none', { amount: 'doze' }, 'amount_beside_unreadable'],
    ['what came, and what was asked', { valor_pago: '149.00' }, 'unmapped paid_amount_differs'],
    ['what came is what was asked', { valor_pago: '150.00' }, 'mapped'],
    ['a payload’s amount', { raw_payload: '{"amount":99900}' }, 'unmapped payload_amount_differs'],
    ['a payload’s amount in reais', { raw_payload: '{"amount":150.00}' }, 'mapped'],
    [
      'a payload’s refund',
      { raw_payload: charge({ amount_refunded: 5_000 }) },
      'refund_from_payload refunded_at_missing',
      { status: 'PARTIALLY_REFUNDED', refundedCents: 5_000 },
    ],
    [
      'a payload’s larger refund',
      { refunded_amount_cents: '1000', raw_payload: charge({ amount_refunded: 5_000 }) },
      'unmapped payload_refund_differs',
    ],
    [
      'a payload that is older than the refund',
      { refunded_amount_cents: '1000', raw_payload: charge({}) },
      'refunded_at_missing',
      { refundedCents: 1_000 },
    ],
    [
      'a part that was captured',
      { raw_payload: charge({ amount_captured: 9_000 }) },
      'unmapped payload_amount_differs',
    ],
    [
      'a payload that is paid',
      { status: 'failed', paid_at: '', raw_payload: charge({}) },
      'unmapped payload_says_paid',
    ],
    [
      'a payload that is older than the payment',
      { raw_payload: charge({ status: 'pending', amount_captured: 0 }) },
      'mapped',
    ],
    ['a payload’s dispute', { raw_payload: charge({ disputed: true }) }, 'payload_tells_dispute'],
    [
      'a payload’s currency',
      { raw_payload: charge({ currency: 'usd' }), currency: 'BRL' },
      'unmapped currency_disagrees',
    ],
    [
      'columns of one age',
      { status: 'completed', payment_status: 'pending' },
      'unmapped status_columns_disagree',
    ],
    ['where somebody lives', { estado: 'SP' }, 'mapped'],
    ['an unknown provider beside a known one', { provider_v2: 'xpto' }, 'unknown_provider_beside_known'],
  ]);

  test('an amount of a row that nobody paid is no money', () => {
    const row = read({ ...PENDING, amount: '100.00', amount_cents: '20000' });
    expect(outcome(row)).toBe('amounts_differ_unpaid');
  });

  test('the column that a company names counts alone', () => {
    const cells = { ...PAID, amount: '100.00', amount_cents: '20000', valor: '99,00' };
    const row = read(cells, { amounts: 'point', own: { columns: { amount: 'amount' } } });
    expect([outcome(row), row.transaction?.amountCents]).toEqual(['mapped', 10_000]);
    const cents = read(cells, { own: { columns: { amountCents: 'amount_cents' } } });
    expect([outcome(cents), cents.transaction?.amountCents]).toEqual(['mapped', 20_000]);
  });
});

describe('currencies', () => {
  tryAll({ ...PAID, amount_cents: '', amount: '150,00' }, [
    ['the file’s', {}, 'mapped', { currency: 'BRL' }],
    ['its sign', { currency: 'R$' }, 'mapped', { currency: 'BRL' }],
    ['its name', { currency: 'Reais' }, 'mapped', { currency: 'BRL' }],
    ['its number', { currency: '986' }, 'mapped', { currency: 'BRL' }],
    ['none', { currency: 'XXX' }, 'unmapped currency_unreadable'],
    ['dollars beside the amount', { amount: 'US$ 10,00' }, 'mapped', { currency: 'USD', amountCents: 1_000 }],
    ['dollars behind it', { amount: '10,00 USD' }, 'mapped', { currency: 'USD', amountCents: 1_000 }],
    [
      'dollars, and the row says reais',
      { amount: 'US$ 10,00', currency: 'BRL' },
      'unmapped currency_disagrees',
    ],
    ['euros', { amount: '€ 10,00' }, 'mapped', { currency: 'EUR', amountCents: 1_000 }],
    ['dollars of nobody knows where', { amount: '$ 10,00' }, 'unmapped amount_unreadable'],
  ]);
});

describe('what only the payload tells', () => {
  const EMPTY: Cells = { ...PAID, amount_cents: '', status: '', created_at: '', paid_at: '' };
  const order = JSON.stringify({
    id: 'or_9',
    amount: 15_000,
    currency: 'BRL',
    created_at: '2025-03-10T12:00:00Z',
    customer: { id: 'cus_9', name: 'Ana Lima', email: 'ana@example.com', document: '111.444.777-35' },
    charges: [
      { id: 'ch_9', status: 'paid', amount: 15_000, paid_amount: 15_000, paid_at: '2025-03-10T12:05:00Z' },
    ],
  });
  tryAll(EMPTY, [
    [
      'a charge of Stripe',
      { raw_payload: charge({}) },
      'status_from_payload date_from_payload amount_from_payload paid_at_missing',
      { amountCents: 15_000, status: 'SUCCEEDED', chargeId: 'ch_1', orderId: 'pi_1' },
    ],
    [
      'in its event',
      { raw_payload: `{"type":"charge.succeeded","data":{"object":${charge({})}}}` },
      'status_from_payload date_from_payload amount_from_payload paid_at_missing',
      { amountCents: 15_000 },
    ],
    [
      'an order of Pagar.me',
      { raw_payload: order },
      'status_from_payload date_from_payload amount_from_payload',
      {
        amountCents: 15_000,
        chargeId: 'ch_9',
        orderId: 'or_9',
        paidAtMs: Date.parse('2025-03-10T12:05:00Z'),
      },
    ],
    [
      'an amount of no known form',
      { raw_payload: '{"amount":15000,"status":"paid"}' },
      'unmapped status_missing',
    ],
  ]);

  test('a person, where the columns name nobody', () => {
    expect(read({ ...PAID, raw_payload: order }).person).toMatchObject({
      email: 'ana@example.com',
      document: '11144477735',
    });
    expect(
      read({ ...PAID, raw_payload: charge({ billing_details: { email: 'bia@example.com', name: 'Bia' } }) })
        .person,
    ).toMatchObject({ email: 'bia@example.com', name: 'Bia' });
    expect(read({ ...PAID, email: 'caio@example.com', raw_payload: order }).person).toMatchObject({
      email: 'caio@example.com',
    });
  });
});

describe('damaged rows', () => {
  tryAll(PAID, [
    ['more cells than columns', { '+1': '15000' }, 'unmapped surplus_cells'],
    ['more cells, all empty', { '+1': '', '+2': ' ' }, 'mapped'],
    [
      'an id that was rounded',
      { id: '1,23E+15', provider_charge_id: 'ch_1' },
      'id_rounded',
      { chargeId: 'ch_1' },
    ],
    ['a charge that was rounded', { provider_charge_id: '1.23E+15' }, 'id_rounded', { chargeId: null }],
    ['instalments', { installments: '12x' }, 'mapped', { installments: 12 }],
    ...['100', '-1', 'abc'].map(
      (installments): Case => [
        `instalments ${installments}`,
        { installments },
        'installments_unreadable',
        { installments: null },
      ],
    ),
  ]);

  test('a rounded id is no key', () => {
    expect(read({ ...PAID, id: '1,23E+15', provider_charge_id: 'ch_1' }).key).toBe('ch_1');
    expect(read({ ...PAID, id: '1,23E+15' }).key).toMatch(/^hash:/);
    expect(read({ ...PAID, id: '123E15' }).key).toBe('123E15');
  });

  test('another name of the charge is kept beside it', () => {
    const row = read({ ...PAID, provider_charge_id: 'ch_1', payment_intent_id: 'pi_1' });
    expect(row.transaction).toMatchObject({ chargeId: 'ch_1', orderId: 'pi_1' });
  });
});

describe('ids', () => {
  const charges: Case[] = [
    '94144628793541',
    '1741616525123',
    '2025031014220500001',
    '7f1c0d7e-1111-4a11-9a11-171688202154',
  ].map((id) => [`${id} is itself`, { provider_charge_id: id, id }, 'mapped', { chargeId: id }]);
  tryAll(PAID, [
    ...charges,
    [
      'a card’s number',
      { provider_charge_id: '4242424242424242' },
      'id_hidden',
      { chargeId: expect.stringMatching(/^hash:/) },
    ],
    [
      'a document',
      { provider_order_id: '52998224725' },
      'id_hidden',
      { orderId: expect.stringMatching(/^hash:/) },
    ],
    ['what was masked', { provider_charge_id: '***' }, 'unmapped masked_id'],
    ['what was masked within', { provider_order_id: 'or_***' }, 'unmapped masked_id'],
  ]);

  test('a row that is kept without personal words is read again as it was', () => {
    const box = {
      seal: (value: unknown) => Buffer.from(JSON.stringify(value)),
      deriveKey: () => Buffer.alloc(32, 7),
    };
    const cells = {
      ...PAID,
      id: '52998224725',
      provider_charge_id: '52998224725',
      provider_order_id: 'or_52998224725',
      nome: 'Ana Lima',
    };
    const row = read(cells);
    const { sealed, kept } = sealRaw(box, row, cells);
    expect(kept).toBe('masked');
    expect(sealed.toString()).not.toMatch(/Ana Lima|"52998224725"/);
    const again = read(JSON.parse(sealed.toString()) as Cells);
    expect({ key: again.key, transaction: again.transaction }).toEqual({
      key: row.key,
      transaction: row.transaction,
    });
  });
});

describe('what may be personal', () => {
  tryAll(PAID, [
    [
      'a customer by e-mail',
      { provider_customer_id: 'ana@example.com' },
      'provider_customer_hidden',
      { providerCustomerId: null },
    ],
    [
      'a customer by document',
      { provider_customer_id: '52998224725' },
      'provider_customer_hidden',
      { providerCustomerId: null },
    ],
    [
      'a customer by name, in the payload',
      { raw_payload: '{"customer":"João Silva"}' },
      'provider_customer_hidden',
      { providerCustomerId: null },
    ],
    ['a customer by id', { provider_customer_id: 'cus_1' }, 'mapped', { providerCustomerId: 'cus_1' }],
    [
      'an order by e-mail',
      { provider_order_id: 'ana@example.com' },
      'id_hidden',
      { orderId: expect.stringMatching(/^hash:/) },
    ],
    [
      'an order made of a CPF',
      { provider_order_id: 'pedido-529.982.247-25' },
      'id_hidden',
      { orderId: expect.stringMatching(/^hash:/) },
    ],
    [
      'a charge that is a CPF',
      { provider_charge_id: '529.982.247-25' },
      'id_hidden',
      { chargeId: expect.stringMatching(/^hash:/) },
    ],
  ]);

  test.each([
    ['cpf 529.982.247-25', null],
    ['ana@example.com paid', null],
    ['Maria da Silva', null],
    ['11987654321', null],
    ['misterioso', 'misterioso'],
    ['Pagamento Aprovado', 'Pagamento Aprovado'],
  ])('the word "%s" is shown as %s', (status, shown) => {
    expect(read({ ...PAID, status }).old.status).toBe(shown);
  });

  test('of a torn row no word is shown', () => {
    expect(read({ ...PAID, '+1': 'x' }).old).toEqual({
      provider: null,
      providerV2: null,
      status: null,
      statusV2: null,
    });
  });
});

test('a company may say that tests are money, and which gateway a list without one is of', () => {
  const sandbox = { ...PAID, raw_payload: charge({ livemode: false }) };
  expect(outcome(read(sandbox))).toBe('unmapped is_test');
  expect(outcome(read(sandbox, { own: { tests: 'adopt' } }))).toBe('test_adopted');
  const own = { providers: { '*': 'stripe' } };
  expect(read({ ...PAID, provider: '' }, { own }).transaction?.provider).toBe('stripe');
  for (const provider of ['xyzpay', '。'])
    expect(outcome(read({ ...PAID, provider }, { own }))).toBe('unmapped unknown_provider');
});

test('of several columns of amounts the first counts, and no list price stands in for it', () => {
  const cells = { ...PAID, amount_cents: '', amount: '', price: '120.00', valor_total: '130.00' };
  expect(outcome(read(cells, { amounts: 'point' }))).toBe('unmapped amount_missing');
  expect(outcome(read({ ...cells, amount: '100.00' }, { amounts: 'point' }))).toBe(
    'unmapped amounts_disagree',
  );
});

describe('days of what went back', () => {
  const BACK = { ...PAID, refunded_amount_cents: '5000', updated_at: '2025-04-02T10:00:00Z' };
  const at = (text: string): number => Date.parse(text);
  tryAll(BACK, [
    [
      'its own',
      { refunded_at: '2025-04-01T10:00:00Z' },
      'mapped',
      { refundedAtMs: at('2025-04-01T10:00:00Z') },
    ],
    ['the last change', {}, 'refunded_at_missing', { refundedAtMs: at('2025-04-02T10:00:00Z') }],
    ['the payment', { updated_at: '' }, 'refunded_at_missing', { refundedAtMs: at('2025-03-10T12:01:00Z') }],
    [
      'the payment, where the last change was before it',
      { updated_at: '2025-01-01' },
      'refunded_at_missing',
      { refundedAtMs: at('2025-03-10T12:01:00Z') },
    ],
  ]);
});

describe('people', () => {
  test.each([
    ['11144477735', '11144477735'],
    ['111.444.777-35', '11144477735'],
    ["'11144477735", '11144477735'],
    ['="11144477735"', '11144477735'],
    ['CPF: 111.444.777-35', '11144477735'],
    ['11144477735.0', '11144477735'],
    // 012.345.678-90, of which a spreadsheet kept the number.
    ['1234567890', '01234567890'],
    ['191000000000191', null],
    ['1234567891', null],
  ])('document %s', (document, expected) => {
    expect(read({ ...PAID, document }).person?.document ?? null).toBe(expected);
  });

  test.each(['payer_email', 'client_email', 'buyer_email', 'email_pagador', 'emailCliente', 'pagador_email'])(
    'an e-mail under %s',
    (column) => {
      expect(read({ ...PAID, [column]: 'mailto:Ana@Example.com.' }).person?.email).toBe('ana@example.com');
    },
  );
});

test('a mapping may name a value within a cell of JSON', () => {
  const raw_payload = JSON.stringify({
    amount: '150,00',
    state: 'paid',
    customer: { email: 'ana@example.com' },
    charges: [{ id: 'ch_7' }],
  });
  const cells = { id: '1', provider: 'stripe', created_at: '2025-03-10', raw_payload };
  const columns = {
    amount: 'raw_payload.amount',
    status: 'raw_payload.state',
    email: 'raw_payload.customer.email',
    chargeId: 'raw_payload.charges.0.id',
    paidAt: 'raw_payload.no.such',
  };
  const row = read(cells, { amounts: 'comma', own: { columns } });
  expect(row.transaction).toMatchObject({ amountCents: 15_000, status: 'SUCCEEDED', chargeId: 'ch_7' });
  expect(row.person?.email).toBe('ana@example.com');
  expect(MappingFile.safeParse({ columns: { bogus: 'x' } }).success).toBe(false);
});

describe('gateways of the past', () => {
  test.each([
    ['Mercado Pago', 'mercado-pago'],
    ['MERCADO_PAGO', 'mercado-pago'],
    ['mp', 'mercado-pago'],
    ['Asaas', 'asaas'],
    ['Efí', 'efi'],
    ['KRX PAY', 'pagarme'],
    ['KRXPAY (Pagar.me v5)', 'pagarme'],
    ['mundipagg', 'pagarme'],
  ])('%s is known', (provider, name) => {
    expect(read({ ...PAID, provider }).transaction?.provider).toBe(name);
  });

  test.each(['dinheiro', 'manual', 'xyzpay'])('%s is for a person to name', (provider) => {
    expect(outcome(read({ ...PAID, provider }))).toBe('unmapped unknown_provider');
    const own = { providers: { [provider]: 'balcao-antigo' } };
    expect(read({ ...PAID, provider }, { own }).transaction?.provider).toBe('balcao-antigo');
  });

  test.each([
    ['mercadopago', 'mercado-pago'],
    ['Pagar.me', 'pagarme'],
    ['banco-da-praca', 'banco-da-praca'],
  ])('a mapping may name %s', (told, name) => {
    expect(MappingFile.parse({ providers: { x: told } }).providers).toEqual({ x: name });
  });

  test.each(['pagarm', 'strip', 'Banco da Praça', '', 'x'.repeat(41)])(
    'a mapping may not name "%s"',
    (told) => {
      expect(MappingFile.safeParse({ providers: { x: told } }).success).toBe(false);
    },
  );
});

/** As Stripe answers for it. */
function charge(values: Record<string, unknown>): string {
  return JSON.stringify({
    object: 'charge',
    id: 'ch_1',
    payment_intent: 'pi_1',
    amount: 15_000,
    amount_captured: 15_000,
    amount_refunded: 0,
    captured: true,
    currency: 'brl',
    status: 'succeeded',
    created: 1_741_608_000,
    livemode: true,
    ...values,
  });
}
