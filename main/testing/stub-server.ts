import type { ServerResponse } from 'node:http';
import { createGunzip } from 'node:zlib';
import Fastify, { type FastifyInstance, type FastifyReply } from 'fastify';
import type { Clock } from '../../domain/clock.ts';
import { ChargeRequest } from '../../domain/protocol/charges.ts';
import { CheckoutRequest, type CheckoutResponse } from '../../domain/protocol/checkouts.ts';
import {
  FEED_PAYLOADS,
  type FeedBeat,
  type FeedEntry,
  type FeedKind,
  type FeedPayload,
} from '../../domain/protocol/feed.ts';
import { EnrolRequest } from '../../domain/protocol/identity.ts';
import {
  ClaimRequest,
  type ClaimResponse,
  CONFIRMATION_LEASE_MS,
  FIRST_LOCAL_NUMBER,
  NUMBER_LEASE_SIZE,
  type NumberLease,
  NumberLeaseRequest,
} from '../../domain/protocol/leases.ts';
import { QueueCommand, type QueueResult } from '../../domain/protocol/queue.ts';
import { type OutboxEvent, PushRequest, type PushResult } from '../../domain/protocol/sync.ts';
import type { TicketView } from '../../domain/protocol/tickets.ts';
import { ticketLabel } from '../../domain/ticket-number.ts';
import { StubAccess } from './stub-access.ts';
import { STUB_CATALOG } from './stub-catalog.ts';

export interface Refusal {
  readonly status: number;
  readonly code: string;
}

/**
 * A small HTTP server that speaks the sync server's contract from memory, so that the kiosk can be tested against
 * a real line that a test can cut, delay and poison. The real server is met in the end-to-end tests.
 */
