import { join } from 'node:path';
import type { Clock } from '../../domain/clock.ts';
import type { Log } from '../../platform/log.ts';
import { qrMatrix } from '../../platform/qr-matrix.ts';
import { createMechanism } from './mechanism.ts';
import { createPageServer, type PrinterChange, type PrinterListener } from './page-server.ts';
import { openPaperStore, type PaperRecord } from './paper-store.ts';
import { type PrinterMode, PrinterSettings } from './printer-state.ts';
import { startRawServer } from './raw-server.ts';

export interface VirtualPrinter {
  /** `tcp://host:port` */
  readonly escposUrl: string;
  readonly pageUrl: string;
  setMode(mode: PrinterMode, details?: Partial<Omit<PrinterSettings, 'mode'>>): Promise<void>;
  /** Newest first. */
  papers(): readonly PaperRecord[];
  /** Connections that are open now. */
  connections(): number;
  /** Bytes received and not yet printed. */
  bufferedBytes(): number;
  close(): Promise<void>;
}

/**
 * A receipt printer without hardware: ESC/POS over TCP on `port`, its papers and switches as a page and an API on
 * `pagePort`. Port 0 takes any free one. Papers are kept in `dataDir`. Rejects when a port is taken.
 */
export async function startVirtualPrinter(options: {
  readonly host: string;
  readonly port: number;
  readonly pagePort: number;
  readonly dataDir: string;
  readonly clock: Clock;
  readonly log: Log;
}): Promise<VirtualPrinter> {
  const { host, port, pagePort, dataDir, clock, log } = options;
  const listeners = new Set<PrinterListener>();
  const changed = (what: PrinterChange): void => {
    for (const listener of listeners) listener(what);
  };
  const papers = openPaperStore(join(dataDir, 'papers'));
  const mechanism = createMechanism({
    clock,
    qrMatrix,
    onPaper(strip, complete) {
      const paper = papers.add(strip, complete, clock.nowMs());
      log.info({ paper: paper.id, complete, errors: paper.errors }, 'paper printed');
      changed('papers');
    },
  });
  const raw = await startRawServer({ host, port, mechanism, log, onConnections: () => changed('state') });
  const escposUrl = `tcp://${host}:${raw.port}`;

  async function configure(settings: PrinterSettings): Promise<void> {
    mechanism.configure(settings);
    if (settings.mode === 'offline') await raw.switchOff();
    else await raw.switchOn();
    log.info(settings, 'printer mode');
    changed('state');
  }

  const page = createPageServer({
    papers,
    configure,
    report: () => ({
      ...mechanism.settings(),
      escposUrl,
      connections: raw.connections(),
      bufferedBytes: mechanism.bufferedBytes(),
    }),
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  });

  async function close(): Promise<void> {
    await page.close();
    await raw.switchOff();
    mechanism.stop();
  }

  try {
    const pageUrl = await page.listen({ host, port: pagePort });
    return {
      escposUrl,
      pageUrl,
      setMode: (mode, details = {}) => configure(PrinterSettings.parse({ mode, ...details })),
      papers: () => papers.list(),
      connections: () => raw.connections(),
      bufferedBytes: () => mechanism.bufferedBytes(),
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}
