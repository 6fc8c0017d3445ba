import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import type { FeedEntry, FeedPage } from '../../domain/protocol/feed.ts';
import { systemClock } from '../../platform/system.ts';
import { DEMO_KIOSK_ID, DEMO_SHOP } from '../catalog/demo-shop.ts';
import type { ServerContext } from '../context.ts';
import { openDatabase } from '../db/database.ts';
import { type App, createApp } from '../http/app.ts';
import { type EventReader, readEvents } from '../testing/event-reader.ts';
import { kioskAuthorization } from '../testing/kiosk-identity.ts';
import { seedShop, testContext } from '../testing/test-context.ts';
import { createTestDatabase, type TestDatabase } from '../testing/test-database.ts';
import { type FeedListener, startFeedListener } from './feed-listener.ts';
import { appendFeed } from './feed-log.ts';
import { readFeedPage } from './feed-page.ts';
import { registerFeedRoutes } from './feed-routes.ts';

const headers = kioskAuthorization(DEMO_KIOSK_ID, systemClock);

/** What the provider is said to be; `tell` says so to the streams. */
let providerIs: 'ok' | 'down' = 'ok';
const tell = new Set<() => void>();
const providerHealth = {
  report: () => ({ name: 'test', status: providerIs, downSince: null, lastError: null }),
  onChange: (listener: () => void) => {
    tell.add(listener);
    return () => tell.delete(listener);
  },
};

let database: TestDatabase;
let context: ServerContext;
let app: App;
let url: string;
let listener: FeedListener;

beforeAll(async () => {
  database = await createTestDatabase();
  await seedShop(database.db);
  context = testContext({ db: database.db, clock: systemClock });
  listener = startFeedListener(database.url, context.feedWake, context.clock, context.log);
  await listener.listening;
  app = await createApp(context);
  registerFeedRoutes(app, context, providerHealth);
  url = await app.listen({ port: 0, host: '127.0.0.1' });
});
afterAll(async () => {
  await app.close();
  await listener.stop();
  await database.close();
});

function append(from: ServerContext, reason: string): Promise<number> {
  return from.db.transaction((transaction) =>
    appendFeed(
      transaction,
      from.feedWake,
      DEMO_SHOP,
      'payment.closed',
      { sessionId: '0198c1a0-0000-7000-8000-0000000000aa', kioskId: DEMO_KIOSK_ID, reason },
      from.clock.nowMs(),
    ),
  );
}

async function page(after: number, limit?: number): Promise<FeedPage> {
  const query = limit === undefined ? '' : `&limit=${limit}`;
  const response = await fetch(`${url}/v1/feed?after=${after}${query}`, { headers });
  expect(response.status).toBe(200);
  return (await response.json()) as FeedPage;
}

async function nextEntry(reader: EventReader): Promise<FeedEntry> {
  const event = await reader.next();
  expect(event.event).toBe('entry');
  const entry = JSON.parse(event.data) as FeedEntry;
  expect(event.id).toBe(String(entry.seq));
  return entry;
}

test('many writers on two servers at once: a reader by cursor sees every sequence, once, in order', async () => {
  const other = openDatabase(database.url, () => undefined);
  const servers = [context, testContext({ db: other, clock: systemClock })];
  const start = (await page(0)).head;
  let writing = true;
  const writers = Promise.all(
    Array.from({ length: 8 }, async (_, writer) => {
      for (let count = 0; count < 25; count += 1) {
        await append(servers[writer % 2] as ServerContext, `writer ${writer}`);
      }
    }),
  ).finally(() => {
    writing = false;
  });
  const seen: number[] = [];
  let cursor = start;
  for (let last = false; ; last = !writing) {
    const { entries, head } = await page(cursor, 7);
    seen.push(...entries.map(({ seq }) => seq));
    cursor = seen.at(-1) ?? start;
    expect(head).toBeGreaterThanOrEqual(cursor);
    if (last && cursor === head) break;
  }
  await writers;
  await other.close();
  expect(seen).toEqual(Array.from({ length: 200 }, (_, index) => start + 1 + index));
});

test('a rolled-back transaction leaves no gap', async () => {
  const before = (await page(0)).head;
  const failing = context.db.transaction(async (transaction) => {
    await appendFeed(
      transaction,
      context.feedWake,
      DEMO_SHOP,
      'payment.closed',
      { sessionId: '0198c1a0-0000-7000-8000-0000000000aa', kioskId: DEMO_KIOSK_ID, reason: 'never' },
      0,
    );
    throw new Error('changed my mind');
  });
  await expect(failing).rejects.toThrow('changed my mind');
  expect(await append(context, 'next')).toBe(before + 1);
});

