// Ours, kiosk side: the product's own outbox, pusher and feed reader on its own SQLite store, without the screens.
import { join } from 'node:path';
import { openKioskStore } from '../main/store/store.ts';
import { createFeedEffects } from '../main/sync/feed-effects.ts';
import { createFeedReader } from '../main/sync/feed-reader.ts';
import { createOutboxPusher } from '../main/sync/outbox-pusher.ts';
import { createLinkMonitor } from '../main/sync/server-link.ts';
import { createLog } from '../platform/log.ts';
import { createPersonalDataBox } from '../platform/personal-data.ts';
import { systemClock, systemRandom } from '../platform/system.ts';
import { projectDir } from '../scripts/project.ts';
import { openKioskLine } from './kiosk-line.ts';
import { sampleOutbox } from './sample-events.ts';
import { readTask, reportTransfer } from './worker.ts';

const task = readTask();
const clock = systemClock;
const randomBytes = systemRandom;
const log = createLog('bench-kiosk', 'warn');
const store = openKioskStore({
  file: join(task.folder, 'kiosk.db'),
  migrationsFolder: join(projectDir, 'migrations', 'kiosk'),
  clock,
  randomBytes,
});
const { client, serverTime } = openKioskLine(task.identityFile, task.url);
const link = createLinkMonitor(store, clock, serverTime);

if (task.direction === 'push') {
  store.write(() => {
    for (const event of sampleOutbox(task.events, task.round, task)) {
      if (event.kind === 'session.opened') store.outbox.append(event.kind, event.payload);
      else store.outbox.append(event.kind, event.payload);
    }
  });
  const pusher = createOutboxPusher({
    store,
    client,
    link,
    clock,
    randomBytes,
    log,
    onAnswered: () => undefined,
    onSetAside: () => undefined,
  });
  const emptied = committed(() => store.outbox.pending(1).length === 0);
  const startedAt = performance.now();
  pusher.start();
  await emptied;
  const elapsedMs = performance.now() - startedAt;
  pusher.stop();
  reportTransfer({ elapsedMs, transferred: countWhere("outbox WHERE outcome = 'applied'") });
} else {
  const effects = createFeedEffects({
    serverTime,
    store,
    kioskId: () => task.kioskId,
    clock,
    link,
    log,
    personalData: createPersonalDataBox(systemRandom(32)),
    enqueuePaper: () => {
      throw new Error('no payment of this kiosk is in the sample feed');
    },
  });
  const reader = createFeedReader({
    serverTime,
    store,
    client,
    effects,
    link,
    onLevel: () => {},
    clock,
    randomBytes,
    log,
  });
  const level = committed(() => store.sync.read().feedCursor >= task.head);
  const startedAt = performance.now();
  reader.start();
  await level;
  const elapsedMs = performance.now() - startedAt;
  reportTransfer({ elapsedMs, transferred: countWhere('tickets') });
}

/** Resolves at the commit after which `isDone` holds. */
function committed(isDone: () => boolean): Promise<void> {
  return new Promise((resolve) => {
    store.onCommit(() => {
      if (isDone()) resolve();
    });
  });
}

function countWhere(from: string): number {
  return store.db.prepare<[], { count: number }>(`SELECT count(*) AS count FROM ${from}`).get()?.count ?? 0;
}
