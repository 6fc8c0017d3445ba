import { normaliseDocument } from '../../domain/person.ts';
import { MASK } from '../../domain/personal-words.ts';

/** Thirteen to nineteen digits that stand by themselves, with or without separators. */
const DIGITS = /(?<![A-Za-z0-9])(?:\d[ ._-]?){12,18}\d(?![A-Za-z0-9])/g;
/** The first digits of the networks' cards, with how many there are of each (ISO/IEC 7812). */
const NETWORKS = [
  /^4(?:\d{12}|\d{15}|\d{18})$/,
  /^(?:5[0-8]|6\d|2[2-7])\d{14}$/,
  /^(?:34|37)\d{13}$/,
  /^3(?:0[0-5]|[68]\d)\d{11}$/,
  /^35\d{14}$/,
  /^(?:5[0-8]|6\d)\d{15,17}$/,
];

/**
 * A text without the numbers of cards: PCI DSS allows them nowhere, also not sealed. What has the first digits, the
 * length and the check digit of a card is one; an id that happens to is masked as well.
 */
export function withoutCardNumbers(text: string): string {
  if (text.length < 13) return text;
  return text.replace(DIGITS, (found) => (isCardNumber(found.replace(/\D/g, '')) ? MASK : found));
}

function isCardNumber(digits: string): boolean {
  // A CNPJ has fourteen digits, and check digits of its own.
  if (digits.length === 14 && normaliseDocument(digits) !== null) return false;
  if (!NETWORKS.some((network) => network.test(digits))) return false;
  // ISO/IEC 7812-1, annex B: every second digit from the right counts twice.
  const sum = [...digits].toReversed().reduce((total, digit, at) => {
    const value = Number(digit) * (at % 2 === 0 ? 1 : 2);
    return total + (value > 9 ? value - 9 : value);
  }, 0);
  return sum % 10 === 0;
}
