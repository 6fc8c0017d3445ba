import { expect, test } from 'vitest';
import { ManualClock } from './manual-clock.ts';

test('time stands still until it is moved', () => {
  const clock = new ManualClock(1_000);
  expect(clock.nowMs()).toBe(1_000);
  clock.advance(250);
  expect(clock.nowMs()).toBe(1_250);
});

test('runs what falls due in the order of time, each seeing its own time', () => {
  const clock = new ManualClock(0);
  const seen: [string, number][] = [];
  clock.schedule(200, () => seen.push(['late', clock.nowMs()]));
  clock.schedule(100, () => {
    seen.push(['early', clock.nowMs()]);
    clock.schedule(50, () => seen.push(['scheduled on the way', clock.nowMs()]));
  });
  clock.schedule(300, () => seen.push(['not yet', clock.nowMs()]));
  clock.advance(250);
  expect(seen).toEqual([
    ['early', 100],
    ['scheduled on the way', 150],
    ['late', 200],
  ]);
  expect(clock.pendingTasks).toBe(1);
});

test('a cancelled task does not run', () => {
  const clock = new ManualClock(0);
  let runs = 0;
  clock.schedule(10, () => {
    runs += 1;
  })();
  clock.advance(20);
  expect(runs).toBe(0);
});

test('a leap runs what fell due on the way once, at its end', () => {
  const clock = new ManualClock(1_000);
  const ranAt: number[] = [];
  const everySecond = (): void => {
    ranAt.push(clock.nowMs());
    clock.schedule(1_000, everySecond);
  };
  clock.schedule(1_000, everySecond);
  clock.leap(60_000);
  expect(ranAt).toEqual([61_000]);
  clock.advance(1_000);
  expect(ranAt).toEqual([61_000, 62_000]);
});
