import { createHmac, type KeyObject } from 'node:crypto';
import { normaliseDocument, normaliseEmail } from '../../domain/person.ts';
import { cleanReference, cleanText, looksLikeCardNumber } from '../unified/clean-facts.ts';

const MAX_KEY = 200;
const MAX_WORD = 100;
/** 1.23E+15: a spreadsheet kept the first digits of a number and threw the others away. */
const ROUNDED = /^\d+(?:[.,]\d+)?E\+\d{2,3}$/i;
const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** Whether it is what is left of an id, which others may have in common. */
export function isRounded(id: string): boolean {
  return ROUNDED.test(id);
}

/** An old word is a word, and not somebody's e-mail in the wrong column. */
export function wordOf(value: string | null): string | null {
  const word = cleanText(value ?? undefined, MAX_WORD);
  return word === null || normaliseEmail(word) !== null || normaliseDocument(word) !== null ? null : word;
}

/** Whether it is an id and nothing personal: no e-mail, no document, no card's number. */
export function isPlainId(value: string): boolean {
  return (
    value.length <= MAX_KEY &&
    cleanReference(value) !== null &&
    !value.includes('@') &&
    normaliseDocument(value) === null &&
    !isCardNumber(value)
  );
}

/** The id as it is, unless it is personal, or no id: then its keyed hash, by which it is the same id wherever it stands. */
export function safeKey(value: string, secret: KeyObject): string {
  if (isPlainId(value)) return value;
  return `hash:${createHmac('sha256', secret).update(value.toLowerCase()).digest('hex')}`;
}

/**
 * Counted ids have as many digits as a card's number. That one has 13 to 19, begins as banks' and networks' do, and holds by
 * its last digit (ISO/IEC 7812, Luhn); so does one id in twenty.
 */
function isCardNumber(value: string): boolean {
  if (UUID.test(value) || !looksLikeCardNumber(value)) return false;
  const digits = value.replace(/\D/g, '');
  if (!/^[2-6]\d{12,18}$/.test(digits)) return false;
  const sum = [...digits].toReversed().reduce((total, digit, at) => {
    const doubled = at % 2 === 1 ? Number(digit) * 2 : Number(digit);
    return total + (doubled > 9 ? doubled - 9 : doubled);
  }, 0);
  return sum % 10 === 0;
}
