import type { Clock, RandomBytes } from '../domain/clock.ts';
import type { Log } from '../platform/log.ts';
import { createPersonalDataBox, loadOrCreateKey } from '../platform/personal-data.ts';
import { kioskPaths } from './data-folder.ts';
import type { NetworkPort } from './diagnostics/layers.ts';
import { systemNetwork } from './diagnostics/system-network.ts';
import { createEngine, type Engine } from './engine.ts';
import { createFileIdentity } from './identity/file-identity.ts';
import { createFirstEnrolment } from './identity/first-enrolment.ts';
import { mayFolderBecome } from './identity/folder-owner.ts';
import { openKioskDisk, withDiskAdvice } from './kiosk-disk.ts';
import type { Printer } from './printing/printer.ts';
import { createServerClient } from './sync/server-client.ts';
import { createServerTime } from './sync/server-time.ts';

export interface KioskOptions {
  readonly dataDir: string;
  /** The sync server's base address. */
  readonly syncUrl: string;
  /** Used once, while there is no identity yet. */
  readonly enrolmentCode?: string | undefined;
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
 * @throws StartupFailure when the folder is in use, its database belongs to a newer version, its key or its identity is damaged, or its
 * disk does not let it live
 */
export function createKiosk(options: KioskOptions): Kiosk {
  const { dataDir, syncUrl, clock, randomBytes, log, enrolmentCode } = options;
  const paths = kioskPaths(dataDir);
  const disk = openKioskDisk(options);
  try {
    const serverTime = createServerTime(clock);
    const identity = createFileIdentity({
      file: paths.identity,
      clock,
      randomBytes,
      serverTime,
      ask: (request) => client.enrol(request),
      mayBecome: (next, before) => mayFolderBecome(disk.store, next, before),
      log,
    });
    const client = createServerClient({
      syncUrl,
      credentials: identity,
      serverTime,
      clock,
      ...(options.fetch === undefined ? {} : { fetch: options.fetch }),
    });
    const firstEnrolment =
      enrolmentCode === undefined
        ? null
        : createFirstEnrolment({ identity, code: enrolmentCode, clock, randomBytes, log });
    const engine = createEngine({
      network: systemNetwork,
      ...options,
      store: disk.store,
      backups: disk.backups,
      identity,
      serverTime,
      client,
      personalData: createPersonalDataBox(
        withDiskAdvice(dataDir, () => loadOrCreateKey(paths.personalDataKey)),
      ),
    });
    return {
      ...engine,
      start() {
        engine.start();
        firstEnrolment?.start();
        disk.backups.start();
      },
      async close() {
        firstEnrolment?.stop();
        await engine.close();
        await disk.close();
      },
    };
  } catch (error) {
    disk.release();
    throw error;
  }
}
