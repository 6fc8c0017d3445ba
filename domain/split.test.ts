import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { returnedOfPart, type SplitShare, splitAmount, WHOLE_BP } from './split.ts';

const amount = fc.integer({ min: 1, max: 999_999_999_999 });
const shares = fc.array(fc.tuple(fc.nat(WHOLE_BP), fc.nat(1_000_000)), { maxLength: 6 }).map((drawn) => {
  let left = WHOLE_BP;
  return drawn.map(([percent, fixedCents], index): SplitShare => {
    const percentBp = Math.min(percent, left);
    left -= percentBp;
    return { recipient: `r${index}`, percentBp, fixedCents };
  });
});
const sumOf = (parts: readonly { readonly amountCents: number }[]): number =>
  parts.reduce((sum, part) => sum + part.amountCents, 0);

test('the parts and the merchant’s rest are the amount, and nobody’s is negative', () => {
  fc.assert(
    fc.property(amount, shares, (amountCents, of) => {
      const { parts, merchantCents } = splitAmount(amountCents, of);
      expect(sumOf(parts) + merchantCents).toBe(amountCents);
      expect(Math.min(merchantCents, ...parts.map((part) => part.amountCents))).toBeGreaterThanOrEqual(0);
      expect(parts.map(({ recipient }) => recipient)).toEqual(of.map(({ recipient }) => recipient));
    }),
  );
});

test('a percentage is within one cent of the exact share', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 1_000_000_000 }), shares, (amountCents, of) => {
      const { parts } = splitAmount(
        amountCents,
        of.map((share) => ({ ...share, fixedCents: 0 })),
      );
      for (const [index, { percentBp }] of of.entries())
        expect(
          Math.abs((parts[index]?.amountCents ?? 0) - (amountCents * percentBp) / WHOLE_BP),
        ).toBeLessThan(1);
    }),
  );
});

test('what is taken back grows with what goes back, and is all of it in the end', () => {
  fc.assert(
    fc.property(
      amount,
      fc.nat(WHOLE_BP),
      fc.nat(WHOLE_BP),
      fc.nat(WHOLE_BP),
      (amountCents, part, one, other) => {
        const of = (bp: number): number => Math.floor((amountCents / WHOLE_BP) * bp);
        const [less, more] = [of(Math.min(one, other)), of(Math.max(one, other))];
        expect(returnedOfPart(of(part), amountCents, less)).toBeLessThanOrEqual(
          returnedOfPart(of(part), amountCents, more),
        );
        expect(returnedOfPart(of(part), amountCents, amountCents)).toBe(of(part));
        expect(returnedOfPart(of(part), amountCents, amountCents * 2)).toBe(of(part));
        expect(returnedOfPart(of(part), amountCents, 0)).toBe(0);
      },
    ),
  );
});

describe('by example', () => {
  const platform = { recipient: 'plataforma', percentBp: 250, fixedCents: 30 };
  test.each([
    ['a percentage and a fixed fee', 5_000, [platform], [155], 4_845],
    [
      'half a cent goes to the earlier of two equal remainders, the merchant',
      1,
      [{ ...platform, percentBp: 5_000, fixedCents: 0 }],
      [0],
      1,
    ],
    ['a fee beyond the sale takes what there is', 20, [platform], [20], 0],
    ['everything to one other', 999, [{ ...platform, percentBp: WHOLE_BP, fixedCents: 5 }], [999], 0],
    ['nobody else', 700, [], [], 700],
  ])('%s', (_name, amountCents, of, parts, merchantCents) => {
    const split = splitAmount(amountCents, of);
    expect([split.parts.map((part) => part.amountCents), split.merchantCents]).toEqual([
      parts,
      merchantCents,
    ]);
  });

  test.each([
    ['more than the whole', [{ recipient: 'a', percentBp: WHOLE_BP + 1, fixedCents: 0 }]],
    ['less than nothing', [{ recipient: 'a', percentBp: 0, fixedCents: -1 }]],
    ['a fraction', [{ recipient: 'a', percentBp: 0.5, fixedCents: 0 }]],
  ])('%s is no share', (_name, of) => {
    expect(() => splitAmount(100, of)).toThrow(RangeError);
  });
});
