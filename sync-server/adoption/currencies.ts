import { fold } from './fold.ts';

/** How else a currency is written, folded; ISO 4217 has the letters and the numbers. */
const WORDS: Readonly<Record<string, readonly string[]>> = {
  BRL: ['brl', 'real', 'reais', 'realbrasileiro', '986'],
  USD: ['usd', 'dolar', 'dolares', 'dollar', 'dollars', 'dolaramericano', '840'],
  EUR: ['eur', 'euro', 'euros', '978'],
  GBP: ['gbp', '826'],
};
const SIGNS: ReadonlyMap<string, string> = new Map([
  ['R$', 'BRL'],
  ['US$', 'USD'],
  ['€', 'EUR'],
  ['£', 'GBP'],
]);
const OF_WORD = new Map(
  Object.entries(WORDS).flatMap(([code, words]) => words.map((word) => [word, code] as const)),
);
const CODES = new Set(Intl.supportedValuesOf('currency'));

/** @returns the ISO 4217 code of a currency that money has; null for what is none, as XXX */
export function readCurrency(text: string): string | null {
  const upper = text.trim().toUpperCase();
  const sign = SIGNS.get(upper);
  if (sign !== undefined) return sign;
  if (/^[A-Z]{3}$/.test(upper) && CODES.has(upper)) return upper;
  return OF_WORD.get(fold(upper)) ?? null;
}
