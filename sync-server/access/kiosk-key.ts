import { calculateJwkThumbprint, compactVerify, errors, importJWK } from 'jose';
import { z } from 'zod';
import { type PublicKey, TOKEN_AUDIENCE } from '../../domain/protocol/identity.ts';

/** JWS algorithm of RFC 8037; the only one that is believed, whatever a token's header says. */
const ALGORITHM = 'EdDSA';

const TokenClaims = z.object({
  aud: z.literal(TOKEN_AUDIENCE),
  sub: z.string(),
  /** Epoch seconds (RFC 7519), as is `exp`. */
  iat: z.int().nonnegative(),
  exp: z.int().nonnegative(),
});
export type TokenClaims = z.infer<typeof TokenClaims>;

const ProofClaims = TokenClaims.pick({ aud: true });

/** RFC 7638 thumbprint, base64url of SHA-256. */
export function keyIdOf(publicKey: PublicKey): Promise<string> {
  return calculateJwkThumbprint(publicKey, 'sha256');
}

/**
 * Whether whoever made `proof` holds the private half of `publicKey`. Its times are not judged: a totem that was never
 * enrolled may not know what time it is here, and the code that comes with the proof is fresh and used only once.
 */
export async function provesPossession(publicKey: PublicKey, proof: string): Promise<boolean> {
  return ProofClaims.safeParse(await verifiedPayload(publicKey, proof)).success;
}

/** The claims of a token that `publicKey` signed for us; null for every other. Its times are left to the caller. */
export async function verifiedClaims(publicKey: PublicKey, token: string): Promise<TokenClaims | null> {
  return TokenClaims.safeParse(await verifiedPayload(publicKey, token)).data ?? null;
}

/** What was signed, as JSON; undefined when this key did not sign it. */
async function verifiedPayload(publicKey: PublicKey, jws: string): Promise<unknown> {
  try {
    const key = await importJWK(publicKey, ALGORITHM);
    const { payload } = await compactVerify(jws, key, { algorithms: [ALGORITHM] });
    return JSON.parse(new TextDecoder().decode(payload)) as unknown;
  } catch (error) {
    // Another key's or a changed token; a key that is no point of the curve; claims that are no JSON.
    const isTheirs =
      error instanceof errors.JOSEError || error instanceof DOMException || error instanceof SyntaxError;
    if (isTheirs) return undefined;
    throw error;
  }
}
