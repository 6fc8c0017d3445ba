import { expect, test } from 'vitest';
import { withFoundAt } from './mutation-notes.ts';

const LIST = `export const LIST: readonly Mutation[] = [
  {
    name: 'one',
    file: 'a.ts',
  },
  {
    name: 'other',
    foundAt: 7,
    file: 'b.ts',
  },
];
`;

test('the seed of a mutation is noted after its name, and nothing else changes', () => {
  const noted = withFoundAt(LIST, 'one', 12);
  expect(noted).toBe(LIST.replace("'one',\n", "'one',\n    foundAt: 12,\n"));
});

test('what was noted before is replaced, or goes where the mutation was not found', () => {
  expect(withFoundAt(LIST, 'other', 103)).toBe(LIST.replace('foundAt: 7,', 'foundAt: 103,'));
  expect(withFoundAt(LIST, 'other', null)).toBe(LIST.replace('    foundAt: 7,\n', ''));
});

test('a list without the mutation says so', () => {
  expect(withFoundAt(LIST, 'oth', 1)).toBeNull();
});
