import type { Clock } from '../../../domain/clock.ts';
import { endedBy } from '../../../platform/ended-body.ts';
import type { Unavailable, Unknown } from '../provider.ts';

/** How an adapter reaches its provider. */
export interface HttpPort {
  readonly fetch: typeof globalThis.fetch;
  readonly clock: Pick<Clock, 'schedule'>;
  /** Of one call, its answer's body included. */
  readonly timeoutMs: number;
}

export interface HttpRequest {
  readonly method: string;
  readonly headers: Record<string, string>;
  readonly body?: string;
}

/** A charge's answer is a few kilobytes, a page of a thousand Pix some hundreds; more is not an answer. */
const MAX_ANSWER_BYTES = 2 * 1024 * 1024;

/** Failures before the first byte of the request could leave; everything else may have been carried out. */
const NEVER_SENT = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
  // The provider's certificate did not hold: the handshake ended before the request.
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'CERT_HAS_EXPIRED',
  'ERR_TLS_CERT_ALTNAME_INVALID',
]);

export function networkFailure(error: unknown): Unavailable | Unknown {
  if (!(error instanceof Error)) throw error;
  const cause = error.cause as { code?: string; message?: string } | undefined;
  const detail = cause?.code ?? (error.name === 'TimeoutError' ? 'no answer in time' : error.message);
  return {
    kind: cause?.code !== undefined && NEVER_SENT.has(cause.code) ? 'unavailable' : 'unknown',
    detail,
  };
}

/** One call with its answer. Throws as `fetch` does, and a TimeoutError when the answer is not there in time. */
export async function exchange(
  { fetch, clock, timeoutMs }: HttpPort,
  url: string,
  request: HttpRequest,
): Promise<{ readonly response: Response; readonly text: string }> {
  const cut = new AbortController();
  const cancelCut = clock.schedule(timeoutMs, () =>
    cut.abort(new DOMException('no answer in time', 'TimeoutError')),
  );
  try {
    // A redirect that is followed would let the provider choose whom this server speaks to.
    const response = await fetch(url, { ...request, redirect: 'manual', signal: cut.signal });
    return { response, text: await readBounded(response, cut.signal) };
  } finally {
    cancelCut();
  }
}

/**
 * The text as JSON, or undefined where it is none. NULs and halves of letters are dropped from its words: PostgreSQL
 * stores neither, and one of them in a word that hardly matters must not keep the money beside it from being written.
 */
export function jsonOf(text: string): unknown {
  try {
    // Only escapes can stand for them.
    return text.includes('\\u') ? (JSON.parse(text, storable) as unknown) : (JSON.parse(text) as unknown);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function storable(_key: string, value: unknown): unknown {
  return typeof value === 'string' ? value.replaceAll('\0', '').toWellFormed() : value;
}

/** Throws when the body is too long, breaks off, or `signal` ends it. */
async function readBounded(response: Response, signal: AbortSignal): Promise<string> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  if (response.body !== null) {
    for await (const chunk of endedBy(response.body, signal)) {
      length += chunk.length;
      if (length > MAX_ANSWER_BYTES) throw new Error(`the answer is longer than ${MAX_ANSWER_BYTES} bytes`);
      chunks.push(chunk);
    }
  }
  return Buffer.concat(chunks).toString('utf8');
}
