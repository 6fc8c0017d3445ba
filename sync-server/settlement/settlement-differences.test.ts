import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { SettlementDay } from '../../domain/protocol/settlement.ts';
import { ManualClock } from '../../platform/testing/manual-clock.ts';
import { nextRandom } from '../../platform/testing/park-miller.ts';
import { DEMO_MERCHANT_ID } from '../catalog/demo-shop.ts';
import { resolveSuspense } from '../reconciliation/resolve-suspense.ts';
import { seedShop, testContext } from '../testing/test-context.ts';
import { createTestDatabase, type TestDatabase } from '../testing/test-database.ts';
import { readDifferences, readSettlement } from './read-settlement.ts';
import { type BankLine, statementShop } from './testing/statement-shop.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** Midnight in São Paulo. */
const MIDNIGHT = Date.UTC(2026, 2, 10, 3);
const NOON = MIDNIGHT + 12 * HOUR_MS;
const DAY = { from: MIDNIGHT, to: MIDNIGHT + DAY_MS };
const QUESTION = {
  merchantId: DEMO_MERCHANT_ID,
  timeZone: 'America/Sao_Paulo',
  from: '2026-03-09',
  to: '2026-03-14',
};

let database: TestDatabase;
let context: ReturnType<typeof testContext<{ db: TestDatabase['db']; clock: ManualClock }>>;
let shop: ReturnType<typeof statementShop>;

beforeEach(async () => {
  database = await createTestDatabase();
  await seedShop(database.db, MIDNIGHT);
  context = testContext({ db: database.db, clock: new ManualClock(MIDNIGHT + 5 * DAY_MS) });
  shop = statementShop(context);
});
afterEach(() => database.close());

const days = async (): Promise<readonly SettlementDay[]> =>
  (await readSettlement(database.db, QUESTION)).days;
const differences = async () => (await readDifferences(database.db, QUESTION)).differences;
const kinds = async () =>
  (await differences()).map(({ kind, of, transactionId }) => [kind, of, transactionId]);

