import { connect, type Socket } from 'node:net';
import type { Clock } from '../../domain/clock.ts';

/** How long to wait for the printer's side of the good-bye before the socket is dropped. */
const CLOSE_TIMEOUT_MS = 500;
/** Status answers are single bytes; a device that chatters more than this is not a receipt printer. */
const MAX_UNREAD_BYTES = 4096;

/** The connection could not be made, or broke. */
export class PrinterConnectionLost extends Error {
  override name = 'PrinterConnectionLost';
}

/** A raw TCP connection (port 9100) to a printer that answers single status bytes. */
export interface PrinterConnection {
  /** Resolves once the bytes are handed to the network. Rejects PrinterConnectionLost, also after `timeoutMs`. */
  send(bytes: Uint8Array, timeoutMs: number): Promise<void>;
  /** Takes the first byte that `accepts` wants, now or within `timeoutMs`; null when none comes. Rejects PrinterConnectionLost. */
  receive(accepts: (byte: number) => boolean, timeoutMs: number): Promise<number | null>;
  /** Forgets unread bytes: answers that came too late for the question they belong to. */
  discard(unwanted: (byte: number) => boolean): void;
  /** Lets what was sent go out, then closes for sure. */
  close(): Promise<void>;
}

/** Connects within `timeoutMs`; an aborted signal breaks the connection at any time. Rejects PrinterConnectionLost. */
export async function connectPrinter(options: {
  readonly host: string;
  readonly port: number;
  readonly timeoutMs: number;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}): Promise<PrinterConnection> {
  const { host, port, clock, signal } = options;
  const socket = connect({ host, port, noDelay: true });
  const link = followSocket(socket, clock, signal);
  try {
    const connected = new Promise<void>((resolve) => socket.once('connect', resolve));
    await link.within(connected, options.timeoutMs, `no connection within ${options.timeoutMs} ms`);
  } catch (error) {
    socket.destroy();
    throw error;
  }
  return connectionOver(socket, link, clock);
}

interface SocketLink {
  /** Rejects when the connection is lost; never resolves. */
  readonly lost: Promise<never>;
  /** Resolves once the socket is closed. */
  readonly closed: Promise<void>;
  /** The promise, or PrinterConnectionLost when the link breaks or the time is over. */
  within<T>(promise: Promise<T>, timeoutMs: number, complaint: string): Promise<T>;
}

function followSocket(socket: Socket, clock: Clock, signal: AbortSignal): SocketLink {
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  const lost = new Promise<never>((_, reject) => {
    socket.once('error', (error) => reject(new PrinterConnectionLost(error.message, { cause: error })));
    socket.once('close', () => reject(new PrinterConnectionLost('the printer closed the connection')));
    const abort = (): void => {
      reject(new PrinterConnectionLost('interrupted'));
      socket.destroy();
    };
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort, { once: true });
    socket.once('close', () => signal.removeEventListener('abort', abort));
  });
  // Each user of the link awaits it in a race; a link that breaks while nobody looks is no unhandled rejection.
  lost.catch(() => undefined);
  return {
    lost,
    closed,
    async within(promise, timeoutMs, complaint) {
      let cancel = (): void => undefined;
      const timeout = new Promise<never>((_, reject) => {
        cancel = clock.schedule(timeoutMs, () => reject(new PrinterConnectionLost(complaint)));
      });
      try {
        return await Promise.race([promise, lost, timeout]);
      } finally {
        cancel();
      }
    },
  };
}

function connectionOver(socket: Socket, link: SocketLink, clock: Clock): PrinterConnection {
  let unread: number[] = [];
  let onBytes = (): void => undefined;
  socket.on('data', (chunk) => {
    unread = [...unread, ...chunk].slice(-MAX_UNREAD_BYTES);
    onBytes();
  });

  const take = (accepts: (byte: number) => boolean): number | null => {
    const index = unread.findIndex(accepts);
    return index === -1 ? null : (unread.splice(index, 1)[0] ?? null);
  };

  return {
    send: (bytes, timeoutMs) =>
      link.within(
        new Promise<void>((resolve) => {
          // A failed write is told by the socket's error event, which the link follows.
          socket.write(bytes, (error) => {
            if (error == null) resolve();
          });
        }),
        timeoutMs,
        `the printer took no data for ${timeoutMs} ms`,
      ),
    async receive(accepts, timeoutMs) {
      let cancel = (): void => undefined;
      const answer = new Promise<number | null>((resolve) => {
        onBytes = () => {
          const byte = take(accepts);
          if (byte !== null) resolve(byte);
        };
        cancel = clock.schedule(timeoutMs, () => resolve(null));
        onBytes();
      });
      try {
        return await Promise.race([answer, link.lost]);
      } finally {
        onBytes = () => undefined;
        cancel();
      }
    },
    discard(unwanted) {
      unread = unread.filter((byte) => !unwanted(byte));
    },
    async close() {
      socket.end();
      let cancel = (): void => undefined;
      const tooLong = new Promise<void>((resolve) => {
        cancel = clock.schedule(CLOSE_TIMEOUT_MS, resolve);
      });
      await Promise.race([link.closed, tooLong]);
      cancel();
      socket.destroy();
    },
  };
}