test('a stream says hello, brings what was missed, then what is new, and resumes by Last-Event-ID', async () => {
  const { head } = await page(0);
  const reader = await readEvents(`${url}/v1/feed?after=${head - 1}`, headers);
  const hello = await reader.next();
  expect(hello.event).toBe('hello');
  expect(JSON.parse(hello.data)).toMatchObject({ head });
  expect((await nextEntry(reader)).seq).toBe(head);
  await append(context, 'new');
  expect(await nextEntry(reader)).toMatchObject({ seq: head + 1, payload: { reason: 'new' } });
  reader.close();

  await append(context, 'missed');
  const resumed = await readEvents(`${url}/v1/feed?after=0`, {
    ...headers,
    'last-event-id': String(head + 1),
  });
  await resumed.next();
  expect(await nextEntry(resumed)).toMatchObject({ seq: head + 2, payload: { reason: 'missed' } });
  resumed.close();
});

test('an entry written by another process arrives, and again after the listener lost its connection', async () => {
  const { head } = await page(0);
  const reader = await readEvents(`${url}/v1/feed?after=${head}`, headers);
  await reader.next();
  const elsewhere = openDatabase(database.url, () => undefined);
  const other = testContext({ db: elsewhere, clock: systemClock });
  await append(other, 'from elsewhere');
  expect((await nextEntry(reader)).seq).toBe(head + 1);
  await elsewhere.query(
    `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'LISTEN%'`,
  );
  await append(other, 'while nobody listened');
  expect((await nextEntry(reader)).seq).toBe(head + 2);
  await elsewhere.close();
  reader.close();
});

test('a burst is read by few queries, and a slow reader is sent page after page', async () => {
  let reads = 0;
  const counting = testContext({
    db: {
      ...database.db,
      query: (sql, parameters) => {
        reads += 1;
        return database.db.query(sql, parameters);
      },
    },
    clock: systemClock,
    feedWake: context.feedWake,
  });
  const own = await createApp(counting);
  registerFeedRoutes(own, counting, providerHealth);
  const address = await own.listen({ port: 0, host: '127.0.0.1' });
  const { head } = await readFeedPage(database.db, DEMO_SHOP, 0, 1);
  const reader = await readEvents(`${address}/v1/feed?after=${head}`, headers);
  await reader.next();
  await context.db.transaction(async (transaction) => {
    for (let count = 0; count < 50; count += 1) {
      await appendFeed(
        transaction,
        context.feedWake,
        DEMO_SHOP,
        'payment.closed',
        {
          sessionId: '0198c1a0-0000-7000-8000-0000000000aa',
          kioskId: DEMO_KIOSK_ID,
          reason: `burst ${count}`,
        },
        0,
      );
    }
  });
  for (let count = 1; count <= 50; count += 1) expect((await nextEntry(reader)).seq).toBe(head + count);
  // The first page, one look after the listening began, and at most one for each of the two ways of being woken.
  expect(reads).toBeLessThanOrEqual(5);
  await own.close();
  await reader.ended;
});

test('closing the server ends its streams', async () => {
  const own = await createApp(context);
  registerFeedRoutes(own, context, providerHealth);
  const address = await own.listen({ port: 0, host: '127.0.0.1' });
  const reader = await readEvents(`${address}/v1/feed`, headers);
  await reader.next();
  await own.close();
  await reader.ended;
  expect(own.eventStreams.size).toBe(0);
});

test('the greeting and every beat say whether the provider is there, and a change is said at once', async () => {
  const reader = await readEvents(`${url}/v1/feed?after=0`, headers, { beats: true });
  const until = async (name: string): Promise<{ provider: string; serverTime: number }> => {
    for (;;) {
      const { event, data } = await reader.next();
      if (event === name) return JSON.parse(data) as { provider: string; serverTime: number };
    }
  };
  expect(await until('hello')).toMatchObject({ provider: 'ok' });
  providerIs = 'down';
  for (const listener of tell) listener();
  expect(await until('beat')).toEqual({ provider: 'down', serverTime: expect.any(Number) });
  providerIs = 'ok';
  // Nobody tells: the beat of the clock does.
  expect(await until('beat')).toMatchObject({ provider: 'ok' });
  reader.close();
  await vi.waitUntil(() => tell.size === 0);
});
