import fc from 'fast-check';
import { expect, test } from 'vitest';
import { centsOf, priceText } from './price-text.ts';

test.each([
  ['51,90', 5_190],
  ['51.90', 5_190],
  [' 51 ', 5_100],
  ['0', 0],
  ['0,05', 5],
])('"%s" is %i cents', (text, cents) => {
  expect(centsOf(text)).toBe(cents);
});

test.each(['', '51,9', '51,905', '-1', '1.000,00', 'R$ 5', '123456789'])('"%s" is no price', (text) => {
  expect(centsOf(text)).toBeNull();
});

test('a price is read as it is written', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 9_999_999_999 }), (cents) => {
      expect(centsOf(priceText(cents))).toBe(cents);
    }),
  );
});
