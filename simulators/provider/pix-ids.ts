import type { RandomBytes } from '../../domain/clock.ts';

/** The payer's bank in this simulation; ISPB 99999999 belongs to nobody. */
const PAYER_ISPB = '99999999';
const PAYEE_ISPB = '88888888';
const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
const SUFFIX_LENGTH = 11;

/** `E` + payer's ISPB + yyyyMMddHHmm (UTC) + 11 alphanumeric: 32 characters (Manual do SPI). */
export function newEndToEndId(atMs: number, randomBytes: RandomBytes): string {
  return `E${PAYER_ISPB}${minuteOf(atMs)}${suffix(randomBytes)}`;
}

/** The same of a refund: `D` + the ISPB that sends it back. */
export function newReturnId(atMs: number, randomBytes: RandomBytes): string {
  return `D${PAYEE_ISPB}${minuteOf(atMs)}${suffix(randomBytes)}`;
}

function minuteOf(atMs: number): string {
  return new Date(atMs).toISOString().replace(/\D/g, '').slice(0, 12);
}

/** The alphabet's 62 do not divide 256, a slight bias that uniqueness does not mind. */
function suffix(randomBytes: RandomBytes): string {
  return newAlphanumeric(randomBytes, SUFFIX_LENGTH);
}

/** Letters and digits, for ids that have no other shape. */
export function newAlphanumeric(randomBytes: RandomBytes, length: number): string {
  return Array.from(randomBytes(length), (byte) => ALPHABET[byte % ALPHABET.length]).join('');
}
