import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  centsToPixAmount,
  formatBrl,
  formatBrlPlain,
  formatCurrency,
  formatCurrencyPlain,
  minorDigitsOf,
  pixAmountToCents,
} from './money.ts';

const pixCents = fc.integer({ min: 0, max: 999_999_999_999 });

describe('centsToPixAmount', () => {
  it.each([
    [0, '0.00'],
    [5, '0.05'],
    [90, '0.90'],
    [1234, '12.34'],
    [999_999_999_999, '9999999999.99'],
  ])('%d cents are "%s"', (cents, text) => {
    expect(centsToPixAmount(cents)).toBe(text);
  });

  it.each([0.5, -1, 1_000_000_000_000, Number.NaN, Number.POSITIVE_INFINITY])(
    'refuses %d as a bug',
    (cents) => {
      expect(() => centsToPixAmount(cents)).toThrow(RangeError);
    },
  );

  it('comes back unchanged', () => {
    fc.assert(
      fc.property(pixCents, (cents) => {
        expect(pixAmountToCents(centsToPixAmount(cents))).toEqual({ ok: true, cents });
      }),
    );
  });
});

describe('pixAmountToCents', () => {
  it.each([
    ['10', 1000],
    ['10.5', 1050],
    ['10.50', 1050],
    ['0.9', 90],
    ['0.29', 29],
    ['1.15', 115],
    ['007.00', 700],
  ])('reads "%s" as %d cents', (text, cents) => {
    expect(pixAmountToCents(text)).toEqual({ ok: true, cents });
  });

  it.each(['', '10.', '.5', '10,50', '10.505', '-1.00', '+1', ' 10', '10\n', '1e3', '12345678901', '١'])(
    'refuses %j',
    (text) => {
      expect(pixAmountToCents(text)).toEqual({ ok: false, code: 'invalid_amount' });
    },
  );

  it('never throws and never answers a fraction', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const result = pixAmountToCents(text);
        expect(!result.ok || Number.isSafeInteger(result.cents)).toBe(true);
      }),
    );
  });
});

describe('other currencies', () => {
  it.each([
    [4_590, 'USD', 'US$ 45,90'],
    [123_456, 'EUR', '€ 1.234,56'],
    [5_000, 'JPY', '¥ 5.000'],
    [7, 'JPY', '¥ 7'],
    [1_250, 'KWD', 'KWD 1,250'],
    [50, 'KWD', 'KWD 0,050'],
    [100, 'CHF', 'CHF 1,00'],
    [-4_590, 'USD', '-US$ 45,90'],
    [4_590, 'BRL', 'R$ 45,90'],
  ])('%d of %s', (amount, currency, text) => {
    expect(formatCurrencyPlain(amount, currency)).toBe(text);
    expect(formatCurrency(amount, currency)).toBe(text.replace(' ', '\u00a0'));
  });

  it.each(['USD', 'EUR', 'JPY', 'KRW', 'CLP', 'KWD', 'BHD', 'CHF'])(
    '%s has the digits that Intl knows',
    (currency) => {
      const { maximumFractionDigits } = new Intl.NumberFormat('en', {
        style: 'currency',
        currency,
      }).resolvedOptions();
      expect(minorDigitsOf(currency)).toBe(maximumFractionDigits);
    },
  );
});

describe('formatBrl', () => {
  it.each([
    [0, 'R$ 0,00'],
    [7, 'R$ 0,07'],
    [1234, 'R$ 12,34'],
    [123_456, 'R$ 1.234,56'],
    [100_000_000, 'R$ 1.000.000,00'],
    [-100, '-R$ 1,00'],
  ])('%d cents', (cents, text) => {
    expect(formatBrlPlain(cents)).toBe(text);
    expect(formatBrl(cents)).toBe(text.replace(' ', '\u00a0'));
  });

  it('agrees with Intl for pt-BR', () => {
    const intl = new Intl.NumberFormat('pt-BR', { style: 'currency', currency: 'BRL' });
    fc.assert(
      fc.property(fc.integer({ min: -999_999_999, max: 999_999_999 }), (cents) => {
        expect(formatBrl(cents)).toBe(intl.format(cents / 100));
      }),
    );
  });

  it('refuses a fraction as a bug', () => {
    expect(() => formatBrl(0.1)).toThrow(RangeError);
  });
});
