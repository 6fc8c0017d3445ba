import { describe, expect, test } from 'vitest';
import { nextCheckDelayMs } from './check-schedule.ts';
import type { AskingPace } from './webhook-pace.ts';

const ENDS_AT = 300_000;
const USUAL: AskingPace = { firstMs: 4_000, steadyMs: null };
const DAY_MS = 24 * 60 * 60_000;

/** When an unpaid charge is asked about, in milliseconds after the first check, as long as it is. */
function schedule(pace = USUAL): number[] {
  const delays: number[] = [];
  let nowMs = pace.firstMs;
  for (let count = 1; ; count += 1) {
    const delayMs = nextCheckDelayMs('PENDING', count, ENDS_AT, nowMs, pace);
    if (delayMs === null) return delays;
    delays.push(delayMs);
    nowMs += delayMs;
  }
}

describe('an unpaid charge', () => {
  test('is asked about after 4, 8, 16 … seconds, then every five minutes', () => {
    expect(schedule().slice(0, 9)).toEqual([
      4_000, 8_000, 16_000, 32_000, 64_000, 128_000, 256_000, 300_000, 300_000,
    ]);
  });
  test('is asked about for a day after it expired, for the late money, and no longer', () => {
    const askedForMs = 4_000 + schedule().reduce((sum, delayMs) => sum + delayMs, 0);
    expect(askedForMs).toBeGreaterThan(ENDS_AT + DAY_MS);
    expect(askedForMs).toBeLessThan(ENDS_AT + DAY_MS + 2 * 300_000);
  });
  test('of a provider whose webhooks come late is asked about later', () => {
    expect(schedule({ firstMs: 9_000, steadyMs: null }).slice(0, 3)).toEqual([9_000, 18_000, 36_000]);
  });
  test('of a provider whose webhooks never come is asked about every four seconds for two minutes', () => {
    const delays = schedule({ firstMs: 4_000, steadyMs: 4_000 });
    expect(delays.slice(0, 31)).toEqual(Array.from({ length: 31 }, () => 4_000));
    expect(delays.slice(31, 34)).toEqual([8_000, 16_000, 32_000]);
  });
  test('goes on the same way when it has expired', () => {
    expect(nextCheckDelayMs('EXPIRED', 20, ENDS_AT, ENDS_AT + 60_000, USUAL)).toBe(300_000);
  });
});

test.each(['SUCCEEDED', 'CANCELED', 'FAILED'] as const)(
  '%s is looked at a few times more, for a second Pix',
  (status) => {
    const delays = [1, 2, 3, 4].map((count) => nextCheckDelayMs(status, count, ENDS_AT, 10_000, USUAL));
    expect(delays).toEqual([600_000, 3_600_000, 21_600_000, null]);
  },
);
