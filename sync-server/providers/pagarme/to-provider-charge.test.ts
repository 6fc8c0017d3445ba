import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { CanonicalStatus } from '../../../domain/payment-status.ts';
import { toProviderCharge } from './to-provider-charge.ts';
import { WireCharge, WireOrder } from './wire.ts';

/** As `GET /orders/{id}` has been seen, with the fields that nobody here reads. */
function captured(charge: Record<string, unknown> = {}, order: Record<string, unknown> = {}): unknown {
  return {
    id: 'or_56GXnk6T0eU88qMm',
    code: '7978c0c97ea847e78e8849634473c1f1',
    amount: 3700,
    currency: 'BRL',
    closed: true,
    items: [
      { id: 'oi_1', type: 'product', description: 'Consulta', amount: 3700, quantity: 1, status: 'active' },
    ],
    customer: { id: 'cus_1', name: 'Maria', email: 'maria@example.com', delinquent: false },
    status: 'paid',
    created_at: '2026-03-10T15:00:00Z',
    updated_at: '2026-03-10T15:01:07Z',
    closed_at: '2026-03-10T15:00:00Z',
    charges: [
      {
        id: 'ch_K2rJ5nlHwTE4qRDP',
        code: '7978c0c97ea847e78e8849634473c1f1',
        gateway_id: '1234',
        amount: 3700,
        paid_amount: 3700,
        status: 'paid',
        currency: 'BRL',
        payment_method: 'pix',
        paid_at: '2026-03-10T15:01:06.1234567Z',
        created_at: '2026-03-10T15:00:00Z',
        updated_at: '2026-03-10T15:01:07Z',
        last_transaction: {
          transaction_type: 'pix',
          pix_provider_tid: '1234',
          id: 'tran_1',
          gateway_id: '1234',
          amount: 3700,
          status: 'paid',
          success: true,
          expires_at: '2026-03-10T15:05:00Z',
          end_to_end_id: 'E12345678202603101500abcdef12345',
          payer: { name: 'Maria', document: '***.982.247-**', bank_account: { ispb: '00000000' } },
          gateway_response: {},
          antifraud_response: {},
          metadata: {},
        },
        ...charge,
      },
    ],
    ...order,
  };
}
const read = (wire: unknown) => toProviderCharge(WireOrder.parse(wire));

