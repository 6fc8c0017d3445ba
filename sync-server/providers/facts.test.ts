import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { factsOfOrder as appmaxOrder } from './appmax/facts.ts';
import { factsOfAgreement, factsOfCharge } from './bacen-pix/facts.ts';
import {
  factsOfInvoice as pagarmeInvoice,
  factsOfOrder as pagarmeOrder,
  factsOfSubscription as pagarmeSubscription,
} from './pagarme/facts.ts';
import {
  factsOfIntent,
  factsOfInvoice as stripeInvoice,
  factsOfSubscription as stripeSubscription,
} from './stripe/facts.ts';

const STAND_IN = '111.444.777-35';

describe('what each provider tells beside the money', () => {
  test('a Pix: the debtor, where the charge has one', () => {
    const body = { devedor: { cnpj: '12345678000195', nome: 'Empresa' } };
    expect(factsOfCharge(body)).toMatchObject({
      method: 'pix',
      payer: { document: '12345678000195', name: 'Empresa' },
    });
    expect(factsOfCharge({})).toMatchObject({ method: 'pix', payer: undefined });
  });

  test('an agreement of Pix Automático: the debtor, what it is of, its first day', () => {
    const rec = {
      vinculo: { objeto: 'Plano mensal', devedor: { cpf: '52998224725', nome: 'Maria' } },
      calendario: { dataInicial: '2026-04-01' },
    };
    expect(factsOfAgreement(rec)).toEqual({
      plan: 'Plano mensal',
      payer: { name: 'Maria', document: '52998224725', email: undefined },
      startedAtMs: Date.UTC(2026, 3, 1),
    });
  });

  test('Pagar.me: customer, card, instalments, and the cycle of an invoice', () => {
    const order = {
      id: 'or_1',
      customer: {
        id: 'cus_1',
        name: 'Maria',
        email: 'maria@example.com',
        document: '52998224725',
        phones: { mobile_phone: { country_code: '55', area_code: '11', number: '999999999' } },
      },
      charges: [
        {
          id: 'ch_1',
          payment_method: 'credit_card',
          last_transaction: {
            installments: 3,
            card: { id: 'card_1', brand: 'Visa', last_four_digits: '4242', exp_month: 1, exp_year: 2030 },
          },
          invoice: {
            subscription_id: 'sub_1',
            cycle: { start_at: '2026-04-01T00:00:00Z', end_at: '2026-04-30T23:59:59Z' },
          },
        },
      ],
    };
    expect(pagarmeOrder(order, STAND_IN)).toMatchObject({
      method: 'card',
      installments: 3,
      orderId: 'or_1',
      paymentId: 'ch_1',
      customerId: 'cus_1',
      payer: { document: '52998224725', phone: '5511999999999' },
      card: { id: 'card_1', last4: '4242', expMonth: 1, expYear: 2030, isSaved: true },
      subscription: { agreementId: 'sub_1', startsOn: '2026-04-01', endsOn: '2026-04-30' },
    });
  });

  test('Pagar.me: a subscription with its plan, its card and the cycle that runs; an invoice with its own', () => {
    const cycle = { start_at: '2026-05-01T00:00:00Z', end_at: '2026-05-31T23:59:59Z' };
    const subscription = {
      customer: { id: 'cus_1', email: 'maria@example.com' },
      card: { id: 'card_1', last_four_digits: '4242' },
      plan: { name: 'Mensal' },
      start_at: '2026-04-01T00:00:00Z',
      current_cycle: cycle,
    };
    const period = { periodStartsOn: '2026-05-01', periodEndsOn: '2026-05-31' };
    expect(pagarmeSubscription(subscription, STAND_IN)).toMatchObject({
      customerId: 'cus_1',
      card: { id: 'card_1', isDefault: true, isSaved: true },
      plan: 'Mensal',
      startedAtMs: Date.UTC(2026, 3, 1),
      ...period,
    });
    expect(pagarmeInvoice({ cycle })).toEqual(period);
  });

  test('Stripe: the card of the charge, who typed it, and instalments', () => {
    const intent = {
      customer: { id: 'cus_1' },
      setup_future_usage: 'off_session',
      receipt_email: 'jenny@example.com',
      latest_charge: {
        id: 'ch_1',
        billing_details: { name: 'Jenny', email: null, phone: null },
        payment_method: 'pm_1',
        payment_method_details: {
          type: 'card',
          card: {
            brand: 'visa',
            last4: '4242',
            exp_month: 8,
            exp_year: 2027,
            fingerprint: 'fp',
            installments: { plan: { count: 6 } },
          },
        },
      },
    };
    expect(factsOfIntent(intent)).toMatchObject({
      method: 'card',
      installments: 6,
      paymentId: 'ch_1',
      customerId: 'cus_1',
      payer: { name: 'Jenny', email: 'jenny@example.com' },
      card: { id: 'pm_1', brand: 'visa', last4: '4242', fingerprint: 'fp', isSaved: true },
    });
    expect(factsOfIntent({ latest_charge: null })).toMatchObject({ method: undefined, card: undefined });
  });

  test('Stripe: a subscription with its trial and period, whose last day is the one before the next begins', () => {
    const at = (day: number): number => Date.UTC(2026, 3, day) / 1000;
    const subscription = {
      customer: 'cus_1',
      start_date: at(1),
      trial_end: at(8),
      default_payment_method: 'pm_1',
      items: {
        data: [
          {
            current_period_start: at(1),
            current_period_end: at(30),
            price: { nickname: null, id: 'price_1' },
          },
        ],
      },
    };
    expect(stripeSubscription(subscription)).toMatchObject({
      customerId: 'cus_1',
      plan: 'price_1',
      card: { id: 'pm_1', isDefault: true },
      startedAtMs: Date.UTC(2026, 3, 1),
      trialEndsAtMs: Date.UTC(2026, 3, 8),
      periodStartsOn: '2026-04-01',
      periodEndsOn: '2026-04-29',
    });
    // An invoice that is for a moment, as the first one of a subscription.
    expect(stripeInvoice({ period_start: at(1), period_end: at(1) })).toEqual({
      periodStartsOn: '2026-04-01',
      periodEndsOn: '2026-04-01',
    });
  });

  test.each([
    ['Pagar.me', pagarmeOrder({ customer: { id: 'c', document: '11144477735', email: 'x@y.z' } }, STAND_IN)],
    [
      'Appmax',
      appmaxOrder('1', { customer: { id: 7, document_number: '11144477735', email: 'x@y.z' } }, STAND_IN),
    ],
    ['Appmax, without a document', appmaxOrder('1', { customer: { id: 7, email: 'x@y.z' } }, STAND_IN)],
  ])('%s: the shop’s stand-in is nobody', (_provider, facts) => {
    expect(facts).toMatchObject({ payer: undefined, customerId: undefined });
  });
});

test('whatever the answer holds, reading its facts throws nothing', () => {
  const readers = [
    factsOfCharge,
    factsOfAgreement,
    (body: unknown) => pagarmeOrder(body, STAND_IN),
    (body: unknown) => pagarmeSubscription(body, STAND_IN),
    pagarmeInvoice,
    factsOfIntent,
    stripeSubscription,
    stripeInvoice,
    (body: unknown) => appmaxOrder('1', body, STAND_IN),
  ];
  const field = fc.constantFrom(
    'customer',
    'charges',
    'latest_charge',
    'devedor',
    'vinculo',
    'items',
    'data',
    'current_cycle',
    'cycle',
    'period_start',
    'period_end',
    'card',
    'id',
    'start_at',
  );
  const { answer } = fc.letrec<{ answer: unknown }>((tie) => ({
    answer: fc.oneof(
      { depthSize: 'small' },
      fc.anything({ maxDepth: 1 }),
      fc.dictionary(field, tie('answer'), { maxKeys: 5 }),
      fc.array(tie('answer'), { maxLength: 3 }),
    ),
  }));
  fc.assert(
    fc.property(answer, (body) => {
      for (const read of readers) expect(read(body)).toBeTypeOf('object');
    }),
    { numRuns: 500 },
  );
});
