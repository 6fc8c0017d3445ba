import { createHmac, type KeyObject } from 'node:crypto';
import { normaliseDocument } from '../../domain/person.ts';
import { maskPersonalWords } from '../../domain/personal-words.ts';
import { cleanReference, cleanText } from '../unified/clean-facts.ts';
import { withoutCardNumbers } from './card-numbers.ts';

const MAX_KEY = 200;
const MAX_WORD = 100;
/** 1.23E+15: a spreadsheet kept the first digits of a number and threw the others away. */
const ROUNDED = /^\d+(?:[.,]\d+)?E\+\d{2,3}$/i;
const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** Whether it is what is left of an id, which others may have in common. */
export function isRounded(id: string): boolean {
  return ROUNDED.test(id);
}

/** A word that holds nobody's e-mail or document, as a cell of another column may. */
export function wordOf(value: string | null): string | null {
  const word = cleanText(value ?? undefined, MAX_WORD);
  return word === null || holdsPersonalWords(word) ? null : word;
}

/** Whether it is an id and nothing personal: no e-mail, no document, no card's number. */
export function isPlainId(value: string): boolean {
  return (
    value.length <= MAX_KEY &&
    cleanReference(value) !== null &&
    !holdsPersonalWords(value) &&
    !isCardLike(value)
  );
}

/** The id as it is, unless it is personal, or no id: then its keyed hash, by which it is the same id wherever it stands. */
export function safeKey(value: string, secret: KeyObject): string {
  if (isPlainId(value)) return value;
  return `hash:${createHmac('sha256', secret).update(value.toLowerCase()).digest('hex')}`;
}

/** Counted ids may have as many digits as a card's number; of those that pass for one only the hash is kept. */
export function isCardLike(value: string): boolean {
  return !UUID.test(value) && withoutCardNumbers(value) !== value;
}

/** What may hold a document: looked at closely, because it takes long. */
const SUSPECT = /\d{11}|\d{3}\.\d{3}\.\d{3}|\/\d{4}-\d{2}/;

/** Whether it holds somebody's e-mail or document, as order numbers made of a CPF do. */
function holdsPersonalWords(value: string): boolean {
  if (value.includes('@')) return true;
  return SUSPECT.test(value) && (normaliseDocument(value) !== null || maskPersonalWords(value) !== value);
}

/** What a name looks like: two words or more, each with a capital. */
const NAME_LIKE = /^\p{Lu}\p{Ll}+(?:\s+(?:d[aeo]s?|e))?(?:\s+\p{Lu}\p{Ll}+)+$/u;

/** An old word as it may stand in a report. @param isKnown whether it means something; else it may be a cell of another column */
export function shownWord(value: string | null, isKnown: (word: string) => boolean): string | null {
  const word = wordOf(value);
  if (word === null || isKnown(word)) return word;
  return NAME_LIKE.test(word) || /\d{7}/.test(word) ? null : word;
}
