import { once } from 'node:events';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Clock } from '../../domain/clock.ts';

/** One client of server-sent events (WHATWG HTML, section 9.2). */
export interface EventStream {
  /** Aborted when the client leaves or the server closes. */
  readonly closed: AbortSignal;
  /** The key of the totem at the other end; null for a person's screen. */
  readonly keyId: string | null;
  /** Waits while the client is slow to read, so that at most one event a client is held in memory. */
  send(event: { readonly name: string; readonly id?: number; readonly data: unknown }): Promise<void>;
  /** Beats now, beside the beats of the clock. */
  beat(): void;
  end(): void;
}

declare module 'fastify' {
  interface FastifyInstance {
    eventStreams: Set<EventStream>;
  }
}

/** Proxies drop a connection that is silent for a minute, and a reader tells a dead one by the missing beat. */
const HEARTBEAT_MS = 10_000;

/** What a stream says when nothing else is to be said. */
export interface StreamBeat {
  readonly everyMs: number;
  /** One server-sent event: made anew at each beat. */
  readonly event: () => { readonly name: string; readonly data: unknown };
}

/** Ends the open streams when the app closes: they would keep it from closing for ever. */
export function trackEventStreams(app: FastifyInstance): void {
  const streams = new Set<EventStream>();
  app.decorate('eventStreams', streams);
  app.addHook('preClose', async () => {
    for (const stream of streams) stream.end();
  });
}

/** Turns the answer to `request` into a stream of events with a heartbeat: a comment, where no `beat` is given. */
export function openEventStream(
  request: FastifyRequest,
  reply: FastifyReply,
  clock: Clock,
  beat?: StreamBeat,
): EventStream {
  const streams = request.server.eventStreams;
  reply.hijack();
  const { raw } = reply;
  raw.writeHead(200, {
    ...(reply.getHeaders() as Record<string, string>),
    'content-type': 'text/event-stream; charset=utf-8',
    // A connection kept alive after the end would hold a graceful close.
    connection: 'close',
    // nginx would gather events otherwise.
    'x-accel-buffering': 'no',
  });
  // The client learns that it is connected, also where the first event takes its time.
  raw.flushHeaders();
  const closed = new AbortController();
  let cancelBeat = scheduleBeat();

  function scheduleBeat(): () => void {
    return clock.schedule(beat?.everyMs ?? HEARTBEAT_MS, () => {
      stream.beat();
      cancelBeat = scheduleBeat();
    });
  }

  const stream: EventStream = {
    closed: closed.signal,
    keyId: request.keyId,
    async send({ name, id, data }) {
      if (closed.signal.aborted) return;
      const idLine = id === undefined ? '' : `id: ${id}\n`;
      if (raw.write(`event: ${name}\n${idLine}data: ${JSON.stringify(data)}\n\n`)) return;
      await once(raw, 'drain', { signal: closed.signal }).catch(() => undefined);
    },
    beat() {
      // A client that does not even take this in is left to the socket's own time-out.
      if (closed.signal.aborted || raw.writableNeedDrain) return;
      const event = beat?.event();
      raw.write(
        event === undefined ? ': beat\n\n' : `event: ${event.name}\ndata: ${JSON.stringify(event.data)}\n\n`,
      );
    },
    // A client that does not read would never take the end.
    end: () => (raw.writableNeedDrain ? raw.destroy() : raw.end()),
  };
  streams.add(stream);
  const close = (): void => {
    cancelBeat();
    closed.abort();
    streams.delete(stream);
  };
  raw.once('close', close);
  raw.once('error', close);
  if (raw.destroyed) close();
  if (request.keyId !== null) request.server.watchKioskStreams();
  return stream;
}
