import process from 'node:process';
import { createLog } from '../platform/log.ts';
import { runService } from '../platform/service.ts';
import { systemClock, systemRandom } from '../platform/system.ts';
import { readConfig } from './config.ts';
import { startServer } from './server.ts';

await runService('sync-server', async () => {
  const log = createLog('sync-server');
  const server = await startServer(readConfig(process.env), {
    clock: systemClock,
    randomBytes: systemRandom,
    log,
  });
  return { addresses: server.urls, close: () => server.close() };
});