export class StubServer {
  readonly feed: FeedEntry[] = [];
  readonly chargeRequests: ChargeRequest[] = [];
  readonly checkoutRequests: CheckoutRequest[] = [];
  /** Changes what a checkout is answered. */
  answerCheckout: (answer: CheckoutResponse) => CheckoutResponse = (answer) => answer;
  /** Every event as it arrived, repeats included. */
  readonly pushed: OutboxEvent[] = [];
  readonly queueCommands: QueueCommand[] = [];
  readonly leaseRequests: NumberLeaseRequest[] = [];
  readonly leases = new Map<string, NumberLease>();
  /** What is not granted. */
  refuseLease: (lease: NumberLeaseRequest['leases'][number]) => boolean = () => false;
  /** What the next charges are refused with; null accepts. */
  refuseCharges: Refusal | null = null;
  /** Judges an event; undefined applies it. */
  judge: (event: OutboxEvent) => PushResult['reason'] | undefined = () => undefined;
  /** The ticket of a rejected event as the server has it. */
  currentOf: (event: OutboxEvent) => TicketView | null = () => null;
  /** Refuses a whole push by what is in it. */
  refusePush: (events: readonly OutboxEvent[]) => Refusal | null = () => null;
  answerQueue: (command: QueueCommand) => QueueResult = () => ({
    ok: false,
    code: 'queue_empty',
    ticket: null,
  });
  /** Takes every request and answers none. */
  hangs = false;
  /** Answers are lost after the work is done. */
  loseAnswers = false;
  /** The server's clock minus the kiosk's, ms. */
  skewMs = 0;
  expiresAfterMs = 300_000;
  /** Answers of the token check, the good ones left out. */
  readonly refusedTokens: string[] = [];
  /** Whether a refused token is told the server's time. */
  tellsTime = true;
  /** How the body of each push was encoded. */
  readonly pushEncodings: (string | undefined)[] = [];
  readonly access = new StubAccess(STUB_CATALOG.unit, () => this.#now());

  readonly #clock: Pick<Clock, 'nowMs'>;
  readonly #seenEvents = new Set<string>();
  readonly #streams = new Set<ServerResponse>();
  #app: FastifyInstance | undefined;
  #port = 0;
  #lastNumber = 0;

  constructor(clock: Pick<Clock, 'nowMs'>) {
    this.#clock = clock;
    this.publish('catalog.changed', { catalog: STUB_CATALOG });
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  get streams(): number {
    return this.#streams.size;
  }

  /** Listens; after a `stop`, on the same port again. */
  async start(): Promise<void> {
    const app = Fastify({ forceCloseConnections: true });
    this.#register(app);
    await app.listen({ host: '127.0.0.1', port: this.#port });
    const address = app.server.address();
    if (address === null || typeof address === 'string') throw new Error('the stub has no port');
    this.#port = address.port;
    this.#app = app;
  }

  async stop(): Promise<void> {
    this.dropStreams();
    await this.#app?.close();
    this.#app = undefined;
  }

  /** What it says of its provider when a stream begins; a server of the first release says nothing. */
  greeting: { readonly provider?: FeedBeat['provider'] } = {};

  /** Tells the streams that the server lives, and whether its provider does. */
  beat(provider: FeedBeat['provider']): void {
    const data = JSON.stringify({ serverTime: this.#now(), provider } satisfies FeedBeat);
    for (const stream of this.#streams) stream.write(`event: beat\ndata: ${data}\n\n`);
  }

  dropStreams(): void {
    for (const stream of this.#streams) stream.destroy();
    this.#streams.clear();
  }

  publish<K extends FeedKind>(kind: K, payload: FeedPayload<K>): FeedEntry {
    return this.publishRaw(kind, FEED_PAYLOADS[kind].parse(payload));
  }

  publishRaw(kind: string, payload: unknown): FeedEntry {
    const entry = { seq: this.feed.length + 1, at: this.#now(), kind, payload };
    this.feed.push(entry);
    for (const stream of this.#streams) writeEntry(stream, entry);
    return entry;
  }

  /** The customer has paid the session's charge. */
  pay(sessionId: string, kioskId: string, changes: { readonly late?: boolean } = {}): FeedEntry {
    return this.publish('payment.confirmed', this.confirmation(sessionId, kioskId, changes));
  }

  confirmation(
    sessionId: string,
    kioskId: string,
    { late = false }: { readonly late?: boolean } = {},
  ): FeedPayload<'payment.confirmed'> {
    const [service] = STUB_CATALOG.services;
    if (service === undefined) throw new Error('the stub sells nothing');
    this.#lastNumber += 1;
    return {
      sessionId,
      kioskId,
      transactionId: sessionId,
      amountCents: service.amountCents,
      currency: 'BRL',
      method: 'pix',
      paidAt: this.#now(),
      late,
      actBefore: this.#now() + CONFIRMATION_LEASE_MS,
      receiptUrl: null,
      ticket: {
        number: this.#lastNumber,
        prefix: service.prefix,
        label: ticketLabel(service.prefix, this.#lastNumber),
        businessDay: '2026-03-10',
        serviceId: service.serviceId,
        serviceName: service.name,
      },
    };
  }

  #now(): number {
    return this.#clock.nowMs() + this.skewMs;
  }

  #register(app: FastifyInstance): void {
    app.addHook('onRequest', async (request, reply) => {
      if (this.hangs) await new Promise(() => undefined);
      if (request.url === '/v1/enrol') return;
      const verdict = this.access.judge(request.headers.authorization);
      if (!('code' in verdict)) return;
      this.refusedTokens.push(verdict.code);
      return refuse(
        reply,
        { status: 401, code: verdict.code },
        this.tellsTime ? { serverTime: this.#now() } : undefined,
      );
    });
    app.addHook('preParsing', async (request, _reply, payload) => {
      const { 'content-encoding': encoding, 'content-length': length } = request.headers;
      if (request.url === '/v1/sync/push') this.pushEncodings.push(encoding);
      if (encoding !== 'gzip') return payload;
      return payload.pipe(Object.assign(createGunzip(), { receivedEncodedLength: Number(length) }));
    });
    app.post('/v1/enrol', async (request, reply) => {
      const outcome = this.access.enrol(EnrolRequest.parse(request.body));
      return 'code' in outcome ? refuse(reply, { status: 403, code: outcome.code }) : outcome;
    });
    app.addHook('onSend', async (_request, reply, payload) => {
      if (this.loseAnswers) reply.raw.destroy();
      return payload;
    });
    app.post('/v1/charges', async (request, reply) => {
      const charge = ChargeRequest.parse(request.body);
      this.chargeRequests.push(charge);
      if (this.refuseCharges !== null) return refuse(reply, this.refuseCharges);
      const { sessionId, txid, amountCents } = charge;
      return {
        transactionId: sessionId,
        sessionId,
        txid,
        status: 'PENDING',
        amountCents,
        brCode: `BRCODE-${txid}`,
        expiresAt: this.#now() + this.expiresAfterMs,
        serverTime: this.#now(),
      };
    });
    app.post('/v1/checkouts', async (request, reply) => {
      const checkout = CheckoutRequest.parse(request.body);
      this.checkoutRequests.push(checkout);
      if (this.refuseCharges !== null) return refuse(reply, this.refuseCharges);
      const { sessionId, txid, amountCents, currency } = checkout;
      return this.answerCheckout({
        transactionId: sessionId,
        orderId: sessionId,
        saleId: sessionId,
        sessionId,
        txid,
        provider: 'stripe',
        providerChargeId: `pi_${txid}`,
        status: 'PENDING',
        checkoutUrl: `${this.url}/pay/${txid}`,
        amountCents,
        currency,
        expiresAt: this.#now() + this.expiresAfterMs,
        serverTime: this.#now(),
      });
    });
    app.post('/v1/sync/push', async (request, reply) => {
      const { events } = PushRequest.parse(request.body);
      const refusal = this.refusePush(events);
      if (refusal !== null) return refuse(reply, refusal);
      return { results: events.map((event) => this.#receive(event)), serverTime: this.#now() };
    });
    app.post('/v1/number-leases', async (request) => {
      const asked = NumberLeaseRequest.parse(request.body);
      this.leaseRequests.push(asked);
      const leases = asked.leases
        .filter((lease) => !this.refuseLease(lease))
        .map((lease) => this.#lease(lease));
      return { leases, serverTime: this.#now() };
    });
    app.post('/v1/confirmations/claim', async (request) => {
      const { sessionId } = ClaimRequest.parse(request.body);
      return this.#claim(sessionId);
    });
    app.post('/v1/queue/commands', async (request) => {
      const command = QueueCommand.parse(request.body);
      this.queueCommands.push(command);
      return this.answerQueue(command);
    });
    app.get<{ Querystring: { after: string; limit?: string } }>('/v1/feed', (request, reply) => {
      const after = Number(request.query.after);
      if (request.headers.accept === 'text/event-stream') {
        reply.hijack();
        this.#stream(reply.raw, after);
        return;
      }
      const entries = this.feed.slice(after, after + Number(request.query.limit));
      reply.send({ entries, head: this.feed.length, serverTime: this.#now() });
    });
  }

  #lease(asked: NumberLeaseRequest['leases'][number]): NumberLease {
    const known = this.leases.get(asked.leaseId);
    if (known !== undefined) return known;
    const { prefix, businessDay } = asked;
    const before = [...this.leases.values()].filter(
      (lease) => lease.prefix === prefix && lease.businessDay === businessDay,
    ).length;
    const from = FIRST_LOCAL_NUMBER + before * NUMBER_LEASE_SIZE;
    const lease = { ...asked, from, to: from + NUMBER_LEASE_SIZE - 1 };
    this.leases.set(asked.leaseId, lease);
    return lease;
  }

  #receive(event: OutboxEvent): PushResult {
    this.pushed.push(event);
    const reason = this.judge(event);
    if (reason !== undefined)
      return { id: event.id, outcome: 'rejected', reason, current: this.currentOf(event) };
    if (this.#seenEvents.has(event.id))
      return { id: event.id, outcome: 'duplicate', reason: null, current: null };
    this.#seenEvents.add(event.id);
    return { id: event.id, outcome: 'applied', reason: null, current: null };
  }

  /** As the server: the ticket where there is one, else a new lease. */
  #claim(sessionId: string): ClaimResponse {
    const serverTime = this.#now();
    const changes = this.feed.flatMap(({ kind, payload }) =>
      kind === 'ticket.changed' ? [FEED_PAYLOADS[kind].parse(payload).ticket] : [],
    );
    const ticket = changes.findLast((each) => each.sessionId === sessionId);
    if (ticket !== undefined) return { outcome: 'ticketed', ticket, serverTime };
    const isConfirmed = this.feed.some(
      ({ kind, payload }) =>
        kind === 'payment.confirmed' && FEED_PAYLOADS[kind].parse(payload).sessionId === sessionId,
    );
    if (!isConfirmed) return { outcome: 'unknown', serverTime };
    return { outcome: 'granted', actBefore: serverTime + CONFIRMATION_LEASE_MS, serverTime };
  }

  #stream(response: ServerResponse, after: number): void {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    const hello = { head: this.feed.length, serverTime: this.#now(), ...this.greeting };
    response.write(`event: hello\ndata: ${JSON.stringify(hello)}\n\n`);
    for (const entry of this.feed.slice(after)) writeEntry(response, entry);
    this.#streams.add(response);
    response.on('close', () => this.#streams.delete(response));
  }
}

function writeEntry(response: ServerResponse, entry: FeedEntry): void {
  response.write(`event: entry\nid: ${entry.seq}\ndata: ${JSON.stringify(entry)}\n\n`);
}

function refuse(reply: FastifyReply, { status, code }: Refusal, details?: unknown): FastifyReply {
  return reply.code(status).send({ error: { code, message: `refused by the stub: ${code}`, details } });
}
