import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CODE_PAGE_858_UPPER, toPrintable } from './code-page-858.ts';

describe('CODE_PAGE_858_UPPER', () => {
  it('has one character for each byte from 0x80 to 0xFF', () => {
    expect(new Set(CODE_PAGE_858_UPPER).size).toBe(128);
    expect(CODE_PAGE_858_UPPER).toHaveLength(128);
  });

  it.each([
    // Code page 858 as IBM and the Unicode consortium publish it.
    [0x80, 'Ç'],
    [0x87, 'ç'],
    [0x90, 'É'],
    [0xa6, 'ª'],
    [0xc4, '─'],
    [0xc6, 'ã'],
    [0xd5, '€'],
    [0xe4, 'õ'],
    [0xfa, '·'],
    [0xff, '\u00a0'],
  ])('has at 0x%s the letter %s', (byte, letter) => {
    expect(CODE_PAGE_858_UPPER.charAt(byte - 0x80)).toBe(letter);
  });
});

describe('toPrintable', () => {
  it.each([
    ['every letter of Portuguese', 'áàâãéêíóôõúüçÁÀÂÃÉÊÍÓÔÕÚÜÇªº', 'áàâãéêíóôõúüçÁÀÂÃÉÊÍÓÔÕÚÜÇªº'],
    ['accents written apart', 'cafe\u0301', 'café'],
    ['typography', '“Clínica” – d’Água…', '"Clínica" - d\'Água...'],
    ['a letter without its accent where the page has none', 'Šimon Ğ', 'Simon G'],
    ['what it does not know', '漢😀', '??'],
    ['a space that does not break', 'R$\u00a01,00', 'R$ 1,00'],
    ['a printer command in a name', 'Ana\x1b@\x1dV\x00', 'Ana @ V '],
  ])('prints %s', (_what, text, printed) => {
    expect(toPrintable(text)).toBe(printed);
  });

  it('gives one byte of the page per character, never a control code, and changes nothing twice', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 30 }), (text) => {
        const printed = toPrintable(text);
        const unprintable = Array.from(printed).filter(
          (character) => !/[ -~]/.test(character) && !CODE_PAGE_858_UPPER.includes(character),
        );
        expect(unprintable).toEqual([]);
        expect(toPrintable(printed)).toBe(printed);
      }),
    );
  });
});
