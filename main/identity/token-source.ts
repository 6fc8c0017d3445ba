import { TOKEN_TTL_MS } from '../../domain/protocol/identity.ts';
import type { KeyPair } from './key-pair.ts';

/** Before its end, so that no request arrives with a token that ended on the way. */
const RENEW_BEFORE_END_MS = 60_000;

export interface TokenSource {
  /** The value of the `Authorization` header. */
  authorization(): Promise<string>;
  /** Signs anew next time, if `authorization` is the newest. @returns whether it was */
  drop(authorization: string): boolean;
}

/** A token is used again until shortly before its end. @param serverNowMs the best guess of the server's clock */
export function createTokenSource(keys: KeyPair, kioskId: string, serverNowMs: () => number): TokenSource {
  let newest: { readonly authorization: string; readonly signedAtMs: number } | null = null;

  return {
    async authorization() {
      const nowMs = serverNowMs();
      if (newest !== null) {
        const ageMs = nowMs - newest.signedAtMs;
        // One from the future was signed by a guess that has been corrected since.
        if (ageMs >= 0 && ageMs < TOKEN_TTL_MS - RENEW_BEFORE_END_MS) return newest.authorization;
      }
      const authorization = `Bearer ${await keys.sign(kioskId, nowMs)}`;
      newest = { authorization, signedAtMs: nowMs };
      return authorization;
    },
    drop(authorization) {
      if (newest?.authorization !== authorization) return false;
      newest = null;
      return true;
    },
  };
}
