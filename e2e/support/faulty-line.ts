import { connect, createServer, type Server, type Socket } from 'node:net';

/**
 * What a line does to connections, those that exist included: `open` carries, `refused` resets at once, `silent` takes
 * everything and brings nothing anywhere, `deaf` brings requests there and no answer back, `slow` holds each piece back
 * for `delayMs`.
 */
export type LineState = 'open' | 'refused' | 'silent' | 'deaf' | 'slow';

/** A TCP line between two services that a test can break. */
export interface FaultyLine {
  /** The address that takes the place of the one that is reached by it. */
  readonly address: string;
  set(state: LineState, delayMs?: number): void;
  /** Resets every connection; new ones are carried as the state says. */
  cut(): void;
  /** Ends the answers' direction of every connection, as a proxy does that goes away in good order. */
  halfClose(): void;
  close(): Promise<void>;
}

interface Carried {
  readonly near: Socket;
  readonly far: Socket;
}

/** @param target an HTTP address; its path is kept */
export async function openFaultyLine(target: string): Promise<FaultyLine> {
  const url = new URL(target);
  const behind = { host: url.hostname, port: Number(url.port) };
  const carried = new Set<Carried>();
  let state: LineState = 'open';
  let delayMs = 0;

  const server = createServer({ allowHalfOpen: true }, (near) => {
    if (state === 'refused') {
      near.resetAndDestroy();
      return;
    }
    const far = connect({ ...behind, allowHalfOpen: true });
    const pair = { near, far };
    carried.add(pair);
    carryOneWay(near, far, () => ({ arrives: state !== 'silent', delayMs: heldBackMs() }));
    carryOneWay(far, near, () => ({
      arrives: state !== 'silent' && state !== 'deaf',
      delayMs: heldBackMs(),
    }));
    for (const socket of [near, far]) {
      // A reset is what this line is made for; `close` follows and takes the other end along.
      socket.on('error', () => undefined);
      socket.on('close', () => {
        near.destroy();
        far.destroy();
        carried.delete(pair);
      });
    }
  });
  const heldBackMs = (): number => (state === 'slow' ? delayMs : 0);
  const cut = (): void => {
    for (const { near, far } of carried) {
      near.resetAndDestroy();
      far.destroy();
    }
  };

  await listen(server);
  url.port = String(portOf(server));
  return {
    // Without a path, as it was given.
    address: target.endsWith('/') ? url.href : url.href.replace(/\/$/, ''),
    set: (next, delay = 0) => {
      state = next;
      delayMs = delay;
      if (next === 'refused') cut();
    },
    cut,
    halfClose: () => {
      for (const { near } of carried) near.end();
    },
    close: async () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      cut();
      await closed;
    },
  };
}

/** Pieces stay in order. Where one was lost all later ones are too: a stream cannot miss bytes in its middle. */
function carryOneWay(
  from: Socket,
  to: Socket,
  now: () => { readonly arrives: boolean; readonly delayMs: number },
): void {
  let lost = false;
  let before = Promise.resolve();
  const pass = (give: () => void): void => {
    const { arrives, delayMs } = now();
    lost ||= !arrives;
    if (lost) return;
    before = before.then(async () => {
      if (delayMs > 0) await new Promise((resolve) => setTimeout(resolve, delayMs));
      if (!to.writableEnded && !to.destroyed) give();
    });
  };
  from.on('data', (chunk: Buffer) => pass(() => to.write(chunk)));
  from.on('end', () => pass(() => to.end()));
}

function listen(server: Server): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
}

function portOf(server: Server): number {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('not a TCP address');
  return address.port;
}
