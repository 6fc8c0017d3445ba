import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type FaultyLine, openFaultyLine } from '../e2e/support/faulty-line.ts';
import type { SupervisedService } from '../scripts/start/supervisor.ts';
import { type SystemAddresses, startSystem } from '../scripts/start/system.ts';

export const TOTEMS = ['totem-1', 'totem-2'] as const;
export type TotemName = (typeof TOTEMS)[number];

/** A running shop of two totems as `npm start` makes it, with its lines, processes and disks within reach. */
export interface ChaosShop {
  readonly addresses: SystemAddresses;
  readonly dataDir: string;
  /** By their ends: `totem-1 sync-server`, `sync-server provider`, `totem-1 printer-1`, … */
  readonly lines: ReadonlyMap<string, FaultyLine>;
  /** Small file systems of their own; empty where this user may not mount. */
  readonly disks: readonly SmallDisk[];
  service(name: string): SupervisedService;
  /** The process of a service, or `postgres`. Throws ENOENT while there is none. */
  pidOf(service: string): number;
  close(keep: boolean): Promise<void>;
}

export interface SmallDisk {
  readonly owner: string;
  /** Takes its last block. */
  fill(): void;
  free(): void;
}

/** Long enough for a hurried customer, short enough that late money and expired codes come within a run. */
const PIX_EXPIRES_SECONDS = 30;
/** A totem keeps 16 MiB free; a cluster of PostgreSQL begins with some 60. */
const DISK_SIZES = { 'totem-2': '64m', server: '512m' } as const;

/** @throws StartupFailure */
export async function openChaosShop(say: (line: string) => void): Promise<ChaosShop> {
  const dataDir = mkdtempSync(join(tmpdir(), 'totem-chaos-'));
  // PostgreSQL runs as another user under root.
  chmodSync(dataDir, 0o755);
  const disks = Object.entries(DISK_SIZES).flatMap(([owner, size]) => mountDisk(dataDir, owner, size));
  const lines = new Map<string, FaultyLine>();
  const between = async (from: string, to: string, address: string): Promise<string> => {
    const { protocol, host, pathname } = new URL(address);
    const name = `${from} ${to}`;
    const line = lines.get(name) ?? (await openFaultyLine(`${protocol}//${host}`));
    lines.set(name, line);
    return pathname === '/' || pathname === '' ? line.address : `${line.address}${pathname}`;
  };
  const options = {
    dataDir,
    headless: true,
    json: true,
    portBase: 0,
    totems: TOTEMS.length,
    printer: 'virtual',
    pixExpiresSeconds: PIX_EXPIRES_SECONDS,
  };
  const cleanUp = async (keep: boolean): Promise<void> => {
    for (const line of lines.values()) await line.close();
    if (keep) return;
    for (const disk of disks) spawnSync('umount', ['-l', join(dataDir, disk)]);
    rmSync(dataDir, { recursive: true, force: true });
  };
  const system = await startSystem(options, say, null, between).catch(async (error: unknown) => {
    await cleanUp(false);
    throw error;
  });
  return {
    addresses: system.addresses,
    dataDir,
    lines,
    disks: disks.map((disk) => smallDisk(dataDir, disk)),
    service: system.service,
    pidOf: (service) => {
      const file =
        service === 'postgres'
          ? join(dataDir, 'server', 'postgres', 'cluster', 'postmaster.pid')
          : join(dataDir, 'logs', `${service}.pid`);
      return Number(readFileSync(file, 'utf8').split('\n')[0]);
    },
    close: async (keep) => {
      await system.stop();
      await cleanUp(keep);
    },
  };
}

function mountDisk(dataDir: string, owner: string, size: string): string[] {
  const folder = join(dataDir, owner);
  mkdirSync(folder);
  const { status } = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${size},mode=755`, 'tmpfs', folder]);
  return status === 0 ? [owner] : [];
}

function smallDisk(dataDir: string, owner: string): SmallDisk {
  const filler = join(dataDir, owner, 'filler');
  return {
    owner,
    fill: () => {
      for (const bytes of [1_000_000, 4_096]) {
        try {
          for (;;) writeFileSync(filler, Buffer.alloc(bytes), { flag: 'a' });
        } catch (error) {
          if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
        }
      }
    },
    free: () => rmSync(filler, { force: true }),
  };
}
