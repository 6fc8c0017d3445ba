import { createHash, timingSafeEqual } from 'node:crypto';
import type { AccessEntry } from '../config.ts';
import type { Principal } from './principal.ts';

/** Hex SHA-256 of a bearer token, as the access file keeps it. */
export function tokenHash(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}

/**
 * Whose token this is; null for nobody's. Every entry is compared, each in constant time, so that the time taken
 * tells nothing of the hashes.
 */
export function findPrincipal(access: readonly AccessEntry[], token: string): Principal | null {
  const presented = Buffer.from(tokenHash(token), 'hex');
  let found: AccessEntry | undefined;
  for (const entry of access) {
    const known = Buffer.from(entry.tokenSha256, 'hex');
    if (known.length === presented.length && timingSafeEqual(known, presented)) found ??= entry;
  }
  if (found === undefined) return null;
  const { tokenSha256: _, ...principal } = found;
  return principal;
}
