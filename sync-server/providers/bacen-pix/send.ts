import type { AccessTokens } from '../http/access-token.ts';
import { exchange, type HttpPort, jsonOf, networkFailure } from '../http/exchange.ts';
import type { Unavailable, Unknown } from '../provider.ts';
import { WireProblem } from './wire.ts';

export type SendOutcome =
  | { readonly kind: 'answer'; readonly status: number; readonly body: unknown }
  /** 4xx with the API's own error type: "CobNaoEncontrado", … */
  | {
      readonly kind: 'problem';
      readonly status: number;
      readonly type: string;
      readonly detail: string;
    }
  | Unavailable
  | Unknown;

export interface Endpoint {
  readonly baseUrl: string;
  /** Of GET /cob/{txid}, which some banks have under another version. */
  readonly readChargeBaseUrl: string;
  readonly http: HttpPort;
  readonly tokens: AccessTokens;
}

/**
 * One call of API Pix, with its token; a refused token is renewed once. Reads are safe to repeat, so callers treat
 * their `unknown` as `unavailable`.
 */
export async function send(
  endpoint: Endpoint,
  method: 'GET' | 'PUT' | 'PATCH' | 'POST',
  path: string,
  body?: unknown,
): Promise<SendOutcome> {
  const first = await sendOnce(endpoint, method, path, body);
  return first.kind === 'problem' && first.status === 401 ? sendOnce(endpoint, method, path, body) : first;
}

async function sendOnce(
  endpoint: Endpoint,
  method: string,
  path: string,
  body: unknown,
): Promise<SendOutcome> {
  const token = await endpoint.tokens.get();
  if (token.kind === 'rejected')
    return { kind: 'problem', status: 403, type: token.code, detail: token.detail };
  if (token.kind === 'unavailable') return token;
  try {
    const isChargeRead = method === 'GET' && path.startsWith('/cob/');
    const baseUrl = isChargeRead ? endpoint.readChargeBaseUrl : endpoint.baseUrl;
    const { response, text } = await exchange(endpoint.http, `${baseUrl}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${token.accessToken}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    if (response.status === 401) endpoint.tokens.forget(token.accessToken);
    return classify(response.status, jsonOf(text));
  } catch (error) {
    return networkFailure(error);
  }
}

/**
 * 503 and 429 say that nothing was done. Any other 5xx may come after the deed (500 and 504 of a gateway do), and a
 * redirect or an answer that is no JSON tells nothing at all.
 */
function classify(status: number, body: unknown): SendOutcome {
  if (status >= 200 && status < 300) return { kind: 'answer', status, body };
  const problem = WireProblem.safeParse(body);
  const type = problem.success ? (problem.data.type.split('/').pop() ?? '') : `http_${status}`;
  const detail = problem.success ? `${type}: ${problem.data.detail ?? ''}` : `HTTP ${status}`;
  if (status === 503 || status === 429) return { kind: 'unavailable', detail };
  if (status >= 400 && status < 500) return { kind: 'problem', status, type, detail };
  return { kind: 'unknown', detail };
}
