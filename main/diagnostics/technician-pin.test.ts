import { expect, test } from 'vitest';
import { ManualClock } from '../../platform/testing/manual-clock.ts';
import { SettableClock } from '../testing/settable-clock.ts';
import { createPinGuard } from './technician-pin.ts';

test('the right PIN opens, a wrong or longer one does not', () => {
  const guard = createPinGuard('4711', new ManualClock());
  expect(guard.check('4711')).toEqual({ ok: true });
  expect(guard.check('4712')).toEqual({ ok: false, code: 'wrong_pin' });
  expect(guard.check('47110')).toEqual({ ok: false, code: 'wrong_pin' });
});

test('the fifth wrong PIN locks for a minute, and the right one does not open it meanwhile', () => {
  const clock = new ManualClock();
  const guard = createPinGuard('4711', clock);
  for (let attempt = 1; attempt <= 4; attempt += 1) {
    expect(guard.check('0000')).toEqual({ ok: false, code: 'wrong_pin' });
  }
  expect(guard.check('0000')).toEqual({ ok: false, code: 'too_many_attempts' });
  expect(guard.check('4711')).toEqual({ ok: false, code: 'too_many_attempts' });
  clock.advance(59_999);
  expect(guard.check('4711')).toEqual({ ok: false, code: 'too_many_attempts' });
  clock.advance(1);
  expect(guard.check('4711')).toEqual({ ok: true });
});

test('a right PIN between wrong ones starts the count anew', () => {
  const guard = createPinGuard('4711', new ManualClock());
  for (const pin of ['1', '2', '3', '4']) guard.check(pin.repeat(4));
  expect(guard.check('4711')).toEqual({ ok: true });
  expect(guard.check('1111')).toEqual({ ok: false, code: 'wrong_pin' });
});

test('the minute is a minute, however the clock is set meanwhile', () => {
  const time = new ManualClock();
  const clock = new SettableClock(time);
  const guard = createPinGuard('4711', clock);
  for (let attempt = 1; attempt <= 5; attempt += 1) guard.check('0000');
  clock.offsetMs = 60_000;
  expect(guard.check('4711')).toEqual({ ok: false, code: 'too_many_attempts' });
  clock.offsetMs = -60_000;
  time.advance(60_000);
  expect(guard.check('4711')).toEqual({ ok: true });
});
