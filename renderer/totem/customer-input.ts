import { isValidCpf } from '../../domain/cpf.ts';

/** As the protocol's `customerName`. */
const NAME_MAX = 100;
const NAME_MIN = 2;
const CPF_DIGITS = 11;

/** The name after a key of the on-screen keyboard: words begin with a capital, spaces never double. */
export function withNameKey(name: string, key: string): string {
  if (name.length >= NAME_MAX) return name;
  if (key === ' ') return name === '' || name.endsWith(' ') ? name : `${name} `;
  const atWordStart = name === '' || name.endsWith(' ');
  return name + (atWordStart ? key.toLocaleUpperCase('pt-BR') : key);
}

/** Text that was typed or pasted at a real keyboard, as a name. */
export function cleanName(typed: string): string {
  return typed.replace(/\s+/g, ' ').trimStart().slice(0, NAME_MAX);
}

/** `empty` counts as not given, which is always allowed. */
export function checkName(name: string): 'empty' | 'too_short' | 'ok' {
  const length = name.trim().length;
  if (length === 0) return 'empty';
  return length < NAME_MIN ? 'too_short' : 'ok';
}

/** The digits of whatever was typed, eleven at most. */
export function cleanCpf(typed: string): string {
  return typed.replace(/\D/g, '').slice(0, CPF_DIGITS);
}

/** `123456` → `123.456`, growing to `123.456.789-09`. */
export function maskCpfInput(digits: string): string {
  const groups = [digits.slice(0, 3), digits.slice(3, 6), digits.slice(6, 9)].filter((group) => group !== '');
  const checkDigits = digits.slice(9, CPF_DIGITS);
  return checkDigits === '' ? groups.join('.') : `${groups.join('.')}-${checkDigits}`;
}

/** Judged only when all eleven digits are there: nobody is told that they are wrong while they type. */
export function checkCpf(digits: string): 'empty' | 'incomplete' | 'invalid' | 'ok' {
  if (digits === '') return 'empty';
  if (digits.length < CPF_DIGITS) return 'incomplete';
  return isValidCpf(digits) ? 'ok' : 'invalid';
}
