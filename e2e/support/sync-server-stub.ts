import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';
import type { Catalog } from '../../domain/protocol/catalog.ts';
import type { ChargeRequest, ChargeResponse } from '../../domain/protocol/charges.ts';
import type { FeedEntry, FeedPage, FeedPayload } from '../../domain/protocol/feed.ts';
import type { EnrolRequest, EnrolResponse } from '../../domain/protocol/identity.ts';
import { CONFIRMATION_LEASE_MS } from '../../domain/protocol/leases.ts';
import type { PushRequest } from '../../domain/protocol/sync.ts';
import { ticketLabel } from '../../domain/ticket-number.ts';

/** Good at every stub. */
export const STUB_CODE = 'STVBCDE2';
export const SERVICE_ID = '0198c0de-0000-7000-8000-00000000000a';
const CATALOG: Catalog = {
  version: 1,
  unit: {
    unitId: '0198c0de-0000-7000-8000-000000000001',
    merchantId: '0198c0de-0000-7000-8000-000000000002',
    merchantName: 'Clínica Modelo',
    unitName: 'Centro',
    city: 'SAO PAULO',
    timeZone: 'America/Sao_Paulo',
    counters: ['Guichê 1'],
  },
  services: [
    {
      serviceId: SERVICE_ID,
      name: 'Consulta',
      description: '',
      prefix: 'C',
      amountCents: 5_000,
      payAtCounter: false,
      currency: 'BRL',
      pix: true,
      card: null,
      estimatedMinutes: null,
    },
  ],
};

/**
 * As much of the sync server as one sale needs: specs of the shell must not wait for a database and a bank.
 * The whole shop is driven by the other specs.
 */
export interface SyncServerStub {
  readonly url: string;
  /** Confirms the payment of a session, as the provider's webhook would make the server do. */
  confirm(sessionId: string): void;
  close(): Promise<void>;
}

export async function startSyncServerStub(kioskId: string): Promise<SyncServerStub> {
  const entries: FeedEntry[] = [];
  const streams = new Set<ServerResponse>();
  let tickets = 0;

  const append = (kind: string, payload: unknown): void => {
    const entry: FeedEntry = { seq: entries.length + 1, at: Date.now(), kind, payload };
    entries.push(entry);
    for (const stream of streams) writeEvent(stream, 'entry', entry);
  };
  append('catalog.changed', { catalog: CATALOG } satisfies FeedPayload<'catalog.changed'>);

  const answerFeed = (request: IncomingMessage, url: URL, response: ServerResponse): void => {
    const after = Number(request.headers['last-event-id'] ?? url.searchParams.get('after') ?? 0);
    const news = entries.filter((entry) => entry.seq > after);
    if (request.headers.accept !== 'text/event-stream') {
      const page: FeedPage = { entries: news, head: entries.length, serverTime: Date.now() };
      sendJson(response, page);
      return;
    }
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    writeEvent(response, 'hello', { head: entries.length, serverTime: Date.now() });
    for (const entry of news) writeEvent(response, 'entry', entry);
    streams.add(response);
    response.on('close', () => streams.delete(response));
  };

  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://stub');
    if (url.pathname === '/v1/feed') return answerFeed(request, url, response);
    void readJson(request).then((body) => {
      if (url.pathname === '/v1/enrol') return sendJson(response, enrolledAs(kioskId, body as EnrolRequest));
      if (url.pathname === '/v1/charges') return sendJson(response, chargeFor(body as ChargeRequest));
      if (url.pathname === '/v1/sync/push') {
        const results = (body as PushRequest).events.map(({ id }) => ({
          id,
          outcome: 'applied',
          reason: null,
        }));
        return sendJson(response, { results, serverTime: Date.now() });
      }
      response.writeHead(404).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    confirm(sessionId) {
      tickets += 1;
      append('payment.confirmed', {
        sessionId,
        kioskId,
        transactionId: crypto.randomUUID(),
        amountCents: 5_000,
        currency: 'BRL',
        method: 'pix',
        paidAt: Date.now(),
        late: false,
        actBefore: Date.now() + CONFIRMATION_LEASE_MS,
        receiptUrl: null,
        ticket: {
          number: tickets,
          prefix: 'C',
          label: ticketLabel('C', tickets),
          businessDay: today(),
          serviceId: SERVICE_ID,
          serviceName: 'Consulta',
        },
      } satisfies FeedPayload<'payment.confirmed'>);
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** Takes whatever proof comes: the specs of the shell are not about that. */
function enrolledAs(kioskId: string, { publicKey }: EnrolRequest): EnrolResponse {
  const { crv, kty, x } = publicKey;
  return {
    kioskId,
    merchantId: CATALOG.unit.merchantId,
    unitId: CATALOG.unit.unitId,
    keyId: createHash('sha256').update(JSON.stringify({ crv, kty, x })).digest('base64url'),
    enrolledAt: Date.now(),
    serverTime: Date.now(),
  };
}

/** The unit's civil date; Swedish writes a date as YYYY-MM-DD. */
function today(): string {
  return new Intl.DateTimeFormat('sv-SE', { timeZone: CATALOG.unit.timeZone }).format(Date.now());
}

function chargeFor(request: ChargeRequest): ChargeResponse {
  return {
    transactionId: crypto.randomUUID(),
    sessionId: request.sessionId,
    txid: request.txid,
    status: 'PENDING',
    amountCents: request.amountCents,
    brCode: `00020126-stub-${request.txid}`,
    authorisationUrl: null,
    expiresAt: Date.now() + 300_000,
    serverTime: Date.now(),
  };
}

async function readJson(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const body = Buffer.concat(chunks);
  const text = request.headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body;
  return JSON.parse(text.toString() || 'null') as unknown;
}

function sendJson(response: ServerResponse, body: unknown): void {
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

function writeEvent(response: ServerResponse, event: string, data: unknown): void {
  response.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
}
