import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { median, percentile, ratiosByRound } from './statistics.ts';

const measured = fc.array(fc.double({ min: 0, max: 1e6, noNaN: true }), { minLength: 1 });

describe('median', () => {
  it('is the value in the middle, whatever the order', () => {
    expect(median([9, 1, 5])).toBe(5);
    expect(median([10, 2, 4, 8])).toBe(6);
  });

  it('is not moved by one wild round', () => {
    expect(median([3, 3, 3, 3, 900])).toBe(3);
  });

  it('leaves its input as it was', () => {
    const rounds = [3, 1, 2];
    median(rounds);
    expect(rounds).toEqual([3, 1, 2]);
  });

  it('refuses an empty list', () => {
    expect(() => median([])).toThrow('nothing was measured');
  });
});

describe('percentile', () => {
  it('takes the nearest rank', () => {
    const hundred = Array.from({ length: 100 }, (_, index) => 100 - index);
    expect(percentile(hundred, 0.5)).toBe(50);
    expect(percentile(hundred, 0.99)).toBe(99);
    expect(percentile(hundred, 1)).toBe(100);
    expect(percentile([7], 0.01)).toBe(7);
  });

  it('is a measured value that at least the fraction does not exceed, and no smaller one is', () => {
    fc.assert(
      fc.property(measured, fc.double({ min: 0.001, max: 1, noNaN: true }), (values, fraction) => {
        const found = percentile(values, fraction);
        expect(values).toContain(found);
        expect(values.filter((value) => value <= found).length).toBeGreaterThanOrEqual(
          fraction * values.length,
        );
        expect(values.filter((value) => value < found).length).toBeLessThan(fraction * values.length);
      }),
    );
  });

  it('refuses a fraction that is a percentage', () => {
    expect(() => percentile([1, 2], 99)).toThrow('fraction');
    expect(() => percentile([1, 2], 0)).toThrow('fraction');
  });
});

describe('ratiosByRound', () => {
  it('divides within each round', () => {
    expect(ratiosByRound([10, 30], [5, 10])).toEqual([2, 3]);
  });

  it('refuses rounds that do not pair', () => {
    expect(() => ratiosByRound([1, 2], [1])).toThrow('2 rounds of ours, 1 of theirs');
  });
});
