import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { PanelSnapshot } from '../../domain/protocol/screens.ts';
import { createCallMemory } from './new-calls.ts';

type Call = PanelSnapshot['calls'][number];

const call = (label: string, callCount = 1): Call => ({
  ticketId: label,
  label,
  counter: 'Guichê 1',
  serviceName: 'Consulta',
  calledAt: 1,
  callCount,
});

it('announces nothing when the panel has just been switched on', () => {
  expect(createCallMemory()([call('C001')])).toEqual([]);
});

it('announces calls and recalls, and each only once', () => {
  const announce = createCallMemory();
  announce([call('C001')]);
  expect(announce([call('C002'), call('C001')])).toEqual([call('C002')]);
  expect(announce([call('C002'), call('C001', 2)])).toEqual([call('C001', 2)]);
  expect(announce([call('C002'), call('C001', 2)])).toEqual([]);
  expect(announce([])).toEqual([]);
});

describe('Novo SGA #78, #39 (calls cut each other off, then silence)', () => {
  it('announces every one of several calls that one snapshot brings', () => {
    const announce = createCallMemory();
    announce([]);
    const three = [call('C003'), call('C002', 2), call('C001')];
    expect(announce(three)).toEqual(three);
  });

  it('does not announce anew an old call that had no line and gets one again', () => {
    const announce = createCallMemory();
    announce([]);
    announce([call('C001')]);
    announce([call('C003'), call('C002')]);
    expect(announce([call('C003'), call('C001')])).toEqual([]);
  });

  it('announces each call once, whatever the snapshots leave out or repeat', () => {
    const snapshots = fc.array(
      fc.array(fc.record({ ticket: fc.nat({ max: 5 }), count: fc.integer({ min: 1, max: 3 }) }), {
        maxLength: 4,
      }),
    );
    fc.assert(
      fc.property(snapshots, (seen) => {
        const announce = createCallMemory();
        announce([]);
        const highest = new Map<string, number>();
        for (const snapshot of seen) {
          const calls = snapshot.map(({ ticket, count }) => call(`C00${ticket}`, count));
          const expected = calls.filter(({ label, callCount }) => {
            const isNew = callCount > (highest.get(label) ?? 0);
            if (isNew) highest.set(label, callCount);
            return isNew;
          });
          expect(announce(calls)).toEqual(expected);
        }
      }),
    );
  });

  it('remembers the newest thousand calls, not all of them', () => {
    const announce = createCallMemory();
    announce([]);
    for (let number = 0; number <= 1_000; number += 1) announce([call(String(number))]);
    expect(announce([call('1')])).toEqual([]);
    expect(announce([call('0')])).toHaveLength(1);
  });
});
