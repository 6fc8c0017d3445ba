import { createRemoteJWKSet, customFetch, errors, type JWTPayload, jwtVerify, SignJWT } from 'jose';
import { newId } from '../../../domain/ids.ts';
import type { ProviderEnvironment } from '../provider-factory.ts';
import { type OpenFinanceSettings, readSigningKey } from './settings.ts';

/** The one algorithm that Open Finance Brasil allows for messages. */
const ALGORITHM = 'PS256';

export interface SignedMessages {
  /** A request's body as `application/jwt`. Each has an id of its own: the provider refuses one that it has seen. */
  sign(data: unknown, audience: string): Promise<string>;
  /**
   * @returns the claims; null when the signature does not hold or the answer is meant for another
   * Throws what the network does while the keys are fetched.
   */
  verify(token: string): Promise<JWTPayload | null>;
}

/** Bodies in both directions are JWS (RFC 7515): what is not signed by the other side is no answer. */
export function createSignedMessages(
  settings: OpenFinanceSettings,
  environment: Pick<ProviderEnvironment, 'clock' | 'randomBytes' | 'fetch'>,
): SignedMessages {
  const { clock, randomBytes } = environment;
  const { organisationId } = settings;
  const signingKey = readSigningKey(settings.signingKeyFile);
  // Keys are fetched once, and again when one is asked for that is not among them.
  const keys = createRemoteJWKSet(new URL(settings.answerKeysUrl), {
    [customFetch]: environment.fetch,
    timeoutDuration: settings.timeoutMs,
  });
  return {
    sign: (data, audience) =>
      new SignJWT({ data })
        .setProtectedHeader({ alg: ALGORITHM, typ: 'JWT', kid: settings.signingKeyId })
        .setIssuer(organisationId)
        .setAudience(audience)
        .setIssuedAt(Math.floor(clock.nowMs() / 1000))
        .setJti(newId(clock, randomBytes))
        .sign(signingKey),
    async verify(token) {
      try {
        const { payload } = await jwtVerify(token, keys, {
          algorithms: [ALGORITHM],
          audience: organisationId,
          currentDate: new Date(clock.nowMs()),
        });
        return payload;
      } catch (error) {
        if (isBadToken(error)) return null;
        throw error;
      }
    },
  };
}

/** Everything that jose finds wrong with the token itself; a timeout of the keys is the network's. */
function isBadToken(error: unknown): boolean {
  return error instanceof errors.JOSEError && !(error instanceof errors.JWKSTimeout);
}
