import { newId } from '../../../domain/ids.ts';
import type { AccessTokens } from '../http/access-token.ts';
import { exchange, type HttpPort, jsonOf, networkFailure } from '../http/exchange.ts';
import type { Unavailable, Unknown } from '../provider.ts';
import type { ProviderEnvironment } from '../provider-factory.ts';
import type { SignedMessages } from './signed-message.ts';
import { WireErrors } from './wire.ts';

export type SendOutcome =
  /** The signed answer's claim `data`. */
  | { readonly kind: 'answer'; readonly data: unknown }
  /** 4xx with the API's own code: "SALDO_INSUFICIENTE", … */
  | { readonly kind: 'problem'; readonly status: number; readonly code: string }
  | Unavailable
  | Unknown;

export interface Endpoint {
  readonly baseUrl: string;
  readonly http: HttpPort;
  readonly tokens: AccessTokens;
  readonly messages: SignedMessages;
  readonly environment: Pick<ProviderEnvironment, 'clock' | 'randomBytes'>;
}

export interface Message {
  readonly data: unknown;
  /** At most 40 characters; the same for each attempt at the same thing. Null where the API takes none. */
  readonly idempotencyKey: string | null;
}

/** One call of the API, with its token; a refused token is renewed once. Nothing was done where it was refused. */
export async function send(
  endpoint: Endpoint,
  method: 'GET' | 'POST' | 'PATCH',
  path: string,
  message?: Message,
): Promise<SendOutcome> {
  const first = await sendOnce(endpoint, method, path, message);
  return first.kind === 'problem' && first.status === 401 ? sendOnce(endpoint, method, path, message) : first;
}

async function sendOnce(
  { baseUrl, http, tokens, messages, environment }: Endpoint,
  method: string,
  path: string,
  message: Message | undefined,
): Promise<SendOutcome> {
  const token = await tokens.get();
  if (token.kind === 'rejected') return { kind: 'problem', status: 403, code: token.code };
  if (token.kind === 'unavailable') return token;
  const url = `${baseUrl}${path}`;
  const body = message === undefined ? undefined : await messages.sign(message.data, url);
  try {
    const { response, text } = await exchange(http, url, {
      method,
      headers: {
        authorization: `Bearer ${token.accessToken}`,
        accept: 'application/jwt, application/json',
        'x-fapi-interaction-id': newId(environment.clock, environment.randomBytes),
        ...(body === undefined ? {} : { 'content-type': 'application/jwt' }),
        ...(message?.idempotencyKey == null ? {} : { 'x-idempotency-key': message.idempotencyKey }),
      },
      ...(body === undefined ? {} : { body }),
    });
    if (response.status === 401) tokens.forget(token.accessToken);
    return await classify(messages, response.status, text);
  } catch (error) {
    return networkFailure(error);
  }
}

/**
 * 429, 503 and 529 say that nothing was done. Any other 5xx may come after the deed, and so may a success whose
 * signature does not hold: somebody on the way may have written it.
 */
async function classify(messages: SignedMessages, status: number, text: string): Promise<SendOutcome> {
  if (status >= 200 && status < 300) {
    const claims = await messages.verify(text);
    if (claims !== null) return { kind: 'answer', data: claims['data'] };
    return { kind: 'unknown', detail: `HTTP ${status}: the answer is not signed for us` };
  }
  if (status === 429 || status === 503 || status === 529)
    return { kind: 'unavailable', detail: `HTTP ${status}` };
  if (status < 400 || status >= 500) return { kind: 'unknown', detail: `HTTP ${status}` };
  // 422 comes signed, the other errors do not.
  const problem = WireErrors.safeParse(jsonOf(text) ?? (await messages.verify(text)));
  return { kind: 'problem', status, code: problem.data?.errors[0]?.code ?? `http_${status}` };
}
