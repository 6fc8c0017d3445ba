import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { newId } from '../../domain/ids.ts';
import { silentLog } from '../../platform/log.ts';
import { systemClock, systemRandom } from '../../platform/system.ts';
import { createTestDatabase, type TestDatabase } from '../testing/test-database.ts';
import { createInboxWriter, type InboxItem } from './inbox-writer.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.close());

function item(text: string): InboxItem {
  const inboxId = newId(systemClock, systemRandom);
  return {
    inboxId,
    provider: 'bacen-pix',
    dedupeKey: inboxId,
    path: '',
    receivedAtMs: systemClock.nowMs(),
    body: Buffer.from(text),
    headers: { 'content-type': 'application/json' },
  };
}

async function storedIds(): Promise<Set<string>> {
  const rows = await database.db.query<{ id: string }>('SELECT inbox_id AS id FROM webhook_inbox');
  return new Set(rows.map((row) => row.id));
}

test('many at once share few commits, and each is in the table when it is answered', async () => {
  let commits = 0;
  const inbox = createInboxWriter(database.db, silentLog, () => {
    commits += 1;
  });
  const items = Array.from({ length: 200 }, (_, index) => item(`{"n":${index}}`));
  expect(new Set(await Promise.all(items.map((one) => inbox.write(one))))).toEqual(new Set(['stored']));
  const ids = await storedIds();
  expect(items.every((one) => ids.has(one.inboxId))).toBe(true);
  expect(commits).toBeLessThan(5);
  await inbox.close();
});

test('the body is kept byte by byte, whatever it is', async () => {
  const inbox = createInboxWriter(database.db, silentLog, () => undefined);
  const body = Buffer.from([0x00, 0xff, 0x22, 0x5c, 0x7b, 0x2c, 0x0a]);
  const odd = { ...item(''), body };
  await inbox.write(odd);
  const [row] = await database.db.query<{ body: Buffer }>(
    'SELECT body FROM webhook_inbox WHERE inbox_id = $1',
    [odd.inboxId],
  );
  expect(row?.body.equals(body)).toBe(true);
  await inbox.close();
});

test('a webhook that is repeated, in one batch or later, is one item with a count', async () => {
  const inbox = createInboxWriter(database.db, silentLog, () => undefined);
  const repeated = item('{"once":true}');
  await Promise.all(Array.from({ length: 5 }, () => inbox.write({ ...repeated, inboxId: item('').inboxId })));
  await inbox.write({ ...repeated, inboxId: item('').inboxId });
  expect(await itemsOf(repeated)).toEqual([{ status: 'received', deliveries: 6 }]);
  await inbox.close();
});

test.each([
  ['was given up', "status = 'dead'", 'received'],
  ['named a charge that nobody knew', "status = 'processed', outcome = 'unknown_charge'", 'received'],
  [
    'was done',
    "status = 'processed', outcome = 'applied', processed_at = now() - interval '9 minutes'",
    'processed',
  ],
  // The same bytes may tell of another change: some providers say no more than which charge it is.
  [
    'was done long ago',
    "status = 'processed', outcome = 'applied', processed_at = now() - interval '11 minutes'",
    'received',
  ],
])('one that %s and comes again', async (_name, change, status) => {
  const inbox = createInboxWriter(database.db, silentLog, () => undefined);
  const repeated = item('{}');
  await inbox.write(repeated);
  await database.db.query(`UPDATE webhook_inbox SET ${change} WHERE inbox_id = $1`, [repeated.inboxId]);
  await inbox.write({ ...repeated, inboxId: item('').inboxId });
  expect(await itemsOf(repeated)).toEqual([{ status, deliveries: 2 }]);
  await inbox.close();
});

