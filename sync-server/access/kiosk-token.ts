import { decodeProtectedHeader } from 'jose';
import { PublicKey, TOKEN_TTL_MS } from '../../domain/protocol/identity.ts';
import type { ServerContext } from '../context.ts';
import { verifiedClaims } from './kiosk-key.ts';
import type { KioskPrincipal } from './principal.ts';

export type KioskTokenVerdict =
  | { readonly kind: 'kiosk'; readonly principal: KioskPrincipal; readonly keyId: string }
  | { readonly kind: 'refused'; readonly code: 'unauthorized' | 'token_expired' | 'revoked' };

/** A totem measures our clock to within a second or two; a token made just now must not come from the future. */
const CLOCK_TOLERANCE_MS = 30_000;
/** A few hundred totems renew their tokens every few minutes; beyond this the oldest are checked anew. */
const MAX_VERIFIED = 2_000;

/** SHA-256 in base64url. */
const THUMBPRINT = /^[\w-]{43}$/;

/** What a signature has proved for good: the key that `keyId` is the thumbprint of never changes. */
interface VerifiedToken {
  readonly keyId: string;
  readonly kioskId: string;
  readonly issuedAtMs: number;
  readonly expiresAtMs: number;
}

interface KeyRow extends Record<string, unknown> {
  readonly merchant_id: string;
  readonly unit_id: string;
  readonly kiosk_id: string;
  readonly public_key: unknown;
  readonly revoked_at: Date | null;
}

const refused = (code: 'unauthorized' | 'token_expired' | 'revoked'): KioskTokenVerdict => ({
  kind: 'refused',
  code,
});

/**
 * Judges the JWT of a totem (EdDSA, RFC 8037). A signature is checked once and remembered until its token ends; the
 * totem's row is read every time, so that a revoked key opens nothing from then on, in any process.
 */
export function createKioskTokenCheck({
  db,
  clock,
}: Pick<ServerContext, 'db' | 'clock'>): (token: string) => Promise<KioskTokenVerdict> {
  const verifiedTokens = new Map<string, VerifiedToken>();

  const remember = (token: string, verified: VerifiedToken): void => {
    if (verifiedTokens.size >= MAX_VERIFIED) {
      for (const [known, { expiresAtMs }] of verifiedTokens)
        if (expiresAtMs + CLOCK_TOLERANCE_MS <= clock.nowMs()) verifiedTokens.delete(known);
      const [oldest] = verifiedTokens.keys();
      if (oldest !== undefined && verifiedTokens.size >= MAX_VERIFIED) verifiedTokens.delete(oldest);
    }
    verifiedTokens.set(token, verified);
  };

  return async (token) => {
    const known = verifiedTokens.get(token);
    const keyId = known?.keyId ?? keyIdNamedBy(token);
    if (keyId === null) return refused('unauthorized');
    const [row] = await db.query<KeyRow>(
      'SELECT merchant_id, unit_id, kiosk_id, public_key, revoked_at FROM kiosks WHERE key_id = $1',
      [keyId],
    );
    if (row === undefined) return refused('unauthorized');
    const verified = known ?? (await verifySignature(token, keyId, PublicKey.parse(row.public_key)));
    if (verified === null || verified.kioskId !== row.kiosk_id) return refused('unauthorized');
    if (known === undefined) remember(token, verified);
    // Told only to whoever holds the key.
    if (row.revoked_at !== null) return refused('revoked');
    const nowMs = clock.nowMs();
    const isOfNow =
      verified.issuedAtMs - CLOCK_TOLERANCE_MS <= nowMs && nowMs < verified.expiresAtMs + CLOCK_TOLERANCE_MS;
    if (!isOfNow) return refused('token_expired');
    return {
      kind: 'kiosk',
      keyId,
      principal: {
        role: 'kiosk',
        merchantId: row.merchant_id,
        unitId: row.unit_id,
        kioskId: row.kiosk_id,
      },
    };
  };
}

/** What cannot be a totem's costs no query. */
function keyIdNamedBy(token: string): string | null {
  try {
    const { kid } = decodeProtectedHeader(token);
    return kid !== undefined && THUMBPRINT.test(kid) ? kid : null;
  } catch {
    // No JWT at all: the caller is told so.
    return null;
  }
}

/** Null when the token is not this key's, not for us, or good for longer than a token may be. */
async function verifySignature(
  token: string,
  keyId: string,
  publicKey: PublicKey,
): Promise<VerifiedToken | null> {
  const claims = await verifiedClaims(publicKey, token);
  if (claims === null) return null;
  const { sub, iat, exp } = claims;
  if (exp <= iat || (exp - iat) * 1000 > TOKEN_TTL_MS) return null;
  return { keyId, kioskId: sub, issuedAtMs: iat * 1000, expiresAtMs: exp * 1000 };
}
