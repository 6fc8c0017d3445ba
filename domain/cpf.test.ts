import { isValidCpf as isValidByPeer } from '@brazilian-utils/brazilian-utils';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isValidCpf, maskCpf, normaliseCpf } from './cpf.ts';

const elevenDigits = fc.stringMatching(/^\d{11}$/);

describe('normaliseCpf', () => {
  it.each(['123.456.789-09', '12345678909', ' 123 456 789 09 '])('reads %j', (text) => {
    expect(normaliseCpf(text)).toBe('12345678909');
  });

  it.each(['', '1234567890', '123456789091', '123.456.789-0a', '123/456/789/09'])('refuses %j', (text) => {
    expect(normaliseCpf(text)).toBeNull();
  });
});

describe('isValidCpf', () => {
  it.each(['123.456.789-09', '52998224725', '111.444.777-35', '00000000191'])('accepts %j', (text) => {
    expect(isValidCpf(text)).toBe(true);
  });

  it.each(['123.456.789-00', '52998224735', '11111111111', '00000000000', '', 'abc'])(
    'refuses %j',
    (text) => {
      expect(isValidCpf(text)).toBe(false);
    },
  );

  it('agrees with an independent implementation', () => {
    fc.assert(fc.property(elevenDigits, (digits) => isValidCpf(digits) === isValidByPeer(digits)));
  });

  it('has exactly one pair of check digits for each nine digits', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^\d{9}$/), (body) => {
        fc.pre(!/^(\d)\1{8}$/.test(body));
        const valid = Array.from(
          { length: 100 },
          (_, tail) => `${body}${String(tail).padStart(2, '0')}`,
        ).filter(isValidCpf);
        expect(valid).toHaveLength(1);
      }),
      { numRuns: 30 },
    );
  });
});

describe('maskCpf', () => {
  it('hides the first three and the last two digits', () => {
    expect(maskCpf('12345678909')).toBe('***.456.789-**');
    expect(maskCpf('123.456.789-09')).toBe('***.456.789-**');
  });

  it('hides whole what is no CPF', () => {
    expect(maskCpf('1234567890')).toBe('***.***.***-**');
  });

  it('shows six digits of any CPF and no more', () => {
    fc.assert(
      fc.property(elevenDigits, (digits) => {
        expect(maskCpf(digits).replace(/\D/g, '')).toBe(digits.slice(3, 9));
      }),
    );
  });
});
