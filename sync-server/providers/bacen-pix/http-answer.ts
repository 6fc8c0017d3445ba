import type { Clock } from '../../../domain/clock.ts';
import { endedBy } from '../../../platform/ended-body.ts';
import type { Unavailable, Unknown } from '../provider.ts';

/** How the adapter reaches the bank. */
export interface HttpPort {
  readonly fetch: typeof globalThis.fetch;
  readonly clock: Pick<Clock, 'schedule'>;
  /** Of one call, its answer's body included. */
  readonly timeoutMs: number;
}

/** Answers of API Pix are a few kilobytes, a charge with many Pix some tens; more is not an answer. */
const MAX_ANSWER_BYTES = 1024 * 1024;

/** Failures before the first byte could leave; everything else may have been carried out. */
const NEVER_SENT = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
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
  request: { readonly method: string; readonly headers: Record<string, string>; readonly body?: string },
): Promise<{ readonly response: Response; readonly body: unknown }> {
  const cut = new AbortController();
  const cancelCut = clock.schedule(timeoutMs, () =>
    cut.abort(new DOMException('no answer in time', 'TimeoutError')),
  );
  try {
    // A redirect that is followed would let the bank choose whom this server speaks to.
    const response = await fetch(url, { ...request, redirect: 'manual', signal: cut.signal });
    return { response, body: await readBounded(response, cut.signal) };
  } finally {
    cancelCut();
  }
}

/** The body as JSON, or undefined where it is none. Throws when it is too long, breaks off, or `signal` ends it. */
async function readBounded(response: Response, signal: AbortSignal): Promise<unknown> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  if (response.body !== null) {
    for await (const chunk of endedBy(response.body, signal)) {
      length += chunk.length;
      if (length > MAX_ANSWER_BYTES) throw new Error(`the answer is longer than ${MAX_ANSWER_BYTES} bytes`);
      chunks.push(chunk);
    }
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString('utf8')) as unknown;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
