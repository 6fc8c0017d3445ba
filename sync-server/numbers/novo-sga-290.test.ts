import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as nextTick } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { businessDayOf } from '../../domain/business-day.ts';
import { systemRandom } from '../../platform/system.ts';
import { ManualClock } from '../../platform/testing/manual-clock.ts';
import { readCatalog } from '../catalog/catalog.ts';
import { DEMO_SHOP } from '../catalog/demo-shop.ts';
import type { ServerContext } from '../context.ts';
import { openDatabase } from '../db/database.ts';
import { reserveTicketNumber } from '../payments/reserve-ticket-number.ts';
import { seedShop, testContext } from '../testing/test-context.ts';
import { createTestDatabase, type TestDatabase } from '../testing/test-database.ts';
import { TotemStore } from './testing/totem-store.ts';

/**
 * Novo SGA issue #290, "same number issued 2-4x under load": there the next number was read and written in two steps.
 * Here the totems' own SQLite files and one PostgreSQL give out ten thousand at once.
 */
const TOTEMS = ['totem-1', 'totem-2', 'totem-3', 'totem-4'];
const TICKETS_EACH = 2_000;
const PAYMENTS = 2_000;
const PAYMENTS_AT_ONCE = 20;
const TIME_ZONE = 'America/Sao_Paulo';
const PREFIX = 'K';

const clock = new ManualClock();
const folder = mkdtempSync(join(tmpdir(), 'totem-numbers-'));
let database: TestDatabase;
let context: ServerContext;
let totems: TotemStore[] = [];

beforeAll(async () => {
  database = await createTestDatabase();
  await seedShop(database.db, clock.nowMs());
  context = testContext({ db: database.db, clock });
  const catalog = await readCatalog(database.db, DEMO_SHOP);
  if (catalog === null) throw new Error('no catalogue');
  totems = TOTEMS.map((kioskId) => new TotemStore(folder, kioskId, catalog, clock));
});
afterAll(async () => {
  for (const { store } of totems) store.close();
  rmSync(folder, { recursive: true, force: true });
  await database.close();
});

/** One totem under load: takes numbers as fast as it can, and fetches more whenever it has none; half the answers are lost. */
async function sellAll(totem: TotemStore): Promise<void> {
  const businessDay = businessDayOf(clock.nowMs(), TIME_ZONE);
  for (let sold = 0; sold < TICKETS_EACH; ) {
    if (totem.sell(PREFIX) !== null) sold += 1;
    else await totem.fetchLease(context, PREFIX, businessDay, (systemRandom(1)[0] ?? 0) < 128);
    if (sold % 10 === 0) await nextTick();
  }
}

async function payAll(): Promise<number[]> {
  const payment = { ...DEMO_SHOP, servicePrefix: PREFIX, timeZone: TIME_ZONE };
  const worker = async (): Promise<number[]> => {
    const numbers: number[] = [];
    for (let paid = 0; paid < PAYMENTS / PAYMENTS_AT_ONCE; paid += 1) {
      const { number } = await database.db.transaction((transaction) =>
        reserveTicketNumber(transaction, payment, clock.nowMs()),
      );
      numbers.push(number);
    }
    return numbers;
  };
  return (await Promise.all(Array.from({ length: PAYMENTS_AT_ONCE }, worker))).flat();
}

describe('Novo SGA #290: the same number issued 2-4x under load', () => {
  test('ten thousand numbers from four totems and the payments at once, each given out once', async () => {
    const [payments] = await Promise.all([payAll(), ...totems.map(sellAll)]);
    const local = totems.flatMap(({ store }) =>
      store.db.prepare<[], { number: number }>('SELECT number FROM tickets').all(),
    );
    const all = [...payments, ...local.map(({ number }) => number)];
    expect(all).toHaveLength(10_000);
    expect(new Set(all).size).toBe(10_000);
    // And the server, whose table holds each number once, takes them all.
    for (const totem of totems) {
      const results = await totem.pushAll(context);
      expect(results.filter(({ outcome }) => outcome !== 'applied')).toEqual([]);
    }
    const [row] = await database.db.query('SELECT count(*)::int AS tickets FROM tickets');
    expect(row).toEqual({ tickets: TOTEMS.length * TICKETS_EACH });
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
