import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';
import type { Clock } from '../../../domain/clock.ts';

export const SCOPES = [
  'cob.read',
  'cob.write',
  'pix.read',
  'pix.write',
  'webhook.read',
  'webhook.write',
  'rec.read',
  'rec.write',
  'solicrec.read',
  'solicrec.write',
  'cobr.read',
  'cobr.write',
  'payloadlocationrec.write',
  'webhookrec.read',
  'webhookrec.write',
  'webhookcobr.read',
  'webhookcobr.write',
] as const;
export type Scope = (typeof SCOPES)[number];

/** Short enough that a client's renewal is exercised in a long demonstration. */
export const TOKEN_LIFE_SECONDS = 600;

const Claims = z.object({ scopes: z.array(z.enum(SCOPES)), expiresAt: z.int() });

export type TokenCheck =
  | { readonly ok: true }
  | { readonly ok: false; readonly reason: 'invalid_token' | 'insufficient_scope' };

/** The error codes of RFC 6749, 5.2. */
export type TokenResult =
  | {
      readonly ok: true;
      readonly body: {
        readonly access_token: string;
        readonly token_type: 'Bearer';
        readonly expires_in: number;
        readonly scope: string;
      };
    }
  | {
      readonly ok: false;
      readonly error: 'invalid_client' | 'unsupported_grant_type' | 'invalid_scope';
    };

export interface Access {
  /**
   * OAuth 2.0 client credentials (RFC 6749, 4.4).
   * @param authorization the Basic header
   * @param parameters of the form or of the query: banks differ, both are read
   */
  grant(authorization: string | undefined, parameters: URLSearchParams): TokenResult;
  check(authorization: string | undefined, scope: Scope): TokenCheck;
}

/** Tokens are signed with the client's secret and stored nowhere, so they outlive a restart. */
export function createAccess(clientId: string, clientSecret: string, clock: Clock): Access {
  const sign = (payload: string): string =>
    createHmac('sha256', clientSecret).update(payload).digest('base64url');

  return {
    grant(authorization, parameters) {
      const expected = `Basic ${Buffer.from(`${clientId}:${clientSecret}`).toString('base64')}`;
      if (!areEqual(authorization ?? '', expected)) return { ok: false, error: 'invalid_client' };
      if (parameters.get('grant_type') !== 'client_credentials') {
        return { ok: false, error: 'unsupported_grant_type' };
      }
      const asked = parameters.get('scope')?.split(' ').filter(Boolean) ?? [];
      const scopes = z.array(z.enum(SCOPES)).safeParse(asked.length === 0 ? [...SCOPES] : asked);
      if (!scopes.success) return { ok: false, error: 'invalid_scope' };
      const claims = { scopes: scopes.data, expiresAt: clock.nowMs() + TOKEN_LIFE_SECONDS * 1000 };
      const payload = Buffer.from(JSON.stringify(claims)).toString('base64url');
      return {
        ok: true,
        body: {
          access_token: `${payload}.${sign(payload)}`,
          token_type: 'Bearer',
          expires_in: TOKEN_LIFE_SECONDS,
          scope: scopes.data.join(' '),
        },
      };
    },
    check(authorization, scope) {
      const [, payload = '', signature = ''] = /^Bearer ([\w-]+)\.([\w-]+)$/i.exec(authorization ?? '') ?? [];
      // The signature is checked first: only what we have signed is parsed.
      if (!areEqual(signature, sign(payload))) return { ok: false, reason: 'invalid_token' };
      const claims = Claims.parse(JSON.parse(Buffer.from(payload, 'base64url').toString('utf8')));
      if (claims.expiresAt <= clock.nowMs()) return { ok: false, reason: 'invalid_token' };
      return claims.scopes.includes(scope) ? { ok: true } : { ok: false, reason: 'insufficient_scope' };
    },
  };
}

/** In constant time; hashing first makes the lengths equal. */
function areEqual(one: string, other: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(one), digest(other));
}
