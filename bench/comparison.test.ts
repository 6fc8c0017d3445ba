import { describe, expect, it } from 'vitest';
import { type Comparison, judge, type Limit } from './comparison.ts';

const base = { metric: 'push', unit: 'ms', ours: [20, 10, 30] } as const;
const against = (rounds: readonly number[], limit?: Limit): Comparison => ({
  ...base,
  peer: { name: 'naive', rounds },
  ...(limit === undefined ? {} : { limit }),
});

describe('judge', () => {
  it('takes the median of the ratios of each round, not the ratio of the medians', () => {
    const judged = judge(against([10, 10, 60]));
    expect(judged).toMatchObject({ oursMedian: 20, peerMedian: 10, ratio: 1, ratioRange: [0.5, 2] });
    expect(judged.verdict).toBe('no_limit');
  });

  it.each([
    [20, 'within'],
    [19.9, 'missed'],
    [10, 'missed'],
    [9.9, 'missed_by_far'],
  ] as const)('holds our median against a limit of %d ms: %s', (max, verdict) => {
    expect(judge(against([1, 1, 1], { of: 'ours', max })).verdict).toBe(verdict);
  });

  it.each([
    [2, 'within'],
    [1.5, 'missed'],
    [0.5, 'missed_by_far'],
  ] as const)('holds the ratio against a limit of %d: %s', (max, verdict) => {
    expect(judge(against([10, 5, 15], { of: 'ratio', max })).verdict).toBe(verdict);
  });

  it('says that a ratio to a peer that could not be installed was not measured', () => {
    const peer = { name: 'PouchDB', notMeasured: 'no registry' };
    expect(judge({ ...base, peer, limit: { of: 'ratio', max: 1 } })).toMatchObject({
      oursMedian: 20,
      ratio: null,
      verdict: 'not_measured',
    });
    expect(judge({ ...base, peer, limit: { of: 'ours', max: 25 } }).verdict).toBe('within');
  });
});
