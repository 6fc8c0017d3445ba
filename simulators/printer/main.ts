import process from 'node:process';
import { z } from 'zod';
import { createLog } from '../../platform/log.ts';
import { runService, StartupFailure } from '../../platform/service.ts';
import { systemClock } from '../../platform/system.ts';
import { startVirtualPrinter } from './printer.ts';

const Port = z.coerce.number().int().min(0).max(65_535);

const Environment = z.object({
  TOTEM_HOST: z.string().min(1).default('127.0.0.1'),
  /** Raw TCP; 9100 is what receipt printers listen on. */
  TOTEM_PRINTER_PORT: Port.default(9100),
  TOTEM_PRINTER_PAGE_PORT: Port.default(9101),
  TOTEM_DATA_DIR: z.string().min(1),
});

await runService('virtual-printer', async () => {
  const environment = Environment.safeParse(process.env);
  if (!environment.success)
    throw new StartupFailure(z.prettifyError(environment.error).replaceAll('\n', ' '));
  const { TOTEM_HOST, TOTEM_PRINTER_PORT, TOTEM_PRINTER_PAGE_PORT, TOTEM_DATA_DIR } = environment.data;
  const printer = await startVirtualPrinter({
    host: TOTEM_HOST,
    port: TOTEM_PRINTER_PORT,
    pagePort: TOTEM_PRINTER_PAGE_PORT,
    dataDir: TOTEM_DATA_DIR,
    clock: systemClock,
    log: createLog('virtual-printer'),
  });
  return {
    addresses: { printer: printer.pageUrl, escpos: printer.escposUrl },
    close: () => printer.close(),
  };
});
