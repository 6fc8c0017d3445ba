import { expect, it } from 'vitest';
import type { PanelSnapshot } from '../../domain/protocol/screens.ts';
import { newCalls } from './new-calls.ts';

const call = (label: string, callCount = 1): PanelSnapshot['calls'][number] => ({
  ticketId: label,
  label,
  counter: 'Guichê 1',
  serviceName: 'Consulta',
  calledAt: 1,
  callCount,
});

it('announces nothing when the panel has just been switched on', () => {
  expect(newCalls(null, [call('C001')])).toEqual([]);
});

it('announces calls and recalls, and each only once', () => {
  const before = [call('C001')];
  expect(newCalls(before, [call('C002'), call('C001')])).toEqual([call('C002')]);
  expect(newCalls(before, [call('C001', 2)])).toEqual([call('C001', 2)]);
  expect(newCalls(before, before)).toEqual([]);
  expect(newCalls(before, [])).toEqual([]);
});
