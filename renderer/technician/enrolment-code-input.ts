import { ENROLMENT_CODE_ALPHABET, EnrolmentCode } from '../../domain/protocol/identity.ts';

const CODE_LENGTH = 8;
const GROUP = 4;

/** What of `typed` can be part of a code: small letters are taken for capitals, all else is dropped. */
export function cleanCode(typed: string): string {
  return [...typed.toUpperCase()]
    .filter((key) => ENROLMENT_CODE_ALPHABET.includes(key))
    .slice(0, CODE_LENGTH)
    .join('');
}

export function isWholeCode(code: string): boolean {
  return EnrolmentCode.safeParse(code).success;
}

/** In two groups, as it stands on the note: `ABCD-2345`. */
export function shownCode(code: string): string {
  return code.length > GROUP ? `${code.slice(0, GROUP)}-${code.slice(GROUP)}` : code;
}
