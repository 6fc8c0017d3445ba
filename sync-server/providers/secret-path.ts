import { createHmac, timingSafeEqual } from 'node:crypto';

/**
 * The unguessable part of a webhook's address. Who signs nothing, and cannot use mTLS, is told apart by an address that
 * only the provider knows. Made from a secret of the configuration, so that it needs no store, is the same in every
 * server process, and changes with the secret. It opens nothing but the inbox, whose items are hints.
 * @param account tells two accounts with one secret apart
 */
export function secretPath(secret: string, account: string): string {
  return createHmac('sha256', secret).update(`totem webhook address 1:${account}`).digest('base64url');
}

/** Whether the address's part is the secret; takes the same time wherever they differ. */
export function isSecretPath(expected: string, given: string): boolean {
  const a = Buffer.from(expected);
  const b = Buffer.from(given);
  return a.length === b.length && timingSafeEqual(a, b);
}
