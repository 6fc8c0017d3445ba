import type { StripeError } from './objects.ts';

export type CardOutcome =
  | { readonly kind: 'paid' | 'paid_then_disputed'; readonly brand: string; readonly last4: string }
  | {
      readonly kind: 'declined';
      readonly brand: string;
      readonly last4: string;
      readonly error: StripeError;
    }
  /** No attempt was made at all. */
  | { readonly kind: 'unusable'; readonly error: StripeError };

/** Stripe's published test cards, those of them that this simulator plays. */
const NUMBERS = new Map<string, Exclude<CardOutcome, { kind: 'unusable' }>>([
  ['4242424242424242', { kind: 'paid', brand: 'visa', last4: '4242' }],
  ['5555555555554444', { kind: 'paid', brand: 'mastercard', last4: '4444' }],
  ['4000000000000259', { kind: 'paid_then_disputed', brand: 'visa', last4: '0259' }],
  [
    '4000000000000002',
    {
      kind: 'declined',
      brand: 'visa',
      last4: '0002',
      error: declined('generic_decline', 'Your card was declined.'),
    },
  ],
  [
    '4000000000009995',
    {
      kind: 'declined',
      brand: 'visa',
      last4: '9995',
      error: declined('insufficient_funds', 'Your card has insufficient funds.'),
    },
  ],
]);

const TOKENS = new Map([
  ['pm_card_visa', '4242424242424242'],
  ['pm_card_mastercard', '5555555555554444'],
  ['pm_card_createDispute', '4000000000000259'],
  ['pm_card_chargeDeclined', '4000000000000002'],
  ['pm_card_chargeDeclinedInsufficientFunds', '4000000000009995'],
]);

/** @param card a number, with or without spaces, or one of Stripe's names for it ("pm_card_visa") */
export function playCard(card: string): CardOutcome {
  const number = TOKENS.get(card) ?? card.replace(/[\s-]/g, '');
  const known = NUMBERS.get(number);
  if (known !== undefined) return known;
  return {
    kind: 'unusable',
    error: {
      type: 'card_error',
      code: 'incorrect_number',
      message: 'Your card number is incorrect: the simulator takes test cards alone.',
      param: 'number',
    },
  };
}

function declined(declineCode: string, message: string): StripeError {
  return { type: 'card_error', code: 'card_declined', decline_code: declineCode, message };
}
