import { expect, test } from 'vitest';
import type { CheckoutState } from '../../domain/protocol/checkouts.ts';
import { type Known, nextPollMs, payView } from './pay-view.ts';
import { cameBackPaid } from './return-address.ts';
import { chooseLanguage, TEXTS } from './texts.ts';

const FORM = {
  scriptUrl: 'https://js.stripe.com/endive/stripe.js',
  publishableKey: 'pk_1',
  clientSecret: 's',
};
const state = (name: CheckoutState['state'], form: CheckoutState['form'] = null): CheckoutState => ({
  state: name,
  merchantName: 'Clínica',
  serviceName: 'Vacina',
  amountCents: 2_400,
  currency: 'USD',
  expiresAt: 2,
  serverTime: 1,
  form,
  receiptToken: null,
});
const known = (changes: Partial<Known>): Known => ({
  state: state('open', FORM),
  isUnknown: false,
  submitted: false,
  remainingMs: 60_000,
  ...changes,
});

test.each<[string, Partial<Known>]>([
  ['loading', { state: null }],
  ['loading', { state: state('preparing') }],
  ['form', {}],
  ['processing', { submitted: true }],
  ['processing', { submitted: true, remainingMs: 0 }],
  ['expired', { remainingMs: 0 }],
  ['processing', { state: state('processing') }],
  ['paid', { state: state('paid') }],
  ['expired', { state: state('expired'), submitted: true }],
  ['closed', { state: state('closed') }],
  ['unknown', { isUnknown: true }],
])('shows %s for %o', (name, changes) => {
  expect(payView(known(changes)).name).toBe(name);
});

test('says paid for nothing but the server’s word, whatever the phone knows', () => {
  for (const name of ['preparing', 'open', 'processing', 'expired', 'closed'] as const)
    for (const submitted of [true, false])
      for (const remainingMs of [0, 1])
        expect(payView(known({ state: state(name, FORM), submitted, remainingMs })).name).not.toBe('paid');
});

test('asks on while money may come, and no more once it is there', () => {
  expect(nextPollMs(known({}))).toBe(2_000);
  expect(nextPollMs(known({ state: state('expired') }))).toBe(10_000);
  expect(nextPollMs(known({ state: state('paid') }))).toBeNull();
});

test.each([
  [['pt-PT', 'en'], 'pt-BR'],
  [['fr-FR', 'es-419'], 'es'],
  [['en-US'], 'en'],
  [['de', 'ja'], 'en'],
  [[], 'en'],
] as const)('a phone that wants %o reads %s', (wanted, language) => {
  expect(chooseLanguage(wanted)).toBe(language);
});

test('every language says everything', () => {
  const words = Object.values(TEXTS).map((text) => JSON.stringify(text));
  expect(words.every((all) => !all.includes('""'))).toBe(true);
  expect(new Set(words).size).toBe(3);
});

test.each([
  ['', false],
  ['?payment_intent=pi_1&redirect_status=succeeded', true],
  ['?redirect_status=failed', false],
])('back from the bank with "%s": sent is %s', (query, paid) => {
  expect(cameBackPaid(query)).toBe(paid);
});
