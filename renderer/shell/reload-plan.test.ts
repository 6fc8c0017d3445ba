import { expect, it } from 'vitest';
import { planReload } from './reload-plan.ts';

const NOW = 10_000_000;

it('reloads soon three times, then patiently', () => {
  let reloads: readonly number[] = [];
  const delays: number[] = [];
  for (let time = 0; time < 5; time += 1) {
    const plan = planReload(reloads, NOW + time * 1000);
    reloads = plan.reloads;
    delays.push(plan.delayMs);
  }
  expect(delays).toEqual([5_000, 5_000, 5_000, 60_000, 60_000]);
});

it('forgets what is more than five minutes old, and what a clock set back has left in the future', () => {
  const old = NOW - 5 * 60_000;
  expect(planReload([old, old, old, NOW + 1], NOW)).toEqual({ delayMs: 5_000, reloads: [NOW] });
});
