import ky, { type KyInstance, type Options } from 'ky';
import { z } from 'zod';
import type { Clock } from '../../domain/clock.ts';
import { UnauthorizedDetails } from '../../domain/protocol/identity.ts';
import { EpochMs, ErrorBody } from '../../domain/protocol/primitives.ts';
import { endedBy } from '../../platform/ended-body.ts';
import type { Credentials } from '../identity/kiosk-identity.ts';
import type { ServerTime, TimeMark } from './server-time.ts';

/** The first token may be of another time than the server's; the second is signed by the time of its refusal. */
const MAX_SIGNATURES = 2;

export type ServerFailure =
  /** No answer, or none that this API gives (a router's login page, a proxy's error): worth another try. */
  | { readonly kind: 'unreachable'; readonly message: string }
  /** The server's own error body; or our own word, without asking it: 401 `not_enrolled`, 401 `revoked`. */
  | { readonly kind: 'refused'; readonly status: number; readonly code: string; readonly message: string };

export type ServerAnswer<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly failure: ServerFailure };

export interface HttpExchangeOptions {
  readonly syncUrl: string;
  readonly credentials: Credentials;
  /** Hears the time of every answer. */
  readonly serverTime: ServerTime;
  readonly clock: Pick<Clock, 'schedule'>;
  readonly fetch?: typeof globalThis.fetch;
}

type Send = (http: KyInstance, common: Options) => Promise<Response>;

export interface HttpExchange {
  /** One request whose answer is `schema`. `open`: without a token. */
  ask<S extends z.ZodType>(
    schema: S,
    timeoutMs: number,
    send: Send,
    access?: 'signed' | 'open',
  ): Promise<ServerAnswer<z.infer<S>>>;
  /** An open stream of `contentType`. */
  stream(
    contentType: string,
    signal: AbortSignal,
    send: Send,
  ): Promise<ServerAnswer<ReadableStream<Uint8Array>>>;
  /** Ends every request under way. */
  close(): void;
}

/**
 * Carries signed requests to the sync server: one attempt with its own limit, and a second when the token was refused.
 * Expected failures are values. Each answer's time is told to `serverTime`, with a mark from before the request.
 */
export function createHttpExchange(options: HttpExchangeOptions): HttpExchange {
  const { syncUrl, credentials, serverTime, clock } = options;
  const closing = new AbortController();
  const http = ky.create({
    prefix: syncUrl,
    throwHttpErrors: false,
    // Who retries, and when, is decided above, where the screen can be told; limits are set per call by a signal,
    // because ky's own timeout ends with the headers and would let a body hang.
    retry: 0,
    timeout: false,
    // The API never redirects; a redirect is somebody else's page.
    redirect: 'error',
    ...(options.fetch === undefined ? {} : { fetch: options.fetch as typeof fetch }),
  });

  async function read(response: Response, sent: TimeMark, signal: AbortSignal): Promise<unknown> {
    const whole = response.body === null ? '' : await new Response(endedBy(response.body, signal)).text();
    const body = parseJson(whole);
    const heard = Timed.safeParse(body).data ?? TimedRefusal.safeParse(body).data?.error.details;
    if (heard !== undefined) serverTime.heard(heard.serverTime, sent);
    return body;
  }

  /** Hands the first answer that is no refused token to `take`. */
  async function signed<T>(
    send: Send,
    signal: AbortSignal,
    take: (response: Response, sent: TimeMark) => Promise<ServerAnswer<T>>,
  ): Promise<ServerAnswer<T>> {
    for (let signature = 1; ; signature += 1) {
      const authorization = await credentials.authorization();
      if (authorization === null) return { ok: false, failure: withoutIdentity(credentials) };
      const sent = serverTime.mark();
      const response = await send(http, { signal, headers: { authorization } });
      if (response.status !== 401) return take(response, sent);
      const failure = failureOf(401, await read(response, sent, signal));
      if (failure.kind === 'refused') credentials.refused(failure.code, authorization);
      if (signature === MAX_SIGNATURES) return { ok: false, failure };
    }
  }

  return {
    async ask(schema, timeoutMs, send, access = 'signed') {
      const limit = new AbortController();
      const cancelLimit = clock.schedule(timeoutMs, () =>
        limit.abort(new Error(`no answer within ${timeoutMs} ms`)),
      );
      const signal = AbortSignal.any([closing.signal, limit.signal]);
      const take = async (
        response: Response,
        sent: TimeMark,
      ): Promise<ServerAnswer<z.infer<typeof schema>>> => {
        const body = await read(response, sent, signal);
        if (!response.ok) return { ok: false, failure: failureOf(response.status, body) };
        const parsed = schema.safeParse(body);
        if (parsed.success) return { ok: true, value: parsed.data };
        const message = `an answer of another shape: ${parsed.error.issues[0]?.path.join('.') ?? ''}`;
        return { ok: false, failure: { kind: 'unreachable', message } };
      };
      try {
        if (access === 'signed') return await signed(send, signal, take);
        const sent = serverTime.mark();
        return await take(await send(http, { signal }), sent);
      } catch (error) {
        return { ok: false, failure: { kind: 'unreachable', message: networkMessage(error) } };
      } finally {
        cancelLimit();
      }
    },
    async stream(contentType, givenUp, send) {
      const signal = AbortSignal.any([closing.signal, givenUp]);
      try {
        return await signed(send, signal, async (response, sent) => {
          const isStream = response.headers.get('content-type')?.startsWith(contentType) === true;
          if (response.ok && isStream && response.body !== null) {
            return { ok: true, value: endedBy(response.body, signal) };
          }
          return { ok: false, failure: failureOf(response.status, await read(response, sent, signal)) };
        });
      } catch (error) {
        return { ok: false, failure: { kind: 'unreachable', message: networkMessage(error) } };
      }
    },
    close: () => closing.abort(new Error('the kiosk is closing')),
  };
}

const Timed = z.object({ serverTime: EpochMs });
const TimedRefusal = z.object({ error: z.object({ details: UnauthorizedDetails }) });

function withoutIdentity(credentials: Credentials): ServerFailure {
  const code = credentials.status() === 'revoked' ? 'revoked' : 'not_enrolled';
  const message = code === 'revoked' ? 'this totem was revoked' : 'this totem is not enrolled';
  return { kind: 'refused', status: 401, code, message };
}

function failureOf(status: number, body: unknown): ServerFailure {
  const parsed = ErrorBody.safeParse(body);
  if (!parsed.success) return { kind: 'unreachable', message: `HTTP ${status} without an error of this API` };
  const { code, message } = parsed.data.error;
  return { kind: 'refused', status, code, message };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

/** The system's word (ECONNREFUSED, …), which fetch hides in the causes of its "fetch failed". */
function networkMessage(error: unknown): string {
  let deepest: unknown = error;
  while (deepest instanceof Error && deepest.cause instanceof Error) deepest = deepest.cause;
  if (!(deepest instanceof Error)) return String(deepest);
  const code = (deepest as NodeJS.ErrnoException).code;
  return typeof code === 'string' && !deepest.message.includes(code)
    ? `${code} ${deepest.message}`.trim()
    : deepest.message;
}
