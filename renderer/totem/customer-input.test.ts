import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkCpf, checkName, cleanCpf, cleanName, maskCpfInput, withNameKey } from './customer-input.ts';

const typeName = (keys: string): string => [...keys].reduce(withNameKey, '');

describe('a name by the keys of the screen', () => {
  it('begins its words with a capital, accents included', () => {
    expect(typeName('ana  érica')).toBe('Ana Érica');
  });

  it('does not begin with a space, and is bounded', () => {
    expect(typeName(' a')).toBe('A');
    expect(typeName('a'.repeat(200))).toHaveLength(100);
    expect(cleanName(`  ana \n maria${'a'.repeat(200)}`)).toHaveLength(100);
  });

  it('may be missing but not be one letter', () => {
    expect(checkName('')).toBe('empty');
    expect(checkName('  ')).toBe('empty');
    expect(checkName('A ')).toBe('too_short');
    expect(checkName('Al')).toBe('ok');
  });
});

describe('a CPF while it is typed', () => {
  it.each([
    ['', ''],
    ['5', '5'],
    ['529', '529'],
    ['5299', '529.9'],
    ['529982247', '529.982.247'],
    ['5299822472', '529.982.247-2'],
    ['52998224725', '529.982.247-25'],
  ])('%s is shown as %s', (digits, shown) => {
    expect(maskCpfInput(digits)).toBe(shown);
  });

  it('is judged when complete, not before', () => {
    expect(checkCpf('')).toBe('empty');
    expect(checkCpf('5299822472')).toBe('incomplete');
    expect(checkCpf('52998224726')).toBe('invalid');
    expect(checkCpf('52998224725')).toBe('ok');
    expect(checkCpf('11111111111')).toBe('invalid');
  });

  it('loses nothing by being masked and cleaned again', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^\d{0,11}$/), (digits) => {
        expect(cleanCpf(maskCpfInput(digits))).toBe(digits);
      }),
    );
  });
});
