import process from 'node:process';
import { newId } from '../../../domain/ids.ts';
import { silentLog } from '../../../platform/log.ts';
import { systemClock, systemRandom } from '../../../platform/system.ts';
import { openDatabase } from '../../db/database.ts';
import { createInboxWriter } from '../inbox-writer.ts';

// Writes to the inbox until it is killed, and tells its parent of each item that was answered as stored; in the mode
// `early` before it was, which is the fault that the test must be able to see.
const [, , url = '', mode] = process.argv;
const inbox = createInboxWriter(
  openDatabase(url, () => undefined),
  silentLog,
  () => undefined,
);

async function produce(): Promise<never> {
  for (;;) {
    const inboxId = newId(systemClock, systemRandom);
    if (mode === 'early') process.send?.(inboxId);
    const outcome = await inbox.write({
      inboxId,
      provider: 'bacen-pix',
      dedupeKey: inboxId,
      path: '',
      receivedAtMs: systemClock.nowMs(),
      body: Buffer.from('{}'),
      headers: {},
    });
    if (outcome === 'stored' && mode !== 'early') process.send?.(inboxId);
  }
}

for (let producer = 0; producer < 16; producer += 1) void produce();
