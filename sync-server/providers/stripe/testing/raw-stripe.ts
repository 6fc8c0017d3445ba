import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

export interface SeenRequest {
  /** "POST /v1/refunds", without the query. */
  readonly call: string;
  readonly query: Readonly<Record<string, string>>;
  readonly headers: IncomingMessage['headers'];
  /** The form's fields, names as they were sent. */
  readonly form: Readonly<Record<string, string>>;
}

export type RawAnswer =
  | { readonly status: number; readonly body?: unknown; readonly raw?: string; readonly location?: string }
  /** Takes the request and says nothing. */
  | 'no answer'
  /** Takes the request and hangs up. */
  | 'reset'
  /** Headers, and half of a body. */
  | 'half an answer';

export interface RawStripe {
  readonly baseUrl: string;
  readonly seen: SeenRequest[];
  script: (request: SeenRequest) => RawAnswer;
  close(): Promise<void>;
}

/** A server that answers what a test says, so that what is sent can be looked at field by field. */
export async function startRawStripe(): Promise<RawStripe> {
  const server = createServer((request, response) => void respond(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));

  async function respond(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '', 'http://stripe.invalid');
    const one: SeenRequest = {
      call: `${request.method} ${url.pathname}`,
      query: Object.fromEntries(url.searchParams),
      headers: request.headers,
      form: Object.fromEntries(new URLSearchParams(await text(request))),
    };
    raw.seen.push(one);
    const answer = raw.script(one);
    if (answer === 'no answer') return;
    if (answer === 'reset') {
      request.socket.resetAndDestroy();
      return;
    }
    if (answer === 'half an answer') {
      response.writeHead(200, { 'content-type': 'application/json' }).write('{"id":');
      return;
    }
    response.statusCode = answer.status;
    response.setHeader('content-type', 'application/json');
    response.setHeader('request-id', 'req_1');
    if (answer.location !== undefined) response.setHeader('location', answer.location);
    response.end(answer.raw ?? JSON.stringify(answer.body));
  }

  const raw: RawStripe = {
    baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen: [],
    script: () => ({
      status: 404,
      body: { error: { type: 'invalid_request_error', code: 'resource_missing' } },
    }),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return raw;
}
