import { describe, expect, it } from 'vitest';
import { renderTable } from './table.ts';

describe('renderTable', () => {
  it('shows medians with their range, the ratio, and the verdict', () => {
    const text = renderTable([
      {
        metric: 'paid to first byte, p95',
        unit: 'ms',
        ours: [120.44, 98.76, 1320],
        peer: { name: 'sum of bare steps', rounds: [12, 11, 13] },
        limit: { of: 'ours', max: 1500 },
      },
      {
        metric: 'push',
        unit: 'ms',
        ours: [700, 700, 700],
        peer: { name: 'PouchDB', notMeasured: 'npm ci failed' },
        limit: { of: 'ratio', max: 1 },
      },
    ]);
    expect(text.split('\n').map((line) => line.split(/ {2,}/))).toEqual([
      ['measured', 'ours', 'peer', 'its figure', 'ratio', 'verdict'],
      [
        'paid to first byte, p95',
        '120 ms [98.8–1,320]',
        'sum of bare steps',
        '12 ms [11–13]',
        '10 × [8.98–102]',
        'within 1,500 ms',
      ],
      ['push', '700 ms [700–700]', 'PouchDB', 'not measured: npm ci failed', '–', 'limit 1 ×, not measured'],
    ]);
  });

  it('shouts where a limit is missed by far', () => {
    const slow = {
      metric: 'pull',
      unit: 'ms' as const,
      ours: [9],
      peer: { name: 'naive', rounds: [3] },
      limit: { of: 'ratio' as const, max: 1 },
    };
    expect(renderTable([slow])).toContain('MISSED BY FAR: limit 1 ×');
    expect(renderTable([{ ...slow, ours: [5] }])).toContain('missed: limit 1 ×');
  });

  it('aligns its columns', () => {
    const row = (metric: string) => ({
      metric,
      unit: '/s' as const,
      ours: [1],
      peer: { name: 'p', rounds: [1] },
    });
    const starts = renderTable([row('a'), row('a much longer name')])
      .split('\n')
      .slice(1)
      .map((line) => line.indexOf('1 /s'));
    expect(new Set(starts).size).toBe(1);
  });
});
