import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

export interface SeenCall {
  readonly method: string;
  /** With the query. */
  readonly path: string;
  readonly body: unknown;
}

export type ScriptedAnswer = { readonly status: number; readonly body?: unknown } | 'no answer';

export interface ScriptedBank {
  readonly origin: string;
  /** All calls but those for tokens. */
  readonly calls: SeenCall[];
  /** Those for tokens: path with query, and form. */
  readonly tokenCalls: { readonly path: string; readonly form: string }[];
  answer: (call: SeenCall) => ScriptedAnswer;
  close(): Promise<void>;
}

/** A bank over real HTTP that says what a test tells it to. */
export async function startScriptedBank(): Promise<ScriptedBank> {
  const server = createServer(async (request, response) => {
    const body = await text(request);
    const path = request.url ?? '';
    if (path.startsWith('/oauth/token')) {
      bank.tokenCalls.push({ path, form: body });
      response.end(JSON.stringify({ access_token: 'token', token_type: 'Bearer', expires_in: 600 }));
      return;
    }
    const call = { method: request.method ?? '', path, body: body === '' ? undefined : JSON.parse(body) };
    bank.calls.push(call);
    const answer = bank.answer(call);
    if (answer === 'no answer') return;
    response
      .writeHead(answer.status, { 'content-type': 'application/json' })
      .end(JSON.stringify(answer.body ?? {}));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const bank: ScriptedBank = {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    calls: [],
    tokenCalls: [],
    answer: () => ({ status: 404, body: problem('NaoEncontrado', 404) }),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return bank;
}

export function problem(type: string, status: number): Record<string, unknown> {
  return { type: `https://pix.bcb.gov.br/api/v2/error/${type}`, title: type, status, detail: 'detalhe' };
}
