import { expect, test } from 'vitest';
import { ManualClock } from '../../platform/testing/manual-clock.ts';
import { createAttemptLimit } from './attempt-limit.ts';

const limits = { perAddress: 2, total: 3, windowMs: 1_000 };

test('an address has its own limit, and is told when to come back', () => {
  const clock = new ManualClock();
  const limit = createAttemptLimit(clock, limits);
  expect(limit.take('a')).toBeNull();
  clock.advance(400);
  expect(limit.take('a')).toBeNull();
  expect(limit.take('a')).toBe(600);
  expect(limit.take('b')).toBeNull();
  clock.advance(600);
  expect(limit.take('a')).toBeNull();
  expect(limit.take('a')).toBe(400);
});

test('many addresses together are limited too: a code is not guessed by a crowd', () => {
  const limit = createAttemptLimit(new ManualClock(), limits);
  for (const address of ['a', 'b', 'c']) expect(limit.take(address)).toBeNull();
  expect(limit.take('d')).toBe(1_000);
});

test('a good attempt does not count', () => {
  const limit = createAttemptLimit(new ManualClock(), limits);
  for (let round = 0; round < 10; round += 1) {
    expect(limit.take('a')).toBeNull();
    limit.giveBack('a');
  }
  limit.giveBack('a');
  expect([limit.take('a'), limit.take('a'), limit.take('a')]).toEqual([null, null, 1_000]);
});
