import { createServer } from 'node:net';
import { StartupFailure } from '../../platform/service.ts';

const HOST = '127.0.0.1';
/** What an earlier start, killed a moment ago, may still need to let go of its ports. */
const RELEASE_WAIT_MS = 4_000;
const RETRY_MS = 200;

export interface TotemPorts {
  readonly kiosk: number;
  readonly printerPage: number;
  readonly printer: number;
}

export interface Ports {
  readonly server: number;
  readonly provider: number;
  readonly postgres: number;
  readonly mailPage: number;
  readonly mail: number;
  readonly totems: readonly TotemPorts[];
}

/**
 * The ports of all services, fixed before any of them starts, so that one that is started again keeps its address.
 * @throws StartupFailure naming the first port that is taken
 */
export async function assignPorts(base: number, totems: number): Promise<Ports> {
  if (base === 0) return freePorts(totems);
  const ports: Ports = {
    server: base + 1,
    provider: base + 2,
    postgres: base + 5,
    mailPage: base + 6,
    mail: base + 7,
    totems: Array.from({ length: totems }, (_, index) => ({
      kiosk: base + 10 * index,
      printerPage: base + 10 * index + 3,
      printer: base + 10 * index + 4,
    })),
  };
  // PostgreSQL is left out: one that outlived a killed server keeps its port and is taken over.
  const needed = [
    ports.server,
    ports.provider,
    ports.mailPage,
    ports.mail,
    ...ports.totems.flatMap((totem) => [totem.kiosk, totem.printerPage, totem.printer]),
  ];
  for (const port of needed) {
    if (!(await becomesFree(port)))
      throw new StartupFailure(
        `port ${port} is in use: stop the program that holds it, or choose other ports with --port-base`,
      );
  }
  return ports;
}

async function freePorts(totems: number): Promise<Ports> {
  const count = 5 + totems * 3;
  // Held together until all are known, so that no two are the same.
  const held = await Promise.all(Array.from({ length: count }, () => listen(0)));
  const numbers = held.map((holder) => holder.port);
  await Promise.all(held.map((holder) => holder.release()));
  const next = (): number => numbers.pop() ?? 0;
  return {
    server: next(),
    provider: next(),
    postgres: next(),
    mailPage: next(),
    mail: next(),
    totems: Array.from({ length: totems }, () => ({ kiosk: next(), printerPage: next(), printer: next() })),
  };
}

async function becomesFree(port: number): Promise<boolean> {
  for (let waitedMs = 0; waitedMs <= RELEASE_WAIT_MS; waitedMs += RETRY_MS) {
    try {
      await (await listen(port)).release();
      return true;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
  }
  return false;
}

interface HeldPort {
  readonly port: number;
  release(): Promise<void>;
}

function listen(port: number): Promise<HeldPort> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(port, HOST, () => {
      const address = server.address();
      if (address === null || typeof address === 'string') return reject(new Error('not a TCP address'));
      resolve({
        port: address.port,
        release: () => new Promise((released) => server.close(() => released())),
      });
    });
  });
}
