import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  createRestartBudget,
  engineRestartDelayMs,
  RELOAD_WINDOW_MS,
  RELOADS_MAX,
} from './restart-policy.ts';

test('three reloads in five minutes, not a fourth', () => {
  const budget = createRestartBudget();
  expect([0, 1_000, 2_000, 3_000].map((at) => budget.take(at))).toEqual([true, true, true, false]);
});

test('an old reload is forgotten after five minutes, and a refusal costs nothing', () => {
  const budget = createRestartBudget();
  for (const at of [0, 1_000, 2_000]) budget.take(at);
  expect(budget.take(RELOAD_WINDOW_MS - 1)).toBe(false);
  expect(budget.take(RELOAD_WINDOW_MS)).toBe(true);
  expect(budget.take(RELOAD_WINDOW_MS)).toBe(false);
});

test('in no five minutes are there more than three', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 120_000 }), { maxLength: 40 }), (gapsMs) => {
      const budget = createRestartBudget();
      const takenAt: number[] = [];
      let nowMs = 0;
      for (const gapMs of gapsMs) {
        nowMs += gapMs;
        if (budget.take(nowMs)) takenAt.push(nowMs);
      }
      for (const [index, at] of takenAt.entries()) {
        const earlier = takenAt[index - RELOADS_MAX];
        if (earlier !== undefined) expect(at - earlier).toBeGreaterThanOrEqual(RELOAD_WINDOW_MS);
      }
    }),
  );
});

test('the engine is started again ever more slowly, and never given up', () => {
  expect([1, 2, 3, 4, 8, 9, 1_000_000].map(engineRestartDelayMs)).toEqual([
    250, 500, 1_000, 2_000, 30_000, 30_000, 30_000,
  ]);
});
