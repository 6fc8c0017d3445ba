import { minorDigitsOf } from '../../domain/money.ts';
import type { Language } from './texts.ts';

/** Money as the phone's language writes it. Only shown: nothing is calculated from it. */
export function formatForeign(amountCents: number, currency: string, language: Language): string {
  const digits = minorDigitsOf(currency);
  return new Intl.NumberFormat(language, {
    style: 'currency',
    currency,
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  }).format(amountCents / 10 ** digits);
}
