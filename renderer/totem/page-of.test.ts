import fc from 'fast-check';
import { expect, it } from 'vitest';
import { pageOf } from './page-of.ts';

it('shows every item on exactly one page, in order', () => {
  fc.assert(
    fc.property(fc.array(fc.integer(), { maxLength: 40 }), fc.constantFrom(4, 6), (all, size) => {
      const { pages } = pageOf(all, 0, size);
      const shown = Array.from({ length: pages }, (_, page) => pageOf(all, page, size).items).flat();
      expect(shown).toEqual(all);
    }),
  );
});

it('stays on the last page when the list has become shorter', () => {
  expect(pageOf([1, 2, 3, 4, 5, 6, 7], 9, 6)).toEqual({ items: [7], page: 1, pages: 2 });
  expect(pageOf([], 3, 6)).toEqual({ items: [], page: 0, pages: 1 });
});
