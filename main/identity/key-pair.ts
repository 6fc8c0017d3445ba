import { createHash, createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import { SignJWT } from 'jose';
import { z } from 'zod';
import type { RandomBytes } from '../../domain/clock.ts';
import { PublicKey, TOKEN_AUDIENCE, TOKEN_TTL_MS } from '../../domain/protocol/identity.ts';

/** RFC 8410, section 7: what stands before the 32 bytes of an Ed25519 private key in PKCS #8. */
const PKCS8_PREFIX = Buffer.from('302e020100300506032b657004220420', 'hex');
const PRIVATE_KEY_BYTES = 32;

/** The private half as a JWK, RFC 8037. */
export const PrivateKey = PublicKey.extend({ d: z.string().regex(/^[A-Za-z0-9_-]{43}$/) });
export type PrivateKey = z.infer<typeof PrivateKey>;

export interface KeyPair {
  readonly publicKey: PublicKey;
  /** RFC 7638 thumbprint: the `kid` of every token. */
  readonly keyId: string;
  /** The only way to the private half, for the file that keeps it. */
  exportPrivateKey(): PrivateKey;
  /**
   * A JWT (EdDSA), good for TOKEN_TTL_MS.
   * @param subject the totem's id; null in the proof of a totem that does not know it yet
   */
  sign(subject: string | null, nowMs: number): Promise<string>;
}

/** The private key is the random bytes themselves, so that a simulation's seed decides it too. */
export function newKeyPair(randomBytes: RandomBytes): KeyPair {
  const der = Buffer.concat([PKCS8_PREFIX, randomBytes(PRIVATE_KEY_BYTES)]);
  return pairOf(createPrivateKey({ key: der, format: 'der', type: 'pkcs8' }));
}

/** @throws when `key` is no Ed25519 key, or its halves do not belong together */
export function keyPairOf(key: PrivateKey): KeyPair {
  const pair = pairOf(createPrivateKey({ key, format: 'jwk' }));
  if (pair.publicKey.x !== key.x) throw new Error('the public half is not of this private key');
  return pair;
}

function pairOf(privateKey: KeyObject): KeyPair {
  const publicKey = PublicKey.parse(createPublicKey(privateKey).export({ format: 'jwk' }));
  const keyId = thumbprint(publicKey);
  return {
    publicKey,
    keyId,
    exportPrivateKey: () => PrivateKey.parse(privateKey.export({ format: 'jwk' })),
    sign(subject, nowMs) {
      const issuedAt = Math.floor(nowMs / 1000);
      const token = new SignJWT(subject === null ? {} : { sub: subject })
        .setProtectedHeader({ alg: 'EdDSA', kid: keyId })
        .setAudience(TOKEN_AUDIENCE)
        .setIssuedAt(issuedAt)
        .setExpirationTime(issuedAt + TOKEN_TTL_MS / 1000);
      return token.sign(privateKey);
    },
  };
}

/** RFC 7638, section 3: the required members in the order of the alphabet, and nothing between them. */
function thumbprint({ crv, kty, x }: PublicKey): string {
  return createHash('sha256').update(JSON.stringify({ crv, kty, x })).digest('base64url');
}
