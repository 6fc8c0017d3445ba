import { createHash } from 'node:crypto';
import type { RandomBytes } from '../../domain/clock.ts';

/** 128 bits: nobody guesses one, and the QR code stays coarse enough for a poor camera. */
const TOKEN_BYTES = 16;
const TOKEN = /^[\w-]{22}$/;

/** The token in the address of a customer's page: whoever has it may see that payment, and pay it. */
export function newPageToken(randomBytes: RandomBytes): string {
  return Buffer.from(randomBytes(TOKEN_BYTES)).toString('base64url');
}

/** What is stored of it to find the page by. Null for what cannot be a token. */
export function pageTokenHash(token: string): Buffer | null {
  return TOKEN.test(token) ? createHash('sha256').update(token).digest() : null;
}
