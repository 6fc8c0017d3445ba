import { expect, test } from 'vitest';
import { isValidCnpj, maskDocument, maskEmail, normaliseDocument, normaliseEmail } from './person.ts';

test('an e-mail is the same in whatever case it is typed, and a text without one is none', () => {
  expect(normaliseEmail('  Maria@Example.COM ')).toBe('maria@example.com');
  for (const none of ['', 'maria', 'maria@home', 'a b@c.de', '@x.de'])
    expect(normaliseEmail(none)).toBeNull();
});

test('a document is a CPF or a CNPJ, also one with letters, and its check digits hold', () => {
  expect(normaliseDocument('529.982.247-25')).toBe('52998224725');
  expect(normaliseDocument('11.222.333/0001-81')).toBe('11222333000181');
  // The example of the Receita Federal for a CNPJ with letters.
  expect(normaliseDocument('12.abc.345/01de-35')).toBe('12ABC34501DE35');
  for (const none of ['529.982.247-26', '00000000000', '11222333000182', '00000000000000', '12ABC34501DE36'])
    expect(normaliseDocument(none)).toBeNull();
  expect(isValidCnpj('11222333000181')).toBe(true);
});

test('a list shows neither who it is nor where they are reached', () => {
  expect(maskDocument('52998224725')).toBe('***982247**');
  expect(maskEmail('maria@example.com')).toBe('m***@example.com');
  expect(maskEmail('x')).toBe('***');
});
