import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';

/** A call to the bank, and what the bank answered to it. */
export interface BankAnswer {
  readonly method: string;
  /** With its query. */
  readonly path: string;
  readonly status: number;
  readonly body: unknown;
}

/** What becomes of an answer: another one, or none at all (`silence`), or its bytes one by one (`drip`). */
export type Lie = (answer: BankAnswer) => { status?: number; body?: unknown } | 'silence' | 'drip' | null;

/** A request that has not reached the bank yet. */
export type UnsentCall = Pick<BankAnswer, 'method' | 'path'>;

/** Lets a request wait on its way; what it resolves to is answered in the bank's place, which never hears of it. */
export type Stop = (call: UnsentCall) => Promise<{ status: number; body: unknown } | null> | null;

/** Stands between server and bank: passes everything on, and has its own way with the answers. */
export interface LyingBank {
  readonly url: string;
  /** Asked of each request before it is passed on; null lets all pass. */
  stop(stop: Stop | null): void;
  /** The first that has something to say has it; null tells the truth again. */
  lie(lie: Lie | null): void;
  /** The calls since the last look. */
  takeCalls(): readonly BankAnswer[];
  close(): Promise<void>;
}

const DRIP_EVERY_MS = 50;

export async function startLyingBank(bankUrl: string): Promise<LyingBank> {
  let lie: Lie | null = null;
  let stop: Stop | null = null;
  let calls: BankAnswer[] = [];
  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => response.destroy(error as Error));
  });

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = 'GET', url: path = '/' } = request;
    const sent = await buffer(request);
    const stopped = await stop?.({ method, path });
    if (stopped != null) {
      response.writeHead(stopped.status, { 'content-type': 'application/json' });
      response.end(JSON.stringify(stopped.body));
      return;
    }
    const truth = await fetch(`${bankUrl}${path}`, {
      method,
      headers: Object.fromEntries(
        ['authorization', 'content-type'].flatMap((name) => {
          const value = request.headers[name];
          return value === undefined ? [] : [[name, String(value)]];
        }),
      ),
      ...(sent.length === 0 ? {} : { body: sent }),
    });
    const text = await truth.text();
    const known = { method, path, status: truth.status, body: text === '' ? null : JSON.parse(text) };
    calls.push(known);
    const told = lie?.(known) ?? {};
    if (told === 'silence') return;
    const json = told === 'drip' ? text : JSON.stringify('body' in told ? told.body : known.body);
    response.writeHead(told === 'drip' ? known.status : (told.status ?? known.status), {
      'content-type': 'application/json',
    });
    if (told === 'drip') drip(response, json);
    else response.end(json);
  }

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    lie(next) {
      lie = next;
    },
    stop(next) {
      stop = next;
    },
    takeCalls() {
      const taken = calls;
      calls = [];
      return taken;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** Always a byte more, never the last one. */
function drip(response: ServerResponse, text: string): void {
  let at = 0;
  const timer = setInterval(() => {
    response.write(text[Math.min(at, text.length - 2)] ?? ' ');
    at += 1;
  }, DRIP_EVERY_MS);
  response.once('close', () => clearInterval(timer));
}
