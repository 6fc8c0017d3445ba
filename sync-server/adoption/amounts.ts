/**
 * How a file writes money. `cents`: whole cents; `comma`: 1.234,56; `point`: 1,234.56; `evident`: each value by its own
 * writing, and what could be read in two ways is refused.
 */
export const AMOUNT_RULES = ['cents', 'comma', 'point', 'evident'] as const;
export type AmountRule = (typeof AMOUNT_RULES)[number];

export type AmountRead =
  | { readonly ok: true; readonly cents: number }
  | {
      readonly ok: false;
      readonly reason: 'amount_unreadable' | 'amount_undecidable' | 'amount_negative' | 'cents_with_decimals';
    };

/** More than any sale; what is larger is an id in the wrong column. */
const MAX_CENTS = 999_999_999_999;

const COMMA = /^(\d{1,3}(?:\.\d{3})+|\d+)(?:,(\d{1,2})0*)?$/;
const POINT = /^(\d{1,3}(?:,\d{3})+|\d+)(?:\.(\d{1,2})0*)?$/;
/** A minus before, after or, as accountants write it, brackets around. */
const NEGATIVE = /^[-\u2212]|[-\u2212]$|^\(.*\)$/;

const SIGNS: readonly (readonly [RegExp, string])[] = [
  [/US\$|USD/i, 'USD'],
  [/R\$|BRL/i, 'BRL'],
  [/€|EUR/i, 'EUR'],
  [/£|GBP/i, 'GBP'],
];

/** The currency that stands beside a number; null where none does. */
export function currencyBeside(text: string): string | null {
  return SIGNS.find(([sign]) => sign.test(text))?.[1] ?? null;
}

/** Reads money by the file's rule and by no other. @param text as it stands, a currency's sign and blanks allowed */
export function readCents(text: string, rule: AmountRule): AmountRead {
  const sign = SIGNS.find(([one]) => one.test(text))?.[0];
  const bare = (sign === undefined ? text : text.replace(sign, '')).replace(/[\s\u00a0]/g, '');
  if (NEGATIVE.test(bare))
    return { ok: false, reason: /\d/.test(bare) ? 'amount_negative' : 'amount_unreadable' };
  if (rule === 'cents') return wholeCents(bare);
  if (rule === 'comma') return decimal(bare, COMMA);
  if (rule === 'point') return decimal(bare, POINT);
  // Thousands, or three decimals.
  if (/^\d{1,3}[.,]\d{3}$/.test(bare)) return { ok: false, reason: 'amount_undecidable' };
  const comma = decimal(bare, COMMA);
  const point = decimal(bare, POINT);
  if (!comma.ok) return point;
  if (!point.ok || point.cents === comma.cents)
    // Without decimals it may be cents as well as money.
    return /[.,]/.test(bare) ? comma : { ok: false, reason: 'amount_undecidable' };
  return { ok: false, reason: 'amount_undecidable' };
}

/** All that a number may mean where nobody has said how it is written. */
export function possibleCents(text: string): number[] {
  return (['cents', 'comma', 'point'] as const).flatMap((rule) => {
    const read = readCents(text, rule);
    return read.ok ? [read.cents] : [];
  });
}

function wholeCents(bare: string): AmountRead {
  // A table of floating numbers writes whole cents as "1234.0".
  const [, digits] = /^(\d+)(?:\.0)?$/.exec(bare) ?? [];
  if (digits !== undefined) return bounded(Number(digits));
  // A spreadsheet writes 15000 as "15.000": thousands, or three decimals.
  if (/^\d{1,3}(?:[.,]\d{3})+$/.test(bare)) return { ok: false, reason: 'amount_undecidable' };
  // "150.00" is more likely money in a column of a wrong name than cents of a numeric(10, 2).
  if (/^\d+[.,]0+$/.test(bare)) return { ok: false, reason: 'cents_with_decimals' };
  return { ok: false, reason: 'amount_unreadable' };
}

function decimal(bare: string, pattern: RegExp): AmountRead {
  const [, whole, fraction = ''] = pattern.exec(bare) ?? [];
  if (whole === undefined) return { ok: false, reason: 'amount_unreadable' };
  return bounded(Number(`${whole.replace(/[.,]/g, '')}${fraction.padEnd(2, '0')}`));
}

function bounded(cents: number): AmountRead {
  return cents <= MAX_CENTS ? { ok: true, cents } : { ok: false, reason: 'amount_unreadable' };
}
