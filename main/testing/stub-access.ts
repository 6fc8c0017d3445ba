import { createHash, createPublicKey, verify } from 'node:crypto';
import type { Catalog } from '../../domain/protocol/catalog.ts';
import {
  type EnrolRequest,
  type EnrolResponse,
  PublicKey,
  TOKEN_AUDIENCE,
} from '../../domain/protocol/identity.ts';

/** Both ends round to a second. */
const TOLERANCE_MS = 2_000;

export type StubVerdict =
  | { readonly kioskId: string }
  | { readonly code: 'unauthorized' | 'token_expired' | 'revoked' };

interface KnownKey {
  readonly kioskId: string;
  readonly publicKey: PublicKey;
  revoked: boolean;
}

/** Judges totems as the server does, by Node alone, so that the kiosk's library is not tested with itself. */
export class StubAccess {
  readonly #nowMs: () => number;
  readonly #unit: Catalog['unit'];
  readonly #keys = new Map<string, KnownKey>();
  readonly #codes = new Map<string, { kioskId: string; usedBy: string | null; expired: boolean }>();

  constructor(unit: Catalog['unit'], nowMs: () => number) {
    this.#unit = unit;
    this.#nowMs = nowMs;
  }

  offer(code: string, kioskId: string, { expired = false } = {}): void {
    this.#codes.set(code, { kioskId, usedBy: null, expired });
  }

  revoke(kioskId: string): void {
    for (const key of this.#keys.values()) if (key.kioskId === kioskId) key.revoked = true;
  }

  /** Takes the key for the totem's, and no older one any more. */
  admit(publicKey: PublicKey, kioskId: string): EnrolResponse {
    for (const [keyId, known] of this.#keys) if (known.kioskId === kioskId) this.#keys.delete(keyId);
    const keyId = keyIdOf(publicKey);
    this.#keys.set(keyId, { kioskId, publicKey, revoked: false });
    const { merchantId, unitId } = this.#unit;
    const nowMs = this.#nowMs();
    return { kioskId, merchantId, unitId, keyId, enrolledAt: nowMs, serverTime: nowMs };
  }

  enrol({
    code,
    publicKey,
    proof,
  }: EnrolRequest): EnrolResponse | { readonly code: 'invalid_code' | 'code_expired' } {
    const offered = this.#codes.get(code);
    const keyId = keyIdOf(publicKey);
    if (payloadOf(proof, publicKey) === null || offered === undefined) return { code: 'invalid_code' };
    if (offered.expired) return { code: 'code_expired' };
    if (offered.usedBy !== null && offered.usedBy !== keyId) return { code: 'invalid_code' };
    offered.usedBy = keyId;
    return this.admit(publicKey, offered.kioskId);
  }

  judge(authorization: string | undefined): StubVerdict {
    const token = /^Bearer (.+)$/.exec(authorization ?? '')?.[1] ?? '';
    const header = partOf(token, 0);
    const key = this.#keys.get(String(header?.['kid']));
    if (key === undefined) return { code: 'unauthorized' };
    const claims = payloadOf(token, key.publicKey);
    if (claims === null || claims['sub'] !== key.kioskId) return { code: 'unauthorized' };
    if (key.revoked) return { code: 'revoked' };
    const nowMs = this.#nowMs();
    const isOfNow =
      Number(claims['iat']) * 1000 <= nowMs + TOLERANCE_MS &&
      Number(claims['exp']) * 1000 > nowMs - TOLERANCE_MS;
    return isOfNow ? { kioskId: key.kioskId } : { code: 'token_expired' };
  }
}

function keyIdOf({ crv, kty, x }: PublicKey): string {
  return createHash('sha256').update(JSON.stringify({ crv, kty, x })).digest('base64url');
}

/** What the key signed for this server; null for everything else. */
function payloadOf(token: string, publicKey: PublicKey): Record<string, unknown> | null {
  const [header, payload, signature] = token.split('.');
  if (header === undefined || payload === undefined || signature === undefined) return null;
  const key = createPublicKey({ key: PublicKey.parse(publicKey), format: 'jwk' });
  const isSigned = verify(
    null,
    Buffer.from(`${header}.${payload}`),
    key,
    Buffer.from(signature, 'base64url'),
  );
  const claims = partOf(token, 1);
  return isSigned && partOf(token, 0)?.['alg'] === 'EdDSA' && claims?.['aud'] === TOKEN_AUDIENCE
    ? claims
    : null;
}

function partOf(token: string, index: 0 | 1): Record<string, unknown> | null {
  try {
    return JSON.parse(Buffer.from(token.split('.')[index] ?? '', 'base64url').toString()) as Record<
      string,
      unknown
    >;
  } catch {
    return null;
  }
}
