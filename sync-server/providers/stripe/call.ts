import Stripe from 'stripe';
import type { z } from 'zod';
import type { Rejected, Unavailable, Unknown } from '../provider.ts';

export type CallOutcome<T> =
  | { readonly kind: 'answer'; readonly body: T }
  | (Rejected & { readonly status: number })
  | Unavailable
  | Unknown;

/** The same, of a call that changes nothing: repeating it is always safe. */
export type ReadOutcome<T> = Exclude<CallOutcome<T>, Unknown>;

/** Failures before the first byte could leave; everything else may have been carried out. */
const NEVER_SENT = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
]);

/** One call that writes, its answer checked. Throws only for what is a bug of ours. */
export async function write<S extends z.ZodType>(
  shape: S,
  send: () => Promise<unknown>,
): Promise<CallOutcome<z.infer<S>>> {
  let body: unknown;
  try {
    body = await send();
  } catch (error) {
    return failure(error);
  }
  const parsed = shape.safeParse(body);
  // An answer that breaks the contract tells nothing; its text is not logged, for it may hold personal data.
  if (!parsed.success)
    return {
      kind: 'unknown',
      detail: `not what Stripe says: ${parsed.error.issues[0]?.path.join('.') ?? ''}`,
    };
  return { kind: 'answer', body: parsed.data };
}

export async function read<S extends z.ZodType>(
  shape: S,
  send: () => Promise<unknown>,
): Promise<ReadOutcome<z.infer<S>>> {
  const outcome = await write(shape, send);
  return outcome.kind === 'unknown' ? { kind: 'unavailable', detail: outcome.detail } : outcome;
}

/**
 * 429 says that nothing was done. 409 says that another request with the same key is under way, and any 5xx may come
 * after the deed (Stripe calls their outcome indeterminate).
 */
function failure(error: unknown): Exclude<CallOutcome<never>, { kind: 'answer' }> {
  if (error instanceof Stripe.errors.StripeConnectionError) return networkFailure(error);
  if (!(error instanceof Stripe.errors.StripeError)) throw error;
  const status = error.statusCode;
  const code = error.code ?? error.rawType ?? error.type;
  const detail = `HTTP ${status ?? '?'} ${code} ${error.requestId ?? ''}`.trim();
  if (error instanceof Stripe.errors.StripeRateLimitError) return { kind: 'unavailable', detail };
  if (status === undefined || status === 409 || status < 400 || status >= 500)
    return { kind: 'unknown', detail };
  return { kind: 'rejected', status, code, detail };
}

function networkFailure(error: Stripe.errors.StripeConnectionError): Unavailable | Unknown {
  const origin: unknown = error.detail;
  const cause = origin instanceof Error ? (origin.cause as { code?: string } | undefined) : undefined;
  const timedOut = origin instanceof Error && origin.name === 'TimeoutError';
  const detail =
    cause?.code ??
    (timedOut ? 'no answer in time' : origin instanceof Error ? origin.message : error.message);
  return {
    kind: cause?.code !== undefined && NEVER_SENT.has(cause.code) ? 'unavailable' : 'unknown',
    detail,
  };
}