describe('captured shapes', () => {
  test('a paid order', () => {
    expect(read(captured())).toEqual({
      txid: '7978c0c97ea847e78e8849634473c1f1',
      providerChargeId: 'or_56GXnk6T0eU88qMm',
      pixKey: null,
      amountCents: 3700,
      currency: 'BRL',
      status: 'SUCCEEDED',
      closedBy: null,
      providerStatus: 'paid',
      createdAtMs: Date.UTC(2026, 2, 10, 15),
      expiresAtMs: Date.UTC(2026, 2, 10, 15, 5),
      brCode: null,
      receipts: [
        {
          receiptId: 'pagarme:ch_K2rJ5nlHwTE4qRDP',
          endToEndId: 'E12345678202603101500abcdef12345',
          txid: '7978c0c97ea847e78e8849634473c1f1',
          pixKey: null,
          amountCents: 3700,
          paidAtMs: Date.UTC(2026, 2, 10, 15, 1, 6, 123),
          feeCents: null,
          isTotal: true,
        },
      ],
      refunds: [],
      disputes: [],
    });
  });

  test.each([
    ['overpaid', 7_400, true],
    ['underpaid', 1_000, true],
    ['paid', 3_700, true],
    ['paid', 7_400, undefined],
    ['canceled', 7_400, undefined],
  ])('a charge that is %s with %d cents tells a total: %s', (status, paid_amount, isTotal) => {
    const charge = { id: 'ch_1', amount: 3_700, status, paid_amount };
    const order = {
      id: 'or_1',
      code: 'a',
      amount: 3_700,
      status: 'paid',
      created_at: '2026-03-10T15:00:00Z',
    };
    expect(read({ ...order, charges: [charge] }).receipts[0]?.isTotal).toBe(isTotal);
  });

  test('the receipt keeps its name where the endToEndId comes later, or not at all', () => {
    const early = read(captured({ last_transaction: { status: 'paid', end_to_end_id: null } }));
    expect(early.receipts).toMatchObject([{ receiptId: 'pagarme:ch_K2rJ5nlHwTE4qRDP', endToEndId: null }]);
  });

  test('a refund comes as "canceled": the money came, and went back', () => {
    const refunded = captured({ status: 'canceled', canceled_amount: 3700 }, { status: 'canceled' });
    expect(read(refunded)).toMatchObject({
      status: 'SUCCEEDED',
      receipts: [{ amountCents: 3700 }],
      refunds: [{ amountCents: 3700, status: 'settled', initiatedBy: 'provider' }],
    });
  });

  test('of a charge that a part went back of the bank takes the rest', () => {
    const clawedBack = captured({ status: 'chargedback', canceled_amount: 700 });
    expect(read(clawedBack)).toMatchObject({
      receipts: [{ amountCents: 3700 }],
      refunds: [{ amountCents: 700 }],
      disputes: [{ amountCents: 3000, status: 'lost' }],
    });
    expect(read(captured({ status: 'chargedback', canceled_amount: 3700 }))).toMatchObject({
      refunds: [{ amountCents: 3700 }],
      disputes: [],
    });
  });

  test('"canceled" without money is a withdrawal', () => {
    const withdrawn = captured({
      status: 'canceled',
      paid_amount: null,
      canceled_amount: 3700,
      paid_at: null,
    });
    expect(read(withdrawn)).toMatchObject({
      status: 'CANCELED',
      closedBy: 'provider',
      receipts: [],
      refunds: [],
    });
  });

  test('an expired Pix is expired, whatever its charge is called', () => {
    const expired = captured({ status: 'failed', paid_amount: 0, last_transaction: { status: 'expired' } });
    expect(read(expired)).toMatchObject({ status: 'EXPIRED', receipts: [] });
  });

  test('"paid" may leave out how much; no other word may', () => {
    expect(read(captured({ paid_amount: null })).receipts).toMatchObject([{ amountCents: 3700 }]);
    for (const status of ['underpaid', 'overpaid', 'chargedback'])
      expect(read(captured({ status, paid_amount: null }))).toMatchObject({ status: null, receipts: [] });
  });

  test('numbers as text, and no charge at all', () => {
    const text = captured({ amount: '3700', paid_amount: '1000', status: 'underpaid' }, { amount: '3700' });
    expect(read(text)).toMatchObject({ amountCents: 3700, receipts: [{ amountCents: 1000 }] });
    expect(read(captured({}, { charges: null, status: 'pending' }))).toMatchObject({
      status: 'PENDING',
      receipts: [],
    });
  });

  test.each([37.5, -1, '37.50', '', null, {}])('an amount of %j is no answer', (amount) => {
    expect(WireOrder.safeParse(captured({}, { amount })).success).toBe(false);
    expect(WireCharge.safeParse({ id: 'ch_1', status: 'paid', amount }).success).toBe(false);
  });
});

const WORDS = fc.oneof(
  fc.constantFrom(
    ...['pending', 'waiting_payment', 'processing', 'paid', 'underpaid', 'overpaid', 'canceled', 'failed'],
    ...[
      'withError',
      'expired',
      'chargedback',
      'pending_refund',
      'refunded',
      'partial_canceled',
      'constructor',
    ],
  ),
  fc.string(),
);

test('every word, with any amounts, has a canonical status or none; money is never more than what came', () => {
  const cents = fc.option(fc.integer({ min: 0, max: 10_000 }), { nil: undefined });
  fc.assert(
    fc.property(WORDS, WORDS, WORDS, cents, cents, (orderWord, word, pixWord, paid, canceled) => {
      const charge = read(
        captured(
          {
            status: word,
            paid_amount: paid ?? null,
            canceled_amount: canceled ?? null,
            last_transaction: { status: pixWord },
          },
          { status: orderWord },
        ),
      );
      if (charge.status !== null) expect(CanonicalStatus.options).toContain(charge.status);
      const came = paid ?? (word === 'paid' ? 3700 : 0);
      expect(charge.receipts.map(({ amountCents }) => amountCents)).toEqual(came > 0 ? [came] : []);
      expect(charge.status === 'SUCCEEDED').toBe(came > 0);
      expect(charge.closedBy === null).toBe(charge.status !== 'CANCELED');
    }),
  );
});
