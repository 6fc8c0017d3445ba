// The naive batch protocol, kiosk side: 500 a request, one durable SQLite transaction each.
import { join } from 'node:path';
import Database from 'better-sqlite3';
import type { FeedEntry } from '../domain/protocol/feed.ts';
import { sampleOutbox } from './sample-events.ts';
import { readTask, reportTransfer, type TransferTask } from './worker.ts';

const BATCH = 500;

const task = readTask();
const db = new Database(join(task.folder, 'naive.db'));
db.pragma('journal_mode = WAL');
db.pragma('synchronous = FULL');
db.exec(`
  CREATE TABLE outbox (position INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL, body TEXT NOT NULL);
  CREATE TABLE received (seq INTEGER PRIMARY KEY, body TEXT NOT NULL);
  CREATE TABLE cursor (only_row INTEGER PRIMARY KEY, seq INTEGER NOT NULL);
  INSERT INTO cursor VALUES (1, 0)`);
if (task.direction === 'push') await push(task);
else await pull(task);

async function push({ url, events, round, serviceId, kioskId }: TransferTask): Promise<void> {
  const insert = db.prepare('INSERT INTO outbox (id, body) VALUES (?, ?)');
  db.transaction(() => {
    for (const event of sampleOutbox(events, round, { serviceId, kioskId })) {
      insert.run(event.id, JSON.stringify(event));
    }
  })();
  const select = db.prepare<[], { position: number; body: string }>(
    `SELECT position, body FROM outbox ORDER BY position LIMIT ${BATCH}`,
  );
  const remove = db.prepare('DELETE FROM outbox WHERE position <= ?');

  const startedAt = performance.now();
  let stored = 0;
  for (let rows = select.all(); rows.length > 0; rows = select.all()) {
    const body = `[${rows.map((row) => row.body).join(',')}]`;
    const answer = (await ask(url, { method: 'POST', body })) as { stored: number };
    stored += answer.stored;
    remove.run(rows.at(-1)?.position);
  }
  reportTransfer({ elapsedMs: performance.now() - startedAt, transferred: stored });
}

async function pull({ url }: TransferTask): Promise<void> {
  const insert = db.prepare('INSERT OR REPLACE INTO received (seq, body) VALUES (?, ?)');
  const move = db.prepare('UPDATE cursor SET seq = ?');
  const store = db.transaction((entries: readonly FeedEntry[]) => {
    for (const entry of entries) insert.run(entry.seq, JSON.stringify(entry));
    move.run(entries.at(-1)?.seq);
  });

  const startedAt = performance.now();
  for (let after = 0; ; ) {
    const entries = (await ask(`${url}/?after=${after}&limit=${BATCH}`, {})) as FeedEntry[];
    const last = entries.at(-1);
    if (last === undefined) break;
    store(entries);
    after = last.seq;
  }
  const elapsedMs = performance.now() - startedAt;
  const counted = db.prepare<[], { count: number }>('SELECT count(*) AS count FROM received').get();
  reportTransfer({ elapsedMs, transferred: counted?.count ?? 0 });
}

async function ask(url: string, options: RequestInit): Promise<unknown> {
  const answer = await fetch(url, options);
  if (!answer.ok) throw new Error(`the naive server answered ${answer.status}: ${await answer.text()}`);
  return answer.json();
}
