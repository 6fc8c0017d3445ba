import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as nextTick } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { businessDayOf } from '../../domain/business-day.ts';
import { newId } from '../../domain/ids.ts';
import type { OutboxEvent } from '../../domain/protocol/sync.ts';
import { issueLocalTicket } from '../../main/checkout/local-ticket.ts';
import { KIOSK_MIGRATIONS_FOLDER } from '../../main/store/migrate.ts';
import { type KioskStore, openKioskStore } from '../../main/store/store.ts';
import { systemRandom } from '../../platform/system.ts';
import { ManualClock } from '../../platform/testing/manual-clock.ts';
import type { KioskPrincipal } from '../access/principal.ts';
import { readCatalog } from '../catalog/catalog.ts';
import { DEMO_SHOP } from '../catalog/demo-shop.ts';
import type { ServerContext } from '../context.ts';
import { openDatabase } from '../db/database.ts';
import { reserveTicketNumber } from '../payments/reserve-ticket-number.ts';
import { pushEvents } from '../sync/push.ts';
import { seedShop, testContext } from '../testing/test-context.ts';
import { createTestDatabase, type TestDatabase } from '../testing/test-database.ts';
import { leaseNumbers } from './lease-numbers.ts';

/**
 * Novo SGA issue #290, "same number issued 2-4x under load": there the next number was read and written in two steps.
 * Here the totems' own SQLite files and one PostgreSQL give out ten thousand at once.
 */
const TOTEMS = 4;
const TICKETS_EACH = 2_000;
const PAYMENTS = 2_000;
const PAYMENTS_AT_ONCE = 20;
const TIME_ZONE = 'America/Sao_Paulo';
const PREFIX = 'K';

const clock = new ManualClock();
const folder = mkdtempSync(join(tmpdir(), 'totem-numbers-'));
let database: TestDatabase;
let context: ServerContext;
const stores: KioskStore[] = [];

beforeAll(async () => {
  database = await createTestDatabase();
  await seedShop(database.db, clock.nowMs());
  context = testContext({ db: database.db, clock });
  const catalog = await readCatalog(database.db, DEMO_SHOP);
  if (catalog === null) throw new Error('no catalogue');
  for (let totem = 1; totem <= TOTEMS; totem += 1) {
    const store = openKioskStore({
      file: join(folder, `totem-${totem}.sqlite`),
      migrationsFolder: KIOSK_MIGRATIONS_FOLDER,
      clock,
      randomBytes: systemRandom,
    });
    // What a crash would cost of the file is another test's matter.
    store.db.pragma('synchronous = OFF');
    store.sync.saveCatalog(catalog);
    stores.push(store);
  }
});
afterAll(async () => {
  for (const store of stores) store.close();
  rmSync(folder, { recursive: true, force: true });
  await database.close();
});

const kioskOf = (totem: number): KioskPrincipal => ({
  role: 'kiosk',
  ...DEMO_SHOP,
  kioskId: `totem-${totem + 1}`,
});

/** One totem under load: takes numbers as fast as it can, and fetches more whenever it has none. */
async function sellAll(store: KioskStore, totem: number): Promise<void> {
  const { kioskId } = kioskOf(totem);
  const catalog = store.sync.catalog();
  const service = catalog?.services.find(({ prefix }) => prefix === PREFIX);
  if (catalog === null || service === undefined) throw new Error('nothing to sell');
  const parts = { store, kioskId: () => kioskId, enqueuePaper: () => {} };
  for (let sold = 0; sold < TICKETS_EACH; ) {
    const sessionId = newId(clock, systemRandom);
    const sale = {
      sessionId,
      service,
      unit: catalog.unit,
      payment: 'at_counter',
      customerCpf: null,
    } as const;
    const openSession = (): void =>
      store.sessions.insert({
        sessionId,
        txid: sessionId.replaceAll('-', ''),
        service,
        catalogVersion: catalog.version,
        amountCents: service.amountCents,
        payment: 'at_counter',
        customerSealed: null,
        openedAt: clock.nowMs(),
      });
    const issued = store.write(() => issueLocalTicket(parts, sale, openSession, clock.nowMs()));
    if (issued) sold += 1;
    else await fetchLease(store, totem);
    if (sold % 10 === 0) await nextTick();
  }
}