describe('each is told once, with its transaction:', () => {
  test('a receipt that the statement lists twice is one receipt, and one difference', async () => {
    const sold = await shop.sale(NOON, 1_000);
    await shop.statement(DAY, [
      { atMs: NOON, kind: 'pix', cents: 1_000, of: sold, reference: 'A', feeCents: 10 },
      { atMs: NOON, kind: 'pix', cents: 1_000, of: sold, reference: 'B', feeCents: 10 },
    ]);
    expect(await days()).toMatchObject([
      {
        state: 'differs',
        differences: 1,
        expected: { receipts: 1, receiptsCents: 1_000 },
        settled: { receipts: 2, receiptsCents: 2_000, feesCents: 20 },
      },
    ]);
    expect(await kinds()).toEqual([['listed_twice', 'receipt', sold.transactionId]]);
  });

  test('a refund and a dispute that were told of after their lines were read', async () => {
    const sold = await shop.sale(NOON, 1_000);
    const disputed = await shop.sale(NOON, 700);
    await shop.statement(DAY, [
      { atMs: NOON, kind: 'pix', cents: 1_000, of: sold },
      { atMs: NOON, kind: 'pix', cents: 700, of: disputed },
      { atMs: NOON + HOUR_MS, kind: 'estorno', cents: 300, of: sold },
      { atMs: NOON + HOUR_MS, kind: 'med', cents: 700, of: disputed },
    ]);
    expect(await kinds()).toEqual(
      expect.arrayContaining([
        ['missing_here', 'refund', sold.transactionId],
        ['missing_here', 'dispute', disputed.transactionId],
      ]),
    );
    await shop.refund(sold, 300, NOON + 2 * HOUR_MS);
    await shop.dispute(disputed, 'open', NOON + 2 * HOUR_MS);
    expect(await kinds()).toEqual([]);
    expect(await days()).toMatchObject([
      { state: 'settled', settled: { refundsCents: 300, disputesCents: 700 } },
    ]);
    // Of another amount it is another refund.
    await shop.refund(sold, 200, NOON + 3 * HOUR_MS);
    expect(await kinds()).toEqual([['missing_there', 'refund', sold.transactionId]]);
  });

  test('a dispute that was won has to be given back by the bank', async () => {
    const sold = await shop.sale(NOON, 1_000);
    await shop.dispute(sold, 'won', NOON);
    const paid: BankLine = { atMs: NOON, kind: 'pix', cents: 1_000, of: sold };
    await shop.statement(DAY, [paid]);
    expect(await kinds()).toEqual([]);
    await shop.statement(DAY, [
      paid,
      { atMs: NOON, kind: 'med', cents: 1_000, of: sold, reference: 'taken' },
    ]);
    expect(await kinds()).toEqual([['amount_differs', 'dispute', sold.transactionId]]);
    await shop.statement(DAY, [
      paid,
      { atMs: NOON, kind: 'med', cents: 1_000, of: sold, reference: 'given' },
    ]);
    expect(await kinds()).toEqual([]);
    expect(await days()).toMatchObject([
      { state: 'settled', settled: { disputesCents: 0, netCents: 1_000 } },
    ]);
  });

  test('a line without ids that is said to be a receipt’s own is its line', async () => {
    const sold = await shop.sale(NOON, 1_000);
    await shop.statement(DAY, [{ atMs: NOON, kind: 'pix', cents: 1_000 }]);
    const [item] = await database.db.query<{ receiptId: string }>(
      'SELECT receipt_id AS "receiptId" FROM suspense_items',
    );
    await resolveSuspense(context, DEMO_MERCHANT_ID, {
      receiptId: item?.receiptId ?? '',
      resolution: 'duplicate',
      by: 'Ana',
    });
    expect(await days()).toMatchObject([
      { state: 'settled', expected: { receipts: 1 }, settled: { receipts: 1, receiptsCents: 1_000 } },
    ]);
    await shop.statement(DAY, [{ atMs: NOON, kind: 'pix', cents: 1_000, of: sold }]);
    expect(await days()).toMatchObject([{ state: 'settled', settled: { receipts: 1 } }]);
  });

  test('money that the statement has in another currency', async () => {
    const sold = await shop.sale(NOON, 1_000);
    await shop.statement(DAY, [{ atMs: NOON, kind: 'pix', cents: 1_000, of: sold, currency: 'USD' }]);
    expect((await days()).map(({ currency, state }) => [currency, state])).toEqual([
      ['BRL', 'differs'],
      ['USD', 'differs'],
    ]);
    expect((await kinds()).sort()).toEqual([
      ['missing_here', 'receipt', sold.transactionId],
      ['missing_there', 'receipt', sold.transactionId],
    ]);
  });

  test('what is refunded of an agreement', async () => {
    await database.db.query(
      `INSERT INTO recurrences (merchant_id, provider, kind, recurrence_id, first_seen_at) VALUES ($1, 'bacen-pix', 'charge', 'c1', $2)`,
      [DEMO_MERCHANT_ID, new Date(NOON)],
    );
    await database.db.query(
      `INSERT INTO recurring_receipts (merchant_id, receipt_id, provider, kind, recurrence_id, end_to_end_id, amount_cents, currency,
         paid_at, recorded_at, place) VALUES ($1, 'E1', 'bacen-pix', 'charge', 'c1', 'E1', 900, 'BRL', $2, $2, 'income')`,
      [DEMO_MERCHANT_ID, new Date(NOON)],
    );
    await database.db.query(
      `INSERT INTO recurring_returns (merchant_id, receipt_id, return_id, provider, kind, status, amount_cents, currency, reason,
         opened_at, ended_at) VALUES ($1, 'E1', 'D1', 'bacen-pix', 'refund', 'settled', 900, 'BRL', 'asked', $2, $2)`,
      [DEMO_MERCHANT_ID, new Date(NOON)],
    );
    await shop.statement(DAY, [
      { atMs: NOON, kind: 'pix', cents: 900, of: { id: 'E1' } },
      { atMs: NOON, kind: 'estorno', cents: 900, of: { id: 'E1' } },
    ]);
    expect(await days()).toMatchObject([
      { state: 'settled', expected: { netCents: 0 }, settled: { netCents: 0 } },
    ]);
  });
});

test('more than can be listed are counted', async () => {
  await shop.sale(NOON, 1_000);
  await database.db.query(
    `INSERT INTO receipts (merchant_id, receipt_id, transaction_id, amount_cents, paid_at, disposition, raw, recorded_at, provider)
     SELECT merchant_id, 'more ' || n, transaction_id, 1, paid_at, 'surplus', '{}', paid_at, provider
     FROM receipts, generate_series(1, 500) AS n`,
  );
  await shop.statement(DAY, [{ atMs: NOON, kind: 'saque', cents: 1 }]);
  const { total, differences: listed } = await readDifferences(database.db, QUESTION);
  expect([total, listed.length]).toEqual([501, 500]);
});

/** What the bank may do with a sale, and what it makes of the day: its own count, and not the report's. */
const FATES = [
  'listed',
  'lacking',
  'twice',
  'cut',
  'other fee',
  'refunded',
  'refund lacking',
  'charged back',
];

