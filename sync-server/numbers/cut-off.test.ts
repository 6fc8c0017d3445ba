import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { businessDayOf } from '../../domain/business-day.ts';
import { ManualClock } from '../../platform/testing/manual-clock.ts';
import { readCatalog } from '../catalog/catalog.ts';
import { DEMO_COUNTERS, DEMO_SHOP } from '../catalog/demo-shop.ts';
import type { ServerContext } from '../context.ts';
import { executeQueueCommand } from '../queue/queue-command.ts';
import { seedShop, testContext } from '../testing/test-context.ts';
import { createTestDatabase, type TestDatabase } from '../testing/test-database.ts';
import { TotemStore } from './testing/totem-store.ts';

const TIME_ZONE = 'America/Sao_Paulo';
const DAY_MS = 24 * 60 * 60_000;
/** 23:59 in São Paulo. */
const clock = new ManualClock(Date.parse('2026-03-11T02:59:00Z'));
const folder = mkdtempSync(join(tmpdir(), 'totem-cut-off-'));
let database: TestDatabase;
let context: ServerContext;
let totems: TotemStore[] = [];

beforeAll(async () => {
  database = await createTestDatabase();
  await seedShop(database.db, clock.nowMs());
  context = testContext({ db: database.db, clock });
  const catalog = await readCatalog(database.db, DEMO_SHOP);
  if (catalog === null) throw new Error('no catalogue');
  totems = ['totem-1', 'totem-2'].map((kioskId) => new TotemStore(folder, kioskId, catalog, clock));
});
afterAll(async () => {
  for (const { store } of totems) store.close();
  rmSync(folder, { recursive: true, force: true });
  await database.close();
});

test('two totems, both cut off over midnight, come back: every ticket once, and called once, in the order of their time', async () => {
  const [today, tomorrow] = [0, 1].map((days) => businessDayOf(clock.nowMs() + days * DAY_MS, TIME_ZONE));
  for (const totem of totems) {
    for (const prefix of ['K', 'I']) {
      for (const day of [today, tomorrow]) await totem.fetchLease(context, prefix, day ?? '');
    }
  }
  const sold: { readonly label: string; readonly businessDay: string }[] = [];
  for (let count = 0; count < 24; count += 1) {
    // Midnight comes after the sixth.
    clock.advance(10_000);
    const totem = totems[count % 2];
    const sessionId = totem?.sell(count % 3 === 0 ? 'I' : 'K') ?? null;
    if (totem === undefined || sessionId === null) throw new Error('not sold');
    totem.hand(sessionId);
    const ticket = totem.store.tickets.bySession(sessionId);
    if (ticket !== undefined) sold.push({ label: ticket.label, businessDay: ticket.businessDay });
  }
  expect(new Set(sold.map(({ businessDay }) => businessDay))).toEqual(new Set([today, tomorrow]));
  expect(new Set(sold.map(({ label, businessDay }) => `${businessDay} ${label}`)).size).toBe(24);

  for (const totem of [...totems].reverse()) {
    const results = await totem.pushAll(context);
    expect(results.filter(({ outcome }) => outcome !== 'applied')).toEqual([]);
  }
  const called: typeof sold = [];
  for (let count = 0; count < 24; count += 1) {
    const counter = DEMO_COUNTERS[0];
    const next = await executeQueueCommand(context, DEMO_SHOP, {
      kind: 'queue.call_next',
      commandId: randomUUID(),
      counter,
    });
    if (!next.ok) throw new Error(`refused: ${next.code}`);
    const { ticketId, label, businessDay } = next.ticket;
    called.push({ label, businessDay });
    await executeQueueCommand(context, DEMO_SHOP, {
      kind: 'queue.no_show',
      commandId: randomUUID(),
      counter,
      ticketId,
    });
  }
  expect(called).toEqual(sold);
});
