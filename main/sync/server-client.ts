import { gzipSync } from 'node:zlib';
import type { Options } from 'ky';
import { type ChargeRequest, ChargeResponse } from '../../domain/protocol/charges.ts';
import { type CheckoutRequest, CheckoutResponse } from '../../domain/protocol/checkouts.ts';
import { FeedPage, MAX_FEED_PAGE } from '../../domain/protocol/feed.ts';
import { type EnrolRequest, EnrolResponse } from '../../domain/protocol/identity.ts';
import { ClaimResponse, type NumberLeaseRequest, NumberLeaseResponse } from '../../domain/protocol/leases.ts';
import { type QueueCommand, QueueResult } from '../../domain/protocol/queue.ts';
import { type OutboxEvent, PushResponse } from '../../domain/protocol/sync.ts';
import { createHttpExchange, type HttpExchangeOptions, type ServerAnswer } from './http-exchange.ts';

export type { ServerAnswer, ServerFailure } from './http-exchange.ts';

/** The server makes a charge at the provider meanwhile, whose own limit is shorter than this. */
const CHARGE_TIMEOUT_MS = 12_000;
/** An operator stands before the screen: better a clear "no server" than a long wait. */
const QUEUE_COMMAND_TIMEOUT_MS = 5_000;
/** A customer who has paid waits for it. */
const CLAIM_TIMEOUT_MS = 5_000;
const PUSH_TIMEOUT_MS = 15_000;
const PAGE_TIMEOUT_MS = 15_000;
const LEASE_TIMEOUT_MS = 15_000;
/** A technician stands before the screen. */
const ENROL_TIMEOUT_MS = 10_000;
/** Below this a request fits into one packet anyway. */
const GZIP_ABOVE_BYTES = 1_000;

/** The sync server's HTTP API. Expected failures are values; each call is one attempt with its own limit. */
export interface ServerClient {
  createCharge(request: ChargeRequest): Promise<ServerAnswer<ChargeResponse>>;
  createCheckout(request: CheckoutRequest): Promise<ServerAnswer<CheckoutResponse>>;
  push(events: readonly OutboxEvent[]): Promise<ServerAnswer<PushResponse>>;
  feedPage(after: number): Promise<ServerAnswer<FeedPage>>;
  /** The open stream of server-sent events; `signal` is how its reader ends it. */
  feedStream(after: number, signal: AbortSignal): Promise<ServerAnswer<ReadableStream<Uint8Array>>>;
  queueCommand(command: QueueCommand): Promise<ServerAnswer<QueueResult>>;
  leaseNumbers(leases: NumberLeaseRequest['leases']): Promise<ServerAnswer<NumberLeaseResponse>>;
  /** Whether the ticket of a confirmed payment may still be issued here. */
  claimConfirmation(sessionId: string): Promise<ServerAnswer<ClaimResponse>>;
  /** The only request that is not signed: by it the totem becomes known. */
  enrol(request: EnrolRequest): Promise<ServerAnswer<EnrolResponse>>;
  /** Ends every request under way. */
  close(): void;
}

export function createServerClient(options: HttpExchangeOptions): ServerClient {
  const { ask, stream, close } = createHttpExchange(options);
  return {
    createCharge: (request) =>
      ask(ChargeResponse, CHARGE_TIMEOUT_MS, (http, common) =>
        http.post('v1/charges', { ...common, json: request }),
      ),
    createCheckout: (request) =>
      ask(CheckoutResponse, CHARGE_TIMEOUT_MS, (http, common) =>
        http.post('v1/checkouts', { ...common, json: request }),
      ),
    push(events) {
      const body = JSON.stringify({ events });
      return ask(PushResponse, PUSH_TIMEOUT_MS, (http, common) =>
        http.post('v1/sync/push', withJsonBody(common, body)),
      );
    },
    feedPage: (after) =>
      ask(FeedPage, PAGE_TIMEOUT_MS, (http, common) =>
        http.get('v1/feed', { ...common, searchParams: { after, limit: MAX_FEED_PAGE } }),
      ),
    feedStream: (after, signal) =>
      stream('text/event-stream', signal, (http, common) =>
        http.get('v1/feed', {
          ...common,
          searchParams: { after },
          headers: { ...common.headers, accept: 'text/event-stream', 'last-event-id': String(after) },
        }),
      ),
    queueCommand: (command) =>
      ask(QueueResult, QUEUE_COMMAND_TIMEOUT_MS, (http, common) =>
        http.post('v1/queue/commands', { ...common, json: command }),
      ),
    leaseNumbers: (leases) =>
      ask(NumberLeaseResponse, LEASE_TIMEOUT_MS, (http, common) =>
        http.post('v1/number-leases', { ...common, json: { leases } }),
      ),
    claimConfirmation: (sessionId) =>
      ask(ClaimResponse, CLAIM_TIMEOUT_MS, (http, common) =>
        http.post('v1/confirmations/claim', { ...common, json: { sessionId } }),
      ),
    enrol: (request) =>
      ask(
        EnrolResponse,
        ENROL_TIMEOUT_MS,
        (http, common) => http.post('v1/enrol', { ...common, json: request }),
        'open',
      ),
    close,
  };
}

/** Compressed where it is worth it: a week of events goes over a shop's slow line in a tenth of the bytes. */
function withJsonBody(common: Options, json: string): Options {
  const headers = { ...common.headers, 'content-type': 'application/json' };
  if (json.length <= GZIP_ABOVE_BYTES) return { ...common, headers, body: json };
  // A push is bounded, so that this takes milliseconds.
  return { ...common, headers: { ...headers, 'content-encoding': 'gzip' }, body: gzipSync(json) };
}
