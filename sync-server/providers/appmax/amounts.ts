import { z } from 'zod';
import { centsToPixAmount, pixAmountToCents } from '../../../domain/money.ts';

/**
 * Decimal reais, as text or as a JSON number, to integer cents. A number is taken by its shortest decimal text, which
 * is what was written for anything below 10^13 with two decimals: no sum is ever made of floats. More than two
 * decimals, an exponent or a comma are no amount.
 */
export const Reais = z.union([z.string(), z.number()]).transform((value, context) => {
  const amount = pixAmountToCents(String(value));
  if (amount.ok) return amount.cents;
  context.addIssue({ code: 'custom', message: amount.code });
  return z.NEVER;
});

/** The number whose JSON text is the amount: 3750 → 37.5. */
export function toReais(cents: number): number {
  return Number(centsToPixAmount(cents));
}

/** Numbers in answers, sometimes as text. */
export const Id = z
  .union([z.int(), z.string()])
  .transform(String)
  .pipe(z.string().regex(/^\d{1,18}$/));
