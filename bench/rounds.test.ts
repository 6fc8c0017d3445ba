import { describe, expect, it } from 'vitest';
import { measureInRounds } from './rounds.ts';

describe('measureInRounds', () => {
  it('interleaves the kinds, turns their order, and drops the warm-up', async () => {
    const calls: string[] = [];
    const kind = (name: string, base: number) => async (round: number) => {
      calls.push(`${name}${round}`);
      return { ms: base + round };
    };
    const lines: string[] = [];
    const measured = await measureInRounds({ a: kind('a', 10), b: kind('b', 20) }, 2, (line) =>
      lines.push(line),
    );
    expect(calls).toEqual(['a0', 'b0', 'b1', 'a1', 'a2', 'b2']);
    expect(measured.of('a', 'ms')).toEqual([11, 12]);
    expect(measured.of('b', 'ms')).toEqual([21, 22]);
    expect(lines[0]).toBe('warm-up  a  ms 10');
    expect(lines.at(-1)).toBe('round 2/2  b  ms 22');
  });

  it('fails with what a kind failed with', async () => {
    const failing = { broken: () => Promise.reject(new Error('answered 500')) };
    await expect(measureInRounds(failing, 1, () => {})).rejects.toThrow('answered 500');
  });

  it('does not take a missing figure for zero', async () => {
    const measured = await measureInRounds({ a: async () => ({ ms: 1 }) }, 1, () => {});
    expect(() => measured.of('a', 'p99')).toThrow('a has no figure "p99"');
  });
});
