import { expect, it } from 'vitest';
import { cleanCode, isWholeCode, shownCode } from './enrolment-code-input.ts';

it('takes a code as it was written down, and drops what no code has', () => {
  expect(cleanCode('abcd-2345')).toBe('ABCD2345');
  expect(cleanCode(' AB CD 23 45 67')).toBe('ABCD2345');
  expect(cleanCode('I0O1LU?')).toBe('');
});

it.each([
  ['', false, ''],
  ['ABCD', false, 'ABCD'],
  ['ABCD2', false, 'ABCD-2'],
  ['ABCD2345', true, 'ABCD-2345'],
])('“%s” is whole: %s, shown as “%s”', (code, whole, shown) => {
  expect(isWholeCode(code)).toBe(whole);
  expect(shownCode(code)).toBe(shown);
  // The dash that is shown is in the field when the next key is typed.
  expect(cleanCode(shownCode(code))).toBe(code);
});
