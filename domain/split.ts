/** What one of the others gets of each sale. */
export interface SplitShare {
  /** Unique among the shares of a sale. */
  readonly recipient: string;
  /** Of the whole amount, in basis points: 250 is 2.5 %. All shares of a sale together are at most WHOLE_BP. */
  readonly percentBp: number;
  /** On top of the percentage, integer cents. */
  readonly fixedCents: number;
}

export interface SplitPart {
  readonly recipient: string;
  /** Integer cents, zero or more. */
  readonly amountCents: number;
}

export interface Split {
  /** In the order of the shares. */
  readonly parts: readonly SplitPart[];
  /** What is left: the parts and this are the amount, to the cent. */
  readonly merchantCents: number;
}

/** 100 %. */
export const WHOLE_BP = 10_000;

/**
 * Divides a sale. Percentages are of the whole amount, and cents that they leave over go to the largest remainders, the
 * merchant's among them. Fixed cents come out of what is then the merchant's: where that is not enough, the first
 * shares take what there is, for a fee never costs more than the sale.
 * @param amountCents positive integer cents
 * @throws RangeError for shares that no rule can hold: negative, fractions, more than the whole
 */
export function splitAmount(amountCents: number, shares: readonly SplitShare[]): Split {
  const wholeBp = shares.reduce((sum, { percentBp }) => sum + percentBp, 0);
  const isCount = (value: number): boolean => Number.isSafeInteger(value) && value >= 0;
  if (
    !isCount(amountCents) ||
    wholeBp > WHOLE_BP ||
    !shares.every((s) => isCount(s.percentBp) && isCount(s.fixedCents))
  )
    throw new RangeError('a split of no such amount, or by no such shares');
  const [merchant = 0, ...byPercent] = largestRemainder(amountCents, [
    WHOLE_BP - wholeBp,
    ...shares.map(({ percentBp }) => percentBp),
  ]);
  let merchantCents = merchant;
  const parts = shares.map(({ recipient, fixedCents }, index) => {
    const fixed = Math.min(fixedCents, merchantCents);
    merchantCents -= fixed;
    return { recipient, amountCents: (byPercent[index] ?? 0) + fixed };
  });
  return { parts, merchantCents };
}

/**
 * How much of a part is taken back once `returnedCents` of the sale have gone back to the payer, in all so far. It grows
 * with them, and is the whole part exactly when the whole sale went back.
 */
export function returnedOfPart(partCents: number, amountCents: number, returnedCents: number): number {
  // The product is beyond what a number holds exactly.
  return Number((BigInt(partCents) * BigInt(Math.min(returnedCents, amountCents))) / BigInt(amountCents));
}

/** Hamilton's method: everyone's whole cents first, then one each to the largest remainders; on a tie the earlier one. */
function largestRemainder(amountCents: number, weightsBp: readonly number[]): number[] {
  const exact = weightsBp.map((weight) => BigInt(amountCents) * BigInt(weight));
  const cents = exact.map((value) => Number(value / BigInt(WHOLE_BP)));
  const remainder = (index: number): number => Number((exact[index] ?? 0n) % BigInt(WHOLE_BP));
  const left = amountCents - cents.reduce((sum, value) => sum + value, 0);
  const byRemainder = weightsBp
    .map((_weight, index) => index)
    .sort((a, b) => remainder(b) - remainder(a) || a - b);
  for (const index of byRemainder.slice(0, left)) cents[index] = (cents[index] ?? 0) + 1;
  return cents;
}
