import fc from 'fast-check';
import { expect, test } from 'vitest';
import { conversionPercent, integrationHealth } from './integration-health.ts';

test.each([
  [100, 'healthy'],
  [95, 'healthy'],
  [94.99, 'warning'],
  [80, 'warning'],
  [79.99, 'critical'],
  [0, 'critical'],
])('%d %% is %s', (percent, health) => {
  expect(integrationHealth(percent)).toBe(health);
});

test('nothing paid is no failure', () => {
  expect(conversionPercent(0, 0)).toBe(100);
});

test('one ticket missing of a million never rounds to 100', () => {
  expect(conversionPercent(1_000_000, 999_999)).toBe(99.99);
});

test('is 100 exactly when every paid session has its ticket', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 1_000_000 }), fc.nat(), (paid, missing) => {
      const tickets = paid - (missing % (paid + 1));
      const percent = conversionPercent(paid, tickets);
      expect(percent >= 0 && percent <= 100).toBe(true);
      expect(percent === 100).toBe(tickets === paid);
    }),
  );
});
