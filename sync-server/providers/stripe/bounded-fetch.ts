import type { Clock } from '../../../domain/clock.ts';
import { endedBy } from '../../../platform/ended-body.ts';

/** A PaymentIntent with its charge and refunds is some tens of kilobytes; a list of a hundred refunds some hundred. */
const MAX_ANSWER_BYTES = 2 * 1024 * 1024;

/**
 * `fetch` as the Stripe package is given it: to another base address where there is one, one time-out for the whole
 * call, its answer's body included, no redirect followed, and no body without end. Rejects as `fetch` does, and with
 * a TimeoutError.
 */
export function boundedFetch(
  fetch: typeof globalThis.fetch,
  clock: Pick<Clock, 'schedule'>,
  limits: { readonly timeoutMs: number; readonly apiBaseUrl?: string | undefined },
): typeof globalThis.fetch {
  return async (input, init) => {
    const cut = new AbortController();
    const cancelCut = clock.schedule(limits.timeoutMs, () =>
      cut.abort(new DOMException('no answer in time', 'TimeoutError')),
    );
    try {
      const response = await fetch(address(new URL(String(input)), limits.apiBaseUrl), {
        ...init,
        // A redirect that is followed would let the answer choose whom this server shows its key to.
        redirect: 'manual',
        signal: cut.signal,
      });
      if (response.status >= 300 && response.status < 400)
        throw new Error(`a redirect, HTTP ${response.status}`);
      const body = await readBounded(response, cut.signal);
      return new Response(body, { status: response.status, headers: response.headers });
    } finally {
      cancelCut();
    }
  };
}

function address(wanted: URL, base: string | undefined): URL {
  return base === undefined
    ? wanted
    : new URL(`${base.replace(/\/$/, '')}${wanted.pathname}${wanted.search}`);
}

async function readBounded(response: Response, signal: AbortSignal): Promise<Uint8Array<ArrayBuffer> | null> {
  if (response.body === null) return null;
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of endedBy(response.body, signal)) {
    length += chunk.length;
    if (length > MAX_ANSWER_BYTES) throw new Error(`the answer is longer than ${MAX_ANSWER_BYTES} bytes`);
    chunks.push(chunk);
  }
  // An answer without a body may not be given an empty one (204).
  return length === 0 ? null : new Uint8Array(Buffer.concat(chunks));
}
