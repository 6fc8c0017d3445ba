import { createLocalJWKSet, exportJWK, generateKeyPair, type JWK, jwtVerify, SignJWT } from 'jose';
import type { Clock, RandomBytes } from '../../../domain/clock.ts';
import { newId } from '../../../domain/ids.ts';

const ALGORITHM = 'PS256';
const KEY_ID = 'simulated-initiator-1';

export interface MessageSettings {
  readonly clock: Clock;
  readonly randomBytes: RandomBytes;
  /** Public key of the client, with its `kid`. */
  readonly clientKey: JWK;
  /** The client's, in the directory: who signs to us, and whom answers are meant for. */
  readonly clientOrganisationId: string;
}

export interface Messages {
  readonly publicKeys: { readonly keys: readonly JWK[] };
  sign(claims: Record<string, unknown>): Promise<string>;
  /** The claim `data`; a code of the specification where signature or claims do not hold. */
  open(
    token: string,
    audience: string,
  ): Promise<{ readonly ok: true; readonly data: unknown } | { readonly ok: false; readonly code: string }>;
}

/** JWS in both directions; the simulator's key is new with each start, so that clients have to fetch it. */
export async function createMessages(settings: MessageSettings): Promise<Messages> {
  const { clock, randomBytes, clientOrganisationId } = settings;
  const own = await generateKeyPair(ALGORITHM, { extractable: true });
  const publicKey = { ...(await exportJWK(own.publicKey)), kid: KEY_ID, alg: ALGORITHM, use: 'sig' };
  const clientKeys = createLocalJWKSet({ keys: [settings.clientKey] });
  const seenIds = new Set<string>();
  return {
    publicKeys: { keys: [publicKey] },
    sign: (claims) =>
      new SignJWT(claims)
        .setProtectedHeader({ alg: ALGORITHM, typ: 'JWT', kid: KEY_ID })
        .setIssuer('simulated-initiator')
        .setAudience(clientOrganisationId)
        .setIssuedAt(Math.floor(clock.nowMs() / 1000))
        .setJti(newId(clock, randomBytes))
        .sign(own.privateKey),
    async open(token, audience) {
      let payload: Awaited<ReturnType<typeof jwtVerify>>['payload'];
      try {
        ({ payload } = await jwtVerify(token, clientKeys, {
          algorithms: [ALGORITHM],
          currentDate: new Date(clock.nowMs()),
        }));
      } catch {
        // Whatever is wrong with the token, the answer is the same.
        return { ok: false, code: 'BAD_SIGNATURE' };
      }
      const { jti = '', iss, aud } = payload;
      const isOurs = iss === clientOrganisationId && aud === audience && jti !== '' && !seenIds.has(jti);
      if (!isOurs) return { ok: false, code: 'INVALID_CLIENT' };
      seenIds.add(jti);
      return { ok: true, data: payload['data'] };
    },
  };
}
