import { describe, expect, it } from 'vitest';
import {
  formatCountdown,
  formatDay,
  formatDuration,
  formatPercent,
  formatSeconds,
  formatTime,
  secondsLeft,
} from './format.ts';

const AT = Date.UTC(2026, 10, 22, 2, 5);

describe('countdowns', () => {
  it.each([
    [300_000, '5:00'],
    [299_001, '5:00'],
    [65_000, '1:05'],
    [1, '0:01'],
    [0, '0:00'],
    [-5_000, '0:00'],
  ])('%d ms are %s', (ms, shown) => {
    expect(formatCountdown(ms)).toBe(shown);
  });

  it('counts whole seconds upwards, never below nothing', () => {
    expect(secondsLeft(24_001)).toBe(25);
    expect(secondsLeft(-1)).toBe(0);
  });
});

it.each([
  [0, '0 s'],
  [59_999, '59 s'],
  [60_000, '1 min'],
  [3_599_999, '59 min'],
  [7_500_000, '2 h 05'],
  [200_000_000, '2 d'],
  [-1, '0 s'],
])('%d ms have lasted %s', (ms, shown) => {
  expect(formatDuration(ms)).toBe(shown);
});

describe('times of day', () => {
  it("are the unit's, not the reader's", () => {
    expect(formatTime(AT, 'America/Sao_Paulo')).toBe('23:05');
    expect(formatTime(AT, 'America/Manaus')).toBe('22:05');
  });

  it('name the day of the unit', () => {
    expect(formatDay(AT, 'America/Sao_Paulo')).toBe('sábado, 21 de novembro');
    expect(formatDay(AT, 'UTC')).toBe('domingo, 22 de novembro');
  });
});

it('writes figures in Portuguese', () => {
  expect(formatPercent(89.97)).toBe('89,97 %');
  expect(formatSeconds(1.42)).toBe('1,4 s');
  expect(formatSeconds(0.042)).toBe('0,04 s');
  expect(formatSeconds(-0.001)).toBe('0 s');
  expect(formatSeconds(null)).toBe('–');
});
