import process from 'node:process';
import { createLog } from '../platform/log.ts';
import type { RunningService } from '../platform/service.ts';
import { systemClock, systemRandom } from '../platform/system.ts';
import { type PrinterConfig, readConfig } from './config.ts';
import { kioskPaths } from './data-folder.ts';
import { startHttpHost } from './http-host/http-host.ts';
import { createKiosk, type Kiosk } from './kiosk.ts';
import { createEscposTcpPrinter } from './printing/escpos-tcp-printer.ts';
import { createMockPrinter } from './printing/mock-printer.ts';
import type { Printer } from './printing/printer.ts';

/** Any code but 0: the supervisor starts the kiosk again, and its start sets the database aside. */
const EXIT_DAMAGED = 70;

/** The service, and the engine in it for a shell that talks to it without HTTP. */
export interface KioskService extends RunningService, Pick<Kiosk, 'execute' | 'subscribe'> {}

/**
 * Starts the engine and its HTTP host, as the environment says.
 * @throws StartupFailure on wrong configuration or a data folder in use; EADDRINUSE when the port is taken
 */
export async function startKioskService(environment: NodeJS.ProcessEnv): Promise<KioskService> {
  const config = readConfig(environment);
  const log = createLog('kiosk');
  const kiosk = createKiosk({
    ...config,
    printer: createPrinter(config.printer, config.dataDir),
    clock: systemClock,
    randomBytes: systemRandom,
    log,
    // Not a close in good order: nothing may be written to that file any more.
    onDamaged: () => process.exit(EXIT_DAMAGED),
  });
  try {
    const { host, port, rendererDir } = config;
    const httpHost = await startHttpHost({ kiosk, host, port, rendererDir, clock: systemClock, log });
    // Only now: a kiosk whose port is taken must not have printed or sent anything.
    kiosk.start();
    return {
      execute: kiosk.execute,
      subscribe: kiosk.subscribe,
      addresses: httpHost.urls,
      async close() {
        await httpHost.close();
        await kiosk.close();
      },
    };
  } catch (error) {
    await kiosk.close();
    throw error;
  }
}

function createPrinter(config: PrinterConfig, dataDir: string): Printer {
  if (config.kind === 'mock') return createMockPrinter(kioskPaths(dataDir).mockPapers);
  return createEscposTcpPrinter({ host: config.host, port: config.port, clock: systemClock });
}
