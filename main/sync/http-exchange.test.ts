import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { z } from 'zod';
import { systemClock } from '../../platform/system.ts';
import { collectAll } from '../testing/collect-garbage.ts';
import { createHttpExchange, type HttpExchange } from './http-exchange.ts';
import { createServerTime } from './server-time.ts';

/** Begins every answer and never ends it, as a server does that was frozen, or whose line is gone without a word. */
let server: Server;
let exchange: HttpExchange;

beforeEach(async () => {
  server = createServer((request, response) => {
    response.writeHead(200, {
      'content-type': request.url === '/stream' ? 'text/event-stream' : 'application/json',
    });
    response.write(request.url === '/stream' ? ': hello\n\n' : '{"serverTime":');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  exchange = createHttpExchange({
    syncUrl: `http://127.0.0.1:${port}`,
    credentials: { status: () => 'enrolled', authorization: async () => 'Bearer x', refused: () => {} },
    serverTime: createServerTime(systemClock),
    clock: systemClock,
  });
});

afterEach(async () => {
  exchange.close();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

test('a stream that fell silent can be given up, also after the garbage collector has taken its request', async () => {
  const giveUp = new AbortController();
  const answer = await exchange.stream('text/event-stream', giveUp.signal, (http, common) =>
    http.get('stream', common),
  );
  if (!answer.ok) throw new Error(answer.failure.message);
  const reader = answer.value.getReader();
  await reader.read();
  const next = reader.read().then(
    () => 'went on',
    () => 'given up',
  );
  await collectAll();
  giveUp.abort();
  await expect(next).resolves.toBe('given up');
});

test('an answer that stops half-way meets its limit, also after the garbage collector has taken its request', async () => {
  const answer = exchange.ask(z.object({}), 500, (http, common) => http.get('half', common));
  await collectAll();
  await expect(answer).resolves.toMatchObject({
    ok: false,
    failure: { kind: 'unreachable', message: 'no answer within 500 ms' },
  });
});
