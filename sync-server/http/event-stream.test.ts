import { connect } from 'node:net';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { ManualClock } from '../../platform/testing/manual-clock.ts';
import { readEvents } from '../testing/event-reader.ts';
import { testContext } from '../testing/test-context.ts';
import { type App, createApp } from './app.ts';
import { type EventStream, openEventStream } from './event-stream.ts';

let clock: ManualClock;
let app: App;
let port: number;
let streams: EventStream[];

beforeEach(async () => {
  clock = new ManualClock();
  streams = [];
  // These streams tell of nothing that is stored.
  app = await createApp(testContext({ db: undefined as never, clock }));
  app.get('/v1/stream', { config: { access: 'public' } }, async (request, reply) => {
    streams.push(openEventStream(request, reply, clock));
    return reply;
  });
  await app.listen({ port: 0, host: '127.0.0.1' });
  port = (app.server.address() as { port: number }).port;
});
afterEach(() => app.close());

async function nextStream(): Promise<EventStream> {
  await vi.waitUntil(() => streams.length > 0);
  return streams[0] as EventStream;
}

test('Novo SGA #330 (WebSocket broke behind proxies): plain HTTP, not gathered, never silent for long', async () => {
  const socket = connect(port, '127.0.0.1');
  let received = '';
  socket.on('data', (chunk) => {
    received += chunk.toString();
  });
  socket.write('GET /v1/stream HTTP/1.1\r\nhost: x\r\n\r\n');
  const stream = await nextStream();
  await stream.send({ name: 'entry', id: 7, data: { line: 'one\ntwo' } });
  await vi.waitUntil(() => received.includes('event: entry\nid: 7\ndata: {"line":"one\\ntwo"}\n\n'));
  expect(received).not.toContain(': beat');
  clock.advance(25_000);
  await vi.waitUntil(() => received.split(': beat').length === 3);
  expect(received).toContain('x-accel-buffering: no\r\n');
  socket.destroy();
});

/** A client that takes nothing in, and a sender that goes on until it has to stand still. */
async function fillUp(): Promise<{
  leave(): void;
  sent(): number;
  sending: Promise<void>;
  stream: EventStream;
}> {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => undefined);
  socket.pause();
  socket.write('GET /v1/stream HTTP/1.1\r\nhost: x\r\n\r\n');
  const stream = await nextStream();
  const data = 'x'.repeat(1024 * 1024);
  let sent = 0;
  const sending = (async () => {
    while (!stream.closed.aborted) {
      await stream.send({ name: 'entry', data });
      sent += 1;
    }
  })();
  let before = -1;
  await vi.waitUntil(
    () => {
      const still = sent === before;
      before = sent;
      return still;
    },
    { interval: 200, timeout: 60_000 },
  );
  return { leave: () => socket.destroy(), sent: () => sent, sending, stream };
}

test('a client that does not read makes the sender wait, and leaves nothing behind when it goes', async () => {
  const { leave, sent, sending } = await fillUp();
  // The sockets' own buffers take some megabytes.
  expect(sent()).toBeLessThan(64);
  leave();
  await sending;
  expect(app.eventStreams.size).toBe(0);
  expect(clock.pendingTasks).toBe(0);
});

test('closing the app ends streams, also of a client that does not read', async () => {
  const { sending } = await fillUp();
  streams.shift();
  const reader = await readEvents(`http://127.0.0.1:${port}/v1/stream`, {});
  await app.close();
  await Promise.all([reader.ended, sending]);
  expect(app.eventStreams.size).toBe(0);
});
