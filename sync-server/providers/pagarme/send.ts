import { exchange, type HttpPort, jsonOf, networkFailure } from '../http/exchange.ts';
import type { Rejected, Unavailable, Unknown } from '../provider.ts';
import { WireProblem } from './wire.ts';

export interface Endpoint {
  readonly baseUrl: string;
  readonly secretKey: string;
  readonly http: HttpPort;
  /** Of the customer that stands for nobody. */
  readonly standInCpf?: string;
}

export type SendOutcome =
  | { readonly kind: 'answer'; readonly body: unknown }
  | { readonly kind: 'problem'; readonly status: number; readonly detail: string }
  | Unavailable
  | Unknown;

/** @param idempotencyKey a write's: the same one makes Pagar.me answer as it did the first time, for 24 hours */
export async function send(
  { baseUrl, secretKey, http }: Endpoint,
  method: 'GET' | 'POST' | 'DELETE',
  path: string,
  write?: { readonly idempotencyKey: string; readonly body: unknown },
): Promise<SendOutcome> {
  try {
    const { response, text } = await exchange(http, `${baseUrl}${path}`, {
      method,
      headers: {
        authorization: `Basic ${Buffer.from(`${secretKey}:`).toString('base64')}`,
        accept: 'application/json',
        ...(write === undefined
          ? {}
          : { 'content-type': 'application/json', 'idempotency-key': write.idempotencyKey }),
      },
      ...(write === undefined ? {} : { body: JSON.stringify(write.body) }),
    });
    return classify(response.status, jsonOf(text));
  } catch (error) {
    return networkFailure(error);
  }
}

/**
 * 503 and 429 say that nothing was done. 409 and 5xx may come while, or after, it is done; a redirect or an answer that
 * is no JSON tells nothing at all.
 */
function classify(status: number, body: unknown): SendOutcome {
  if (status >= 200 && status < 300)
    return body === undefined
      ? { kind: 'unknown', detail: `HTTP ${status} without JSON` }
      : { kind: 'answer', body };
  const problem = WireProblem.safeParse(body);
  const detail = `HTTP ${status}${problem.success ? `: ${problem.data.message.slice(0, 200)}` : ''}`;
  if (status === 503 || status === 429) return { kind: 'unavailable', detail };
  if (status >= 400 && status < 500 && status !== 408 && status !== 409)
    return { kind: 'problem', status, detail };
  return { kind: 'unknown', detail };
}

export function rejected({ status, detail }: Extract<SendOutcome, { kind: 'problem' }>): Rejected {
  return { kind: 'rejected', code: `http_${status}`, detail };
}

/** An answer that breaks the contract tells nothing; its text is not logged, for it may hold personal data. */
export function badAnswer(call: string): Unavailable {
  return { kind: 'unavailable', detail: `${call}: the answer is not what Pagar.me's API v5 says` };
}
