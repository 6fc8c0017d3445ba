import fc from 'fast-check';
import { expect, test } from 'vitest';
import { backoffMs } from './backoff.ts';

const LIMITS = { firstMs: 500, maxMs: 30_000 };

test('doubles up to its bound, within the upper half of each step', () => {
  const waits = [1, 2, 3, 7, 8, 1_000].map((failures) =>
    backoffMs(failures, LIMITS, () => new Uint8Array([0])),
  );
  expect(waits).toEqual([250, 500, 1_000, 15_000, 15_000, 15_000]);
  expect(backoffMs(1, LIMITS, () => new Uint8Array([255]))).toBe(499);
});

test('is never more than the bound, and never nothing', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 1e6 }), fc.integer({ min: 0, max: 255 }), (failures, byte) => {
      const waitMs = backoffMs(failures, LIMITS, () => new Uint8Array([byte]));
      expect(waitMs).toBeGreaterThanOrEqual(LIMITS.firstMs / 2);
      expect(waitMs).toBeLessThanOrEqual(LIMITS.maxMs);
    }),
  );
});
