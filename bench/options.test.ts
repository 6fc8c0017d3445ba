import { describe, expect, it } from 'vitest';
import { BENCHMARK_NAMES, parseBenchOptions } from './options.ts';

describe('parseBenchOptions', () => {
  it('runs everything by default', () => {
    expect(parseBenchOptions([])).toEqual({
      kind: 'run',
      options: { only: BENCHMARK_NAMES, rounds: 5, json: false },
    });
  });

  it('takes a choice of benchmarks, the rounds and the output', () => {
    expect(parseBenchOptions(['--only', 'sync', '--only', 'webhook', '--rounds', '7', '--json'])).toEqual({
      kind: 'run',
      options: { only: ['sync', 'webhook'], rounds: 7, json: true },
    });
  });

  it.each([
    [['--only', 'webhooks'], 'there is no benchmark "webhooks"'],
    [['--rounds', '0'], '--rounds takes a whole number from 1 to 50'],
    [['--rounds', '2.5'], '--rounds takes a whole number'],
    [['--fast'], "Unknown option '--fast'"],
  ])('refuses %j', (args, message) => {
    expect(parseBenchOptions(args)).toMatchObject({
      kind: 'invalid',
      message: expect.stringContaining(message),
    });
  });

  it('helps', () => {
    expect(parseBenchOptions(['-h'])).toEqual({ kind: 'help' });
  });
});
