// PouchDB's replication, kiosk side, on LevelDB.
import PouchDB from 'pouchdb';
import { sampleOutbox } from '../sample-events.ts';
import { readTask, reportTransfer } from '../worker.ts';
import { BATCH, toDocuments } from './documents.mjs';

const task = readTask();
const local = new PouchDB(`${task.folder}/pouch`);

if (task.direction === 'push') {
  const documents = toDocuments(sampleOutbox(task.events, task.round, task), (event) => event.id);
  for (let at = 0; at < documents.length; at += BATCH) await local.bulkDocs(documents.slice(at, at + BATCH));
  const startedAt = performance.now();
  const result = await local.replicate.to(`${task.url}/outbox-${task.round}`, { batch_size: BATCH });
  reportTransfer({ elapsedMs: performance.now() - startedAt, transferred: result.docs_written });
} else {
  const startedAt = performance.now();
  await local.replicate.from(`${task.url}/feed`, { batch_size: BATCH });
  const elapsedMs = performance.now() - startedAt;
  reportTransfer({ elapsedMs, transferred: (await local.info()).doc_count });
}
