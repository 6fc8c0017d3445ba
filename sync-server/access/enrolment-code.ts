import { createHash } from 'node:crypto';
import type { RandomBytes } from '../../domain/clock.ts';
import { ENROLMENT_CODE_ALPHABET } from '../../domain/protocol/identity.ts';

const LENGTH = 8;

/** A fresh code. Every letter is as likely as every other: bytes that would favour the first ones are thrown away. */
export function newEnrolmentCode(randomBytes: RandomBytes): string {
  const letters = ENROLMENT_CODE_ALPHABET.length;
  const fairBelow = 256 - (256 % letters);
  let code = '';
  while (code.length < LENGTH) {
    for (const byte of randomBytes(LENGTH)) {
      if (byte < fairBelow && code.length < LENGTH) code += ENROLMENT_CODE_ALPHABET.charAt(byte % letters);
    }
  }
  return code;
}

/** Hex SHA-256. Without salt: the code is random, lives for minutes, and has to be found by its hash. */
export function enrolmentCodeHash(code: string): string {
  return createHash('sha256').update(code).digest('hex');
}
