import ky from 'ky';
import type { z } from 'zod';
import { type ChargeRequest, ChargeResponse } from '../../domain/protocol/charges.ts';
import { FeedPage, MAX_FEED_PAGE } from '../../domain/protocol/feed.ts';
import { type NumberLeaseRequest, NumberLeaseResponse } from '../../domain/protocol/leases.ts';
import { ErrorBody } from '../../domain/protocol/primitives.ts';
import { type QueueCommand, QueueResult } from '../../domain/protocol/queue.ts';
import { type OutboxEvent, PushResponse } from '../../domain/protocol/sync.ts';

/** The server makes a charge at the provider meanwhile, whose own limit is shorter than this. */
const CHARGE_TIMEOUT_MS = 12_000;
/** An operator stands before the screen: better a clear "no server" than a long wait. */
const QUEUE_COMMAND_TIMEOUT_MS = 5_000;
const PUSH_TIMEOUT_MS = 15_000;
const PAGE_TIMEOUT_MS = 15_000;
const LEASE_TIMEOUT_MS = 15_000;

export type ServerFailure =
  /** No answer, or none that this API gives (a router's login page, a proxy's error): worth another try. */
  | { readonly kind: 'unreachable'; readonly message: string }
  /** The server's own error body. */
  | { readonly kind: 'refused'; readonly status: number; readonly code: string; readonly message: string };

export type ServerAnswer<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly failure: ServerFailure };

export interface ServerClient {
  createCharge(request: ChargeRequest): Promise<ServerAnswer<ChargeResponse>>;
  push(events: readonly OutboxEvent[]): Promise<ServerAnswer<PushResponse>>;
  feedPage(after: number): Promise<ServerAnswer<FeedPage>>;
  /** The open stream of server-sent events; `signal` is how its reader ends it. */
  feedStream(after: number, signal: AbortSignal): Promise<ServerAnswer<ReadableStream<Uint8Array>>>;
  queueCommand(command: QueueCommand): Promise<ServerAnswer<QueueResult>>;
  leaseNumbers(leases: NumberLeaseRequest['leases']): Promise<ServerAnswer<NumberLeaseResponse>>;
  /** Ends every request under way. */
  close(): void;
}

export interface ServerClientOptions {
  readonly syncUrl: string;
  readonly token: string;
  readonly fetch?: typeof globalThis.fetch;
}

/** Speaks the sync server's HTTP API. Expected failures are values; each call is one attempt with its own limit. */
export function createServerClient(options: ServerClientOptions): ServerClient {
  const closing = new AbortController();
  const http = ky.create({
    prefix: options.syncUrl,
    headers: { authorization: `Bearer ${options.token}` },
    throwHttpErrors: false,
    // Who retries, and when, is decided above, where the screen can be told; limits are set per call by a signal,
    // because ky's own timeout ends with the headers and would let a body hang.
    retry: 0,
    timeout: false,
    // The API never redirects; a redirect is somebody else's page.
    redirect: 'error',
    ...(options.fetch === undefined ? {} : { fetch: options.fetch as typeof fetch }),
  });

  async function ask<S extends z.ZodType>(
    schema: S,
    timeoutMs: number,
    send: (signal: AbortSignal) => Promise<Response>,
  ): Promise<ServerAnswer<z.infer<S>>> {
    try {
      const response = await send(AbortSignal.any([closing.signal, AbortSignal.timeout(timeoutMs)]));
      const body = parseJson(await response.text());
      if (!response.ok) return { ok: false, failure: failureOf(response.status, body) };
      const parsed = schema.safeParse(body);
      if (parsed.success) return { ok: true, value: parsed.data };
      const message = `an answer of another shape: ${parsed.error.issues[0]?.path.join('.') ?? ''}`;
      return { ok: false, failure: { kind: 'unreachable', message } };
    } catch (error) {
      return { ok: false, failure: { kind: 'unreachable', message: networkMessage(error) } };
    }
  }

  return {
    createCharge: (request) =>
      ask(ChargeResponse, CHARGE_TIMEOUT_MS, (signal) => http.post('v1/charges', { json: request, signal })),
    push: (events) =>
      ask(PushResponse, PUSH_TIMEOUT_MS, (signal) => http.post('v1/sync/push', { json: { events }, signal })),
    feedPage: (after) =>
      ask(FeedPage, PAGE_TIMEOUT_MS, (signal) =>
        http.get('v1/feed', { searchParams: { after, limit: MAX_FEED_PAGE }, signal }),
      ),
    queueCommand: (command) =>
      ask(QueueResult, QUEUE_COMMAND_TIMEOUT_MS, (signal) =>
        http.post('v1/queue/commands', { json: command, signal }),
      ),
    leaseNumbers: (leases) =>
      ask(NumberLeaseResponse, LEASE_TIMEOUT_MS, (signal) =>
        http.post('v1/number-leases', { json: { leases }, signal }),
      ),
    async feedStream(after, signal) {
      try {
        const response = await http.get('v1/feed', {
          searchParams: { after },
          headers: { accept: 'text/event-stream', 'last-event-id': String(after) },
          signal: AbortSignal.any([closing.signal, signal]),
        });
        const isStream = response.headers.get('content-type')?.startsWith('text/event-stream') === true;
        if (response.ok && isStream && response.body !== null) return { ok: true, value: response.body };
        return { ok: false, failure: failureOf(response.status, parseJson(await response.text())) };
      } catch (error) {
        return { ok: false, failure: { kind: 'unreachable', message: networkMessage(error) } };
      }
    },
    close: () => closing.abort(new Error('the kiosk is closing')),
  };
}

function failureOf(status: number, body: unknown): ServerFailure {
  const parsed = ErrorBody.safeParse(body);
  if (!parsed.success)
    return { kind: 'unreachable', message: `HTTP ${status} without this API's error body` };
  const { code, message } = parsed.data.error;
  return { kind: 'refused', status, code, message };
}

/** Undefined when the text is not JSON: every schema refuses it. */
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