test('of random statements, each day’s sums and differences are those that the bank made', async () => {
  let state = 20_260_310;
  const below = (count: number): number => {
    state = nextRandom(state);
    return state % count;
  };
  const lines: BankLine[] = [];
  const books = new Map<string, Record<string, number>>();
  const book = (atMs: number, changes: Record<string, number>): void => {
    const day = new Date(atMs - 3 * HOUR_MS).toISOString().slice(0, 10);
    const sums = books.get(day) ?? { expected: 0, settled: 0, fees: 0, payouts: 0, differences: 0 };
    for (const [name, by] of Object.entries(changes)) sums[name] = (sums[name] ?? 0) + by;
    books.set(day, sums);
  };
  for (let at = 0; at < 60; at += 1) {
    // The first and the last millisecond of a day are as likely as any other.
    const dayMs = MIDNIGHT + below(3) * DAY_MS;
    const atMs = dayMs + ([0, DAY_MS - 1][below(3)] ?? below(DAY_MS));
    const cents = 100 + below(10_000);
    const feeCents = 1 + below(50);
    const fate = FATES[below(FATES.length)] ?? '';
    const of = await shop.sale(atMs, cents, fate === 'other fee' ? feeCents + 1 : feeCents);
    const line: BankLine = { atMs: atMs + below(2) * 2 * HOUR_MS, kind: 'pix', cents, of, feeCents };
    book(atMs, { expected: cents - feeCents - (fate === 'other fee' ? 1 : 0) });
    if (fate === 'lacking') {
      book(atMs, { differences: 1 });
      continue;
    }
    const listedCents = fate === 'cut' ? cents - 1 : cents;
    lines.push({ ...line, cents: listedCents, reference: 'once' });
    book(atMs, { settled: listedCents - feeCents, fees: feeCents });
    if (fate === 'cut' || fate === 'other fee') book(atMs, { differences: 1 });
    if (fate === 'twice') {
      lines.push({ ...line, reference: 'again' });
      book(atMs, { settled: cents - feeCents, fees: feeCents, differences: 1 });
    }
    if (fate === 'refunded' || fate === 'refund lacking') {
      await shop.refund(of, cents, atMs);
      book(atMs, { expected: -cents });
      if (fate === 'refund lacking') book(atMs, { differences: 1 });
      else {
        lines.push({ ...line, kind: 'estorno', feeCents: 0 });
        book(atMs, { settled: -cents });
      }
    }
    if (fate === 'charged back') {
      await shop.dispute(of, below(2) === 0 ? 'open' : 'lost', atMs);
      lines.push({ ...line, kind: 'chargeback', feeCents: 0 });
      book(atMs, { expected: -cents, settled: -cents });
    }
  }
  for (let extra = 0; extra < 10; extra += 1) {
    const atMs = MIDNIGHT + below(3 * DAY_MS);
    const cents = 100 + below(1_000);
    const what = below(4);
    const of = { id: `E${extra}`.padEnd(32, '7') };
    lines.push(
      { atMs, kind: ['pix', 'estorno', 'tarifa', 'repasse'][what] ?? '', cents, reference: `X${extra}` },
      ...(what === 0 ? [{ atMs, kind: 'pix', cents, of }] : []),
    );
    // Without ids and with a stranger's: both are nobody's, and held here as money to be explained.
    if (what === 0) book(atMs, { expected: 2 * cents, settled: 2 * cents, differences: 2 });
    if (what === 1) book(atMs, { settled: -cents, differences: 1 });
    if (what === 2) book(atMs, { settled: -cents, fees: cents });
    if (what === 3) book(atMs, { payouts: cents });
  }
  const isFirstHalf = ({ atMs }: BankLine): boolean => atMs < MIDNIGHT + 1.5 * DAY_MS;
  const all = { from: MIDNIGHT, to: MIDNIGHT + 4 * DAY_MS };
  await shop.statement(all, lines.filter(isFirstHalf));
  // The second file has all that the first one had, too.
  await shop.statement(all, lines);
  const told = new Map(
    (await days()).map(({ day, expected, settled, payoutsCents, differences: count }) => [
      day,
      {
        expected: expected.netCents,
        settled: settled.netCents,
        fees: settled.feesCents,
        payouts: payoutsCents,
        differences: count,
      },
    ]),
  );
  expect(told).toEqual(books);
  expect((await differences()).length).toBe(
    [...books.values()].reduce((sum, one) => sum + (one['differences'] ?? 0), 0),
  );
});
