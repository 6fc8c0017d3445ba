import fc from 'fast-check';
import { expect, test } from 'vitest';
import { RecurrenceStatus } from '../../domain/protocol/recurring.ts';
import { nextRecurrenceStatus } from './recurrence-status.ts';

test.each([
  ['a first word', null, 'active', true, 'active'],
  ['a rise', 'created', 'active', true, 'active'],
  ['a rise told by an older answer', 'created', 'paid', false, 'paid'],
  ['money after an ending', 'expired', 'paid', true, 'paid'],
  ['another try after a failed one', 'failed', 'active', true, 'active'],
  ['an unknown word keeps the state', 'active', null, true, 'active'],
] as const)('%s', (_name, known, read, isNewer, expected) => {
  expect(nextRecurrenceStatus(known, read, isNewer)).toEqual({ status: expected });
});

test.each([
  ['a fall', 'active', 'created', true],
  ['paid is paid', 'paid', 'canceled', true],
  ['an ending by another name', 'rejected', 'expired', true],
  ['the same rank from an older answer', 'active', 'failed', false],
  ['an unknown word from an older answer', 'active', null, false],
] as const)('changes nothing: %s', (_name, known, read, isNewer) => {
  expect(nextRecurrenceStatus(known, read, isNewer)).toBeNull();
});

test('answers in any order end the same, once one of them tells of money', () => {
  const status = fc.constantFrom(...RecurrenceStatus.options);
  fc.assert(
    fc.property(fc.array(fc.tuple(status, fc.boolean())), (reads) => {
      const all = [...reads, ['paid', false] as const];
      const ends = [all, all.toReversed()].map((order) =>
        order.reduce<RecurrenceStatus | null>(
          (known, [read, isNewer]) => nextRecurrenceStatus(known, read, isNewer)?.status ?? known,
          null,
        ),
      );
      expect(ends).toEqual(['paid', 'paid']);
    }),
  );
});