/** Half of the answers are lost, and asked for again by the stored id. */
async function fetchLease(store: KioskStore, totem: number): Promise<void> {
  const businessDay = businessDayOf(clock.nowMs(), TIME_ZONE);
  store.write(() =>
    store.leases.ask({ leaseId: newId(clock, systemRandom), prefix: PREFIX, businessDay }, 0),
  );
  const asks = store.leases.asked(50);
  if ((systemRandom(1)[0] ?? 0) < 128) await leaseNumbers(context, kioskOf(totem), asks);
  const leases = await leaseNumbers(context, kioskOf(totem), store.leases.asked(50));
  store.write(() => {
    for (const lease of leases) store.leases.grant(lease);
  });
}

async function payAll(): Promise<number[]> {
  const numbers: number[] = [];
  const payment = { ...DEMO_SHOP, servicePrefix: PREFIX, timeZone: TIME_ZONE };
  const worker = async (): Promise<void> => {
    while (numbers.length + PAYMENTS_AT_ONCE <= PAYMENTS) {
      const { number } = await database.db.transaction((transaction) =>
        reserveTicketNumber(transaction, payment, clock.nowMs()),
      );
      numbers.push(number);
    }
  };
  await Promise.all(Array.from({ length: PAYMENTS_AT_ONCE }, worker));
  return numbers;
}

describe('Novo SGA #290: the same number issued 2-4x under load', () => {
  test('ten thousand numbers from four totems and the payments at once, each given out once', async () => {
    const [payments] = await Promise.all([payAll(), ...stores.map(sellAll)]);
    const local = stores.flatMap((store) =>
      store.db.prepare<[], { number: number }>('SELECT number FROM tickets').all(),
    );
    expect(local).toHaveLength(TOTEMS * TICKETS_EACH);
    const all = [...payments, ...local.map(({ number }) => number)];
    expect(all.length).toBeGreaterThan(9_900);
    expect(new Set(all).size).toBe(all.length);
    // And the server, whose table holds each number once, takes them all.
    for (const [totem, store] of stores.entries()) {
      for (let batch = pending(store); batch.length > 0; batch = pending(store)) {
        const results = await pushEvents(context, kioskOf(totem), batch);
        expect(results.filter(({ outcome }) => outcome !== 'applied')).toEqual([]);
        store.write(() => {
          for (const result of results) store.outbox.settle(result);
        });
      }
    }
    const [row] = await database.db.query('SELECT count(*)::int AS tickets FROM tickets');
    expect(row).toEqual({ tickets: TOTEMS * TICKETS_EACH });
  }, 180_000);

  test('is what comes of reading the next number first and writing it then', async () => {
    await database.db.query('CREATE TABLE naive_counter (next integer NOT NULL)');
    await database.db.query('INSERT INTO naive_counter VALUES (1)');
    const others = openDatabase(database.url, () => undefined);
    const take = async (index: number): Promise<number> => {
      const db = index % 2 === 0 ? database.db : others;
      const [row] = await db.query<{ next: number }>('SELECT next FROM naive_counter');
      const number = row?.next ?? 0;
      await db.query('UPDATE naive_counter SET next = $1', [number + 1]);
      return number;
    };
    const numbers = await Promise.all(Array.from({ length: 200 }, (_, index) => take(index)));
    await others.close();
    expect(new Set(numbers).size).toBeLessThan(numbers.length);
  });
});

function pending(store: KioskStore): OutboxEvent[] {
  return store.outbox.pending(500);
}
