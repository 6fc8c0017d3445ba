import type { Clock, RandomBytes } from '../domain/clock.ts';
import type { Log } from '../platform/log.ts';
import { createPersonalDataBox, loadOrCreateKey } from '../platform/personal-data.ts';
import { kioskPaths, lockKioskFolder } from './data-folder.ts';
import { createEngine, type Engine } from './engine.ts';
import type { Printer } from './printing/printer.ts';
import { KIOSK_MIGRATIONS_FOLDER } from './store/migrate.ts';
import { openKioskStore } from './store/store.ts';
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
  readonly fetch?: typeof globalThis.fetch;
}

/** One totem on its data folder: the engine, and the files that it lives on. */
export type Kiosk = Engine;

/**
 * Opens the data folder and wires the engine; nothing moves before `start`. `close` gives the folder back.
 * @throws StartupFailure when the folder is in use, or its database belongs to a newer version
 */
export function createKiosk(options: KioskOptions): Kiosk {
  const { dataDir, clock, randomBytes } = options;
  const paths = kioskPaths(dataDir);
  const folder = lockKioskFolder(dataDir);
  try {
    const store = openKioskStore({
      file: paths.database,
      migrationsFolder: KIOSK_MIGRATIONS_FOLDER,
      clock,
      randomBytes,
    });
    const engine = createEngine({
      ...options,
      store,
      client: createServerClient(options),
      personalData: createPersonalDataBox(loadOrCreateKey(paths.personalDataKey)),
    });
    return {
      ...engine,
      async close() {
        await engine.close();
        store.close();
        folder.release();
      },
    };
  } catch (error) {
    folder.release();
    throw error;
  }
}
