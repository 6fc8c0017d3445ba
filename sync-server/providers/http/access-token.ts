import { z } from 'zod';
import type { Clock } from '../../../domain/clock.ts';
import type { Rejected, Unavailable } from '../provider.ts';
import { exchange, type HttpPort, jsonOf, networkFailure } from './exchange.ts';

/** A token is renewed when this much of its life is left, so that none expires on its way. */
const RENEW_BEFORE_MS = 30_000;

export interface TokenSettings {
  readonly tokenUrl: string;
  readonly clientId: string;
  /** Null: the client certificate alone says who asks (RFC 8705), and the id goes into the form. */
  readonly clientSecret: string | null;
  /** As RFC 6749 writes them: separated by blanks; empty where the provider has none. */
  readonly scope: string;
  /** Where id and secret go: RFC 6749 prefers the header, some providers read the form alone. */
  readonly credentialsIn?: 'header' | 'form';
  /** Where grant type and scope go: the RFC says the form, some banks read the query alone. */
  readonly parametersIn: 'form' | 'query';
  readonly http: HttpPort;
}

export type TokenOutcome =
  | { readonly kind: 'token'; readonly accessToken: string }
  /** Asking for a token changes nothing at the provider, so that no failure of it is `unknown`. */
  | Unavailable
  | Rejected;

export interface AccessTokens {
  get(): Promise<TokenOutcome>;
  /** Forgets a token that the provider refused; one that was renewed in the meantime stays. */
  forget(accessToken: string): void;
}

const WireToken = z.object({
  access_token: z.string().min(1),
  expires_in: z.coerce.number().positive().default(300),
});

/** OAuth 2.0 client credentials (RFC 6749, 4.4), one cached token; concurrent callers share one request. */
export function createAccessTokens(settings: TokenSettings, clock: Clock): AccessTokens {
  let cached: { accessToken: string; renewAtMs: number } | undefined;
  let underWay: Promise<TokenOutcome> | undefined;

  async function request(): Promise<TokenOutcome> {
    const answer = await requestToken(settings);
    if (answer.kind !== 'token') return answer;
    const lifeMs = answer.expiresSeconds * 1000;
    // Half of a very short life, so that such a token is used at all.
    cached = {
      accessToken: answer.accessToken,
      renewAtMs: clock.nowMs() + Math.max(lifeMs - RENEW_BEFORE_MS, lifeMs / 2),
    };
    return { kind: 'token', accessToken: answer.accessToken };
  }

  return {
    get() {
      if (cached !== undefined && clock.nowMs() < cached.renewAtMs)
        return Promise.resolve({ kind: 'token', accessToken: cached.accessToken });
      underWay ??= request().finally(() => {
        underWay = undefined;
      });
      return underWay;
    },
    forget(accessToken) {
      if (cached?.accessToken === accessToken) cached = undefined;
    },
  };
}

async function requestToken(
  settings: TokenSettings,
): Promise<
  { kind: 'token'; accessToken: string; expiresSeconds: number } | Exclude<TokenOutcome, { kind: 'token' }>
> {
  const { clientId, clientSecret } = settings;
  const parameters = new URLSearchParams({ grant_type: 'client_credentials' });
  if (settings.scope !== '') parameters.set('scope', settings.scope);
  const inForm = settings.credentialsIn === 'form';
  if (clientSecret === null || inForm) parameters.set('client_id', clientId);
  if (clientSecret !== null && inForm) parameters.set('client_secret', clientSecret);
  const inQuery = settings.parametersIn === 'query';
  const basic = Buffer.from(`${clientId}:${clientSecret}`).toString('base64');
  try {
    const { response, text } = await exchange(
      settings.http,
      inQuery ? `${settings.tokenUrl}?${parameters}` : settings.tokenUrl,
      {
        method: 'POST',
        headers: {
          ...(clientSecret === null || inForm ? {} : { authorization: `Basic ${basic}` }),
          'content-type': 'application/x-www-form-urlencoded',
        },
        body: inQuery ? '' : parameters.toString(),
      },
    );
    if (response.status >= 500 || response.status === 429)
      return { kind: 'unavailable', detail: `token: HTTP ${response.status}` };
    const parsed = WireToken.safeParse(jsonOf(text));
    if (!response.ok || !parsed.success)
      return { kind: 'rejected', code: 'token_refused', detail: `token: HTTP ${response.status}` };
    return {
      kind: 'token',
      accessToken: parsed.data.access_token,
      expiresSeconds: parsed.data.expires_in,
    };
  } catch (error) {
    return { kind: 'unavailable', detail: `token: ${networkFailure(error).detail}` };
  }
}
