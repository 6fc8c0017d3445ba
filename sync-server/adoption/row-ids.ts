import { createHmac, type KeyObject } from 'node:crypto';
import { normaliseDocument, normaliseEmail } from '../../domain/person.ts';
import { cleanText } from '../unified/clean-facts.ts';

const MAX_KEY = 200;
const MAX_WORD = 100;
/** 1.23E+15: a spreadsheet kept the first digits of a number and threw the others away. */
const ROUNDED = /^\d+(?:[.,]\d+)?E\+\d{2,3}$/i;

/** Whether it is what is left of an id, which others may have in common. */
export function isRounded(id: string): boolean {
  return ROUNDED.test(id);
}

/** An old word is a word, and not somebody's e-mail in the wrong column. */
export function wordOf(value: string | null): string | null {
  const word = cleanText(value ?? undefined, MAX_WORD);
  return word === null || normaliseEmail(word) !== null || normaliseDocument(word) !== null ? null : word;
}

/** The id as it is, unless it is personal, or no id. */
export function safeKey(value: string, secret: KeyObject): string {
  const isPlain =
    value.length <= MAX_KEY &&
    cleanText(value, MAX_KEY) !== null &&
    !value.includes('@') &&
    normaliseDocument(value) === null;
  return isPlain ? value : `hash:${createHmac('sha256', secret).update(value.toLowerCase()).digest('hex')}`;
}
