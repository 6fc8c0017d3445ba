import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { type SystemAddresses, startSystem } from '../../scripts/start/system.ts';
import { type FaultyLine, openFaultyLine } from './faulty-line.ts';
import { makeDataDir } from './shop.ts';

/** A shop whose services reach each other by lines that a test can break. */
export interface ShopOnLines {
  readonly addresses: SystemAddresses;
  readonly dataDir: string;
  /** All lines from one service to another: `line('totem-1', 'sync-server')`, `line('sync-server', 'provider')`. */
  line(from: string, to: string): FaultyLine;
  readonly lines: readonly FaultyLine[];
  /** Signals one service, or `postgres`. Throws ESRCH or ENOENT when it has just fallen. */
  signal(service: string, signal: NodeJS.Signals): void;
  /** Stops it and deletes its folder. */
  close(): Promise<void>;
}

export interface ShopOnLinesOptions {
  readonly totems?: number;
  readonly pixExpiresSeconds?: number;
  readonly dataDir?: string;
  readonly say?: (line: string) => void;
}

/** The screens must have been built. */
export async function openShopOnLines({
  totems = 1,
  pixExpiresSeconds = 300,
  dataDir = makeDataDir(),
  say = () => undefined,
}: ShopOnLinesOptions = {}): Promise<ShopOnLines> {
  const lines = new Map<string, FaultyLine>();
  const lineBetween = async (from: string, to: string, address: string): Promise<string> => {
    // One port is one line, whatever path is asked for on it.
    const key = `${from} ${to}`;
    const { protocol, host, pathname } = new URL(address);
    const line = lines.get(key) ?? (await openFaultyLine(`${protocol}//${host}`));
    lines.set(key, line);
    return pathname === '/' || pathname === '' ? line.address : `${line.address}${pathname}`;
  };
  const options = {
    dataDir,
    headless: true,
    json: true,
    portBase: 0,
    totems,
    printer: 'virtual',
    pixExpiresSeconds,
  };
  const system = await startSystem(options, say, null, lineBetween);
  return {
    addresses: system.addresses,
    dataDir,
    lines: [...lines.values()],
    line: (from, to) => {
      const line = lines.get(`${from} ${to}`);
      if (line === undefined) throw new Error(`there is no line from ${from} to ${to}`);
      return line;
    },
    signal: (service, signal) => {
      process.kill(pidOf(dataDir, service), signal);
    },
    close: async () => {
      await system.stop();
      for (const line of lines.values()) await line.close();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

export function pidOf(dataDir: string, service: string): number {
  const file =
    service === 'postgres'
      ? join(dataDir, 'server', 'postgres', 'cluster', 'postmaster.pid')
      : join(dataDir, 'logs', `${service}.pid`);
  return Number(readFileSync(file, 'utf8').split('\n')[0]);
}
