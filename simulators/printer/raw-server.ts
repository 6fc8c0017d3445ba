import { createServer, type Server, type Socket } from 'node:net';
import type { Log } from '../../platform/log.ts';
import type { Mechanism } from './mechanism.ts';

export interface RawServer {
  readonly port: number;
  /** Connections that are open now. */
  connections(): number;
  /** Refuses new connections and breaks the open ones, as a printer that is switched off. */
  switchOff(): Promise<void>;
  /** Listens again, on the same port. */
  switchOn(): Promise<void>;
}

/** Real printers serve one sender, some a handful. */
const MAX_CONNECTIONS = 16;

/** The network side of the printer: raw TCP, as on port 9100. Port 0 takes any free one. Rejects when it is taken. */
export async function startRawServer(options: {
  readonly host: string;
  readonly port: number;
  readonly mechanism: Mechanism;
  readonly log: Log;
  /** Called when a connection has come or gone. */
  readonly onConnections: () => void;
}): Promise<RawServer> {
  const { host, port, mechanism, log, onConnections } = options;
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    onConnections();
    socket.on('close', () => {
      sockets.delete(socket);
      onConnections();
    });
    feed(socket, mechanism, log);
  });
  server.maxConnections = MAX_CONNECTIONS;
  await listen(server, host, port);
  const address = server.address();
  if (address === null || typeof address === 'string')
    throw new Error('a TCP server has an address and a port');
  return {
    port: address.port,
    connections: () => sockets.size,
    async switchOff() {
      if (!server.listening) return;
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
    async switchOn() {
      if (!server.listening) await listen(server, host, address.port);
    },
  };
}

/** Hands the bytes of one connection to the mechanism, and its answers back. */
function feed(socket: Socket, mechanism: Mechanism, log: Log): void {
  const stream = mechanism.attach({
    reply: (byte) => {
      if (socket.writable) socket.write(Buffer.from([byte]));
    },
    drop: () => socket.resetAndDestroy(),
  });
  socket.on('data', (bytes) => stream.receive(bytes));
  // A sender that breaks off is daily life of a printer; 'close' follows.
  socket.on('error', (error) => log.debug({ err: error }, 'connection broke'));
  socket.on('close', () => stream.ended());
}

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve();
    });
  });
}
