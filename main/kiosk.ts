import type { Clock, RandomBytes } from '../domain/clock.ts';
import type { Log } from '../platform/log.ts';
import { createPersonalDataBox, loadOrCreateKey } from '../platform/personal-data.ts';
import { kioskPaths } from './data-folder.ts';
import type { NetworkPort } from './diagnostics/layers.ts';
import { systemNetwork } from './diagnostics/system-network.ts';
import { createEngine, type Engine } from './engine.ts';
import { openKioskDisk, withDiskAdvice } from './kiosk-disk.ts';
import type { Printer } from './printing/printer.ts';
import { createServerClient } from './sync/server-client.ts';

export interface KioskOptions {
  readonly dataDir: string;
  readonly kioskId: string;
  /** The sync server's base address. */
  readonly syncUrl: string;
  readonly token: string;
  /** Four to eight digits. */
  readonly technicianPin: string;
  readonly printer: Printer;
  readonly clock: Clock;
  readonly randomBytes: RandomBytes;
  readonly log: Log;
  /** The database went bad while it was in use. The program has to end: the next start mends it. */
  readonly onDamaged: () => void;
  readonly fetch?: typeof globalThis.fetch;
  /** This machine's own interfaces, where nothing else is given. */
  readonly network?: NetworkPort;
}

/** One totem on its data folder: the engine, and the files that it lives on. */
export type Kiosk = Engine;

/**
 * Opens the data folder and wires the engine; nothing moves before `start`. `close` gives the folder back.
 * @throws StartupFailure when the folder is in use, its database belongs to a newer version, its key is damaged, or its
 * disk does not let it live
 */
export function createKiosk(options: KioskOptions): Kiosk {
  const { dataDir } = options;
  const paths = kioskPaths(dataDir);
  const disk = openKioskDisk(options);
  try {
    const engine = createEngine({
      network: systemNetwork,
      ...options,
      store: disk.store,
      backups: disk.backups,
      client: createServerClient(options),
      personalData: createPersonalDataBox(
        withDiskAdvice(dataDir, () => loadOrCreateKey(paths.personalDataKey)),
      ),
    });
    return {
      ...engine,
      start() {
        engine.start();
        disk.backups.start();
      },
      async close() {
        await engine.close();
        await disk.close();
      },
    };
  } catch (error) {
    disk.release();
    throw error;
  }
}