test('one that was taken up again and is being worked off keeps its attempts: by them a claim is told', async () => {
  const inbox = createInboxWriter(database.db, silentLog, () => undefined);
  const repeated = item('{}');
  await inbox.write(repeated);
  await database.db.query(
    `UPDATE webhook_inbox SET status = 'processed', outcome = 'unknown_charge', attempts = 6, processed_at = now()
     WHERE inbox_id = $1`,
    [repeated.inboxId],
  );
  await inbox.write(repeated);
  const claimed = 'UPDATE webhook_inbox SET attempts = attempts + 1 WHERE inbox_id = $1 RETURNING attempts';
  const [first] = await database.db.query(claimed, [repeated.inboxId]);
  await inbox.write(repeated);
  const [second] = await database.db.query(claimed, [repeated.inboxId]);
  expect([first, second]).toEqual([{ attempts: 1 }, { attempts: 2 }]);
  await inbox.close();
});

test('two processes that are told the same webhooks in another order do not wait for each other', async () => {
  const writers = [1, 2].map(() => createInboxWriter(database.db, silentLog, () => undefined));
  for (let round = 0; round < 25; round += 1) {
    const items = Array.from({ length: 40 }, () => item('{}'));
    const outcomes = await Promise.all(
      writers.flatMap((inbox, index) =>
        (index === 0 ? items : items.toReversed()).map((one) =>
          inbox.write({ ...one, inboxId: item('').inboxId }),
        ),
      ),
    );
    expect(new Set(outcomes)).toEqual(new Set(['stored']));
  }
  for (const inbox of writers) await inbox.close();
});

function itemsOf({ dedupeKey }: InboxItem) {
  return database.db.query('SELECT status, deliveries FROM webhook_inbox WHERE dedupe_key = $1', [dedupeKey]);
}

test('more than it can hold is refused at once, and nothing that was taken is lost', async () => {
  const inbox = createInboxWriter(database.db, silentLog, () => undefined);
  const items = Array.from({ length: 2_100 }, () => item('{}'));
  const outcomes = await Promise.all(items.map((one) => inbox.write(one)));
  expect(outcomes.filter((outcome) => outcome === 'busy')).toHaveLength(100);
  const ids = await storedIds();
  for (const [index, one] of items.entries()) expect(ids.has(one.inboxId)).toBe(outcomes[index] === 'stored');
  await inbox.close();
});

test('a lost connection is answered as such, and the next webhook makes a new one', async () => {
  const inbox = createInboxWriter(database.db, silentLog, () => undefined);
  expect(await inbox.write(item('{}'))).toBe('stored');
  await database.db.query(
    `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
     WHERE datname = current_database() AND pid <> pg_backend_pid()`,
  );
  const outcomes: string[] = [];
  while (outcomes.at(-1) !== 'stored' && outcomes.length < 10) outcomes.push(await inbox.write(item('{}')));
  expect(outcomes.at(-1)).toBe('stored');
  await inbox.close();
});

test('a process killed in the middle: everything that it answered for is in the table', async () => {
  const answered = new Set<string>();
  for (let round = 0; round < 4; round += 1) {
    const child = startWriter();
    child.on('message', (id) => answered.add(String(id)));
    await once(child, 'message');
    await delay(30 + round * 40);
    child.kill('SIGKILL');
    await once(child, 'close');
  }
  const ids = await storedIds();
  expect(answered.size).toBeGreaterThan(20);
  expect([...answered].filter((id) => !ids.has(id))).toEqual([]);
});

test('twin: a writer that answers before its commit is caught', async () => {
  const child = startWriter('early');
  const answered = new Set<string>();
  child.on('message', (id) => answered.add(String(id)));
  await once(child, 'message');
  child.kill('SIGKILL');
  await once(child, 'close');
  const ids = await storedIds();
  expect([...answered].some((id) => !ids.has(id))).toBe(true);
});

function startWriter(mode = 'honest'): ChildProcess {
  return fork(join(import.meta.dirname, 'testing/endless-writer.ts'), [database.url, mode], {
    execArgv: [],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
}
