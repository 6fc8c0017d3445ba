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

function formatWith(space: string, cents: number): string {
  if (!Number.isSafeInteger(cents)) throw new RangeError(`not an amount in cents: ${cents}`);
  const { units, hundredths } = splitCents(Math.abs(cents));
  const grouped = units.replace(/\B(?=(?:\d{3})+$)/g, '.');
  return `${cents < 0 ? '-' : ''}R$${space}${grouped},${hundredths}`;
}

function splitCents(cents: number): { readonly units: string; readonly hundredths: string } {
  const digits = String(cents).padStart(3, '0');
  return { units: digits.slice(0, -2), hundredths: digits.slice(-2) };
}
