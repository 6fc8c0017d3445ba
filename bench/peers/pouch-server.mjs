// PouchDB's own server, on LevelDB, as the service that the bench starts. The database "feed" is filled before it says
// that it is ready.
import { mkdirSync } from 'node:fs';
import { createServer } from 'node:http';
import express from 'express';
import createPouchApp from 'express-pouchdb';
import PouchDB from 'pouchdb';
import { runService } from '../../platform/service.ts';
import { sampleFeed } from '../sample-events.ts';
import { BATCH, toDocuments } from './documents.mjs';

await runService('pouchdb', async () => {
  const folder = process.env.BENCH_FOLDER ?? '';
  mkdirSync(folder, { recursive: true });
  const Databases = PouchDB.defaults({ prefix: `${folder}/` });
  const feed = new Databases('feed');
  const entries = sampleFeed(Number(process.env.BENCH_EVENTS), 1, {
    serviceId: process.env.BENCH_SERVICE_ID ?? '',
    kioskId: process.env.BENCH_KIOSK_ID ?? '',
  });
  const documents = toDocuments(entries, (entry) => entry.payload.ticket.ticketId);
  for (let at = 0; at < documents.length; at += BATCH) await feed.bulkDocs(documents.slice(at, at + BATCH));

  const app = express();
  app.use(
    createPouchApp(Databases, {
      configPath: `${folder}/config.json`,
      logPath: `${folder}/log.txt`,
      // The least it can do and still replicate: no log-in, no admin page.
      mode: 'minimumForPouchDB',
    }),
  );
  const server = createServer(app);
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    addresses: { pouch: `http://127.0.0.1:${server.address().port}` },
    async close() {
      server.close();
      server.closeAllConnections();
      await feed.close();
    },
  };
});
