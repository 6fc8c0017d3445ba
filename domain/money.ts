/** API Pix writes money as `\d{1,10}\.\d{2}`: ten digits of reais at most. */
const MAX_PIX_CENTS = 999_999_999_999;
const PIX_AMOUNT = /^(\d{1,10})(?:\.(\d{1,2}))?$/;
/** Keeps "R$" and the figure on one line of a screen. */
const NO_BREAK_SPACE = '\u00a0';

export type AmountResult =
  | { readonly ok: true; readonly cents: number }
  | { readonly ok: false; readonly code: 'invalid_amount' };

/**
 * Integer cents as the decimal text of API Pix (`valor.original`) and of a BR Code's field 54: 1234 → "12.34".
 * Throws a RangeError for what no PIX amount can be: a fraction, a negative, more than ten digits of reais.
 */
export function centsToPixAmount(cents: number): string {
  if (!Number.isSafeInteger(cents) || cents < 0 || cents > MAX_PIX_CENTS) {
    throw new RangeError(`not an amount in cents: ${cents}`);
  }
  const { units, hundredths } = splitCents(cents);
  return `${units}.${hundredths}`;
}

/**
 * The way back, by digits and never through a float. Accepts `10`, `10.5` and `10.50`, which all occur in BR Codes in
 * the field. Zero is an amount; whether it may be charged is the caller's rule.
 */
export function pixAmountToCents(text: string): AmountResult {
  const match = PIX_AMOUNT.exec(text);
  if (match === null) return { ok: false, code: 'invalid_amount' };
  const [, units = '', fraction = ''] = match;
  return { ok: true, cents: Number(`${units}${fraction.padEnd(2, '0')}`) };
}

/**
 * Brazilian notation for screens: 123456 → "R$ 1.234,56". The space after "R$" is U+00A0, so that a line never breaks
 * there; where only ASCII is safe (paper, terminals) use `formatBrlPlain`. Negative cents give "-R$ 1,00".
 */
export function formatBrl(cents: number): string {
  return formatWith(NO_BREAK_SPACE, cents);
}

/** As `formatBrl`, with an ordinary space: for printers, logs and terminals. */
export function formatBrlPlain(cents: number): string {
  return formatWith(' ', cents);
}

/**
 * As `formatBrl`, of any currency: "US$ 45,90", "¥ 5.000", "KWD 1,250".
 * @param amount in the currency's smallest unit
 * @param currency ISO 4217, upper case
 */
export function formatCurrency(amount: number, currency: string): string {
  return formatWith(NO_BREAK_SPACE, amount, currency);
}

/** As `formatCurrency`, with an ordinary space. The symbols are of code page 858, which printers have. */
export function formatCurrencyPlain(amount: number, currency: string): string {
  return formatWith(' ', amount, currency);
}

/** Decimal places of the currency's smallest unit, as card providers count it. Source: ISO 4217, docs.stripe.com/currencies. */
export function minorDigitsOf(currency: string): 0 | 2 | 3 {
  if (WITHOUT_MINOR_UNIT.has(currency)) return 0;
  return WITH_THOUSANDTHS.has(currency) ? 3 : 2;
}

const WITHOUT_MINOR_UNIT = new Set([
  'BIF',
  'CLP',
  'DJF',
  'GNF',
  'JPY',
  'KMF',
  'KRW',
  'MGA',
  'PYG',
  'RWF',
  'VND',
  'VUV',
  'XAF',
  'XOF',
  'XPF',
]);
const WITH_THOUSANDTHS = new Set(['BHD', 'JOD', 'KWD', 'OMR', 'TND']);

/** How Brazil writes them; any other currency stands by its code. */
const SYMBOLS: Readonly<Record<string, string>> = { BRL: 'R$', USD: 'US$', EUR: '€', GBP: '£', JPY: '¥' };

function formatWith(space: string, cents: number, currency = 'BRL'): string {
  if (!Number.isSafeInteger(cents)) throw new RangeError(`not an amount in cents: ${cents}`);
  const digits = minorDigitsOf(currency);
  const figures = String(Math.abs(cents)).padStart(digits + 1, '0');
  const whole = figures.slice(0, figures.length - digits).replace(/\B(?=(?:\d{3})+$)/g, '.');
  const amount = digits === 0 ? whole : `${whole},${figures.slice(-digits)}`;
  return `${cents < 0 ? '-' : ''}${SYMBOLS[currency] ?? currency}${space}${amount}`;
}

function splitCents(cents: number): { readonly units: string; readonly hundredths: string } {
  const digits = String(cents).padStart(3, '0');
  return { units: digits.slice(0, -2), hundredths: digits.slice(-2) };
}
