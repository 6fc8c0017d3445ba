import { createHash, randomUUID } from 'node:crypto';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readMigrations } from '../../platform/migration-files.ts';
import { ManualClock } from '../../platform/testing/manual-clock.ts';
import { DEMO_MERCHANT_ID } from '../catalog/demo-shop.ts';
import type { ServerContext } from '../context.ts';
import type { Transaction } from '../db/database.ts';
import { migrateDatabase } from '../db/migrate.ts';
import { seedShop, testContext } from '../testing/test-context.ts';
import { createEmptyDatabase, createTestDatabase, type TestDatabase } from '../testing/test-database.ts';
import { readBalances, readStatement } from './balances.ts';
import { LedgerConflict, postSuspense, postSuspenseResolved } from './ledger.ts';
import { verifyLedger } from './verify-ledger.ts';

const PROVIDER = 'bacen-pix';
const clock = new ManualClock();
const merchantId = DEMO_MERCHANT_ID;
const databases: TestDatabase[] = [];

async function openLedger(): Promise<ServerContext> {
  const database = await createTestDatabase();
  databases.push(database);
  await seedShop(database.db, clock.nowMs());
  return testContext({ db: database.db, clock });
}
afterAll(() => Promise.all(databases.map((database) => database.close())));

interface Money {
  readonly receiptId?: string;
  readonly amountCents?: number;
  readonly currency?: string;
  readonly occurredAtMs?: number;
}

const factOf = (money: Money) => ({
  merchantId,
  transactionId: null,
  provider: PROVIDER,
  receiptId: randomUUID(),
  amountCents: 1_000,
  currency: 'BRL',
  occurredAtMs: clock.nowMs(),
  ...money,
});

/** Money into suspense, and out of it again as income: the books without a sale. */
function income(context: ServerContext, money: Money = {}): Promise<void> {
  const fact = factOf(money);
  return context.db.transaction(async (transaction) => {
    await postSuspense(context, transaction, fact);
    await postSuspenseResolved(context, transaction, { ...fact, resolution: 'other_income', round: 1 });
  });
}

/** Of the chain alone: these books have no receipts behind them, which the other rules rightly miss. */
async function chainFindings(context: ServerContext, notedHead?: { seq: number; hash: string }) {
  const { findings } = await verifyLedger(context.db, { merchantId, notedHead });
  return findings.filter(({ rule }) => rule !== 'receivable_is_receipts_minus_refunds');
}

/** What somebody does who owns the database. */
function tamper(context: ServerContext, work: (transaction: Transaction) => Promise<unknown>): Promise<void> {
  return context.db.transaction(async (transaction) => {
    await transaction.query('SET LOCAL session_replication_role = replica');
    await work(transaction);
  });
}

describe('the chain', () => {
  test('is without a gap, whoever commits first, and computed alike without the database', async () => {
    const context = await openLedger();
    await Promise.all(Array.from({ length: 40 }, () => income(context)));
    const { head, entries } = await verifyLedger(context.db, { merchantId });
    expect([entries, head.seq]).toEqual([80, 80]);
    expect(await chainFindings(context, head)).toEqual([]);
  });

  test('holds whatever text an entry has', async () => {
    const context = await openLedger();
    await fc.assert(
      fc.asyncProperty(
        fc.string({ unit: 'grapheme', minLength: 1 }).filter((text) => !text.includes('\0')),
        (text) => income(context, { receiptId: `${text}${randomUUID()}` }),
      ),
      { numRuns: 100 },
    );
    expect(await chainFindings(context)).toEqual([]);
  });

  test('seals also what was posted before there was one', async () => {
    const database = await createEmptyDatabase();
    databases.push(database);
    const all = readMigrations(join(import.meta.dirname, '..', '..', 'migrations', 'server'));
    const before = all.filter(({ version }) => version < 210);
    await migrateDatabase(database.db, before);
    const { db } = database;
    await db.query(
      "INSERT INTO merchants (merchant_id, name, pix_key, created_at) VALUES ($1, 'A', 'b', now())",
      [merchantId],
    );
    await db.query("INSERT INTO ledger_accounts VALUES ($1, 'a', 'asset'), ($1, 'b', 'income')", [
      merchantId,
    ]);
    for (let day = 1; day <= 3; day += 1)
      await db.query(
        `WITH entry AS (INSERT INTO ledger_entries VALUES
           ($1, gen_random_uuid(), 'sale', NULL, $2::text, now(), now() - $2::int * interval '1 day') RETURNING *)
         INSERT INTO ledger_postings
         SELECT merchant_id, entry_id, line, code, cents, 'BRL' FROM entry, (VALUES (1, 'a', 5), (2, 'b', -5)) AS p (line, code, cents)`,
        [merchantId, String(day)],
      );
    await migrateDatabase(db, all);
    const order = await db.query(
      'SELECT idempotency_key AS key FROM ledger_seals JOIN ledger_entries USING (merchant_id, entry_id) ORDER BY seq',
    );
    expect(order.map(({ key }) => key)).toEqual(['3', '2', '1']);
    expect((await verifyLedger(db, { merchantId })).head.seq).toBe(3);
  });
});

describe('the database refuses', () => {
  let context: ServerContext;
  beforeAll(async () => {
    context = await openLedger();
    await income(context);
  });

  test.each([
    [
      'a line more, also a pair that sums to zero',
      'is sealed',
      `INSERT INTO ledger_postings
       SELECT merchant_id, entry_id, line + 2, account_code, amount_cents, currency FROM ledger_postings`,
    ],
    [
      'an entry without lines',
      'has no postings',
      `INSERT INTO ledger_entries
       SELECT merchant_id, gen_random_uuid(), kind, NULL, 'other', occurred_at, recorded_at FROM ledger_entries LIMIT 1`,
    ],
    ['another amount', 'append-only', 'UPDATE ledger_postings SET amount_cents = amount_cents * 2'],
    ['another time', 'append-only', "UPDATE ledger_entries SET occurred_at = now() - interval '1 year'"],
    ['another seal', 'append-only', 'UPDATE ledger_seals SET hash = sha256(hash)'],
    ['an entry taken away', 'append-only', 'DELETE FROM ledger_entries'],
    ['all taken away', 'append-only', 'TRUNCATE ledger_entries CASCADE'],
    ['another kind of account', 'append-only', "UPDATE ledger_accounts SET kind = 'expense'"],
    ['an account taken away', 'append-only', 'DELETE FROM ledger_accounts'],
    ['all accounts taken away', 'append-only', 'TRUNCATE ledger_accounts CASCADE'],
    ['the chain’s end set back', 'only goes on', 'UPDATE ledger_heads SET seq = seq - 1'],
    ['another end of the chain', 'only goes on', 'UPDATE ledger_heads SET hash = sha256(hash)'],
    ['the chain’s end taken away', 'only goes on', 'DELETE FROM ledger_heads'],
    ['all ends taken away', 'append-only', 'TRUNCATE ledger_heads'],
  ])('%s', async (_what, refusal, sql) => {
    await expect(context.db.query(sql)).rejects.toThrow(refusal);
  });
});

describe('whoever gets past the database is found out:', () => {
  const LAST = '(SELECT max(seq) FROM ledger_seals)';
  const ENTRY_4 = '(SELECT entry_id FROM ledger_seals WHERE seq = 4)';
  /** Rewrites the head to the last seal that is left, as a careful forger does. */
  const HEAD = `UPDATE ledger_heads SET seq = s.seq, hash = s.hash
    FROM (SELECT * FROM ledger_seals ORDER BY seq DESC LIMIT 1) AS s`;

  test.each([
    [
      'an amount',
      'entry_says_what_was_sealed',
      [`UPDATE ledger_postings SET amount_cents = amount_cents * 2 WHERE entry_id = ${ENTRY_4}`],
    ],
    [
      'an account',
      'entry_says_what_was_sealed',
      [
        `UPDATE ledger_postings SET account_code = 'sales' WHERE entry_id = ${ENTRY_4} AND account_code = 'other_income'`,
        "UPDATE ledger_accounts SET code = 'sales' WHERE code = 'other_income' AND false",
      ],
    ],
    [
      'a time, by a millionth of a second',
      'entry_says_what_was_sealed',
      [
        `UPDATE ledger_entries SET occurred_at = occurred_at + interval '1 microsecond' WHERE entry_id = ${ENTRY_4}`,
      ],
    ],
    [
      'two lines more',
      'entry_says_what_was_sealed',
      [
        `INSERT INTO ledger_postings SELECT merchant_id, entry_id, line + 2, account_code, amount_cents, currency
       FROM ledger_postings WHERE entry_id = ${ENTRY_4}`,
      ],
    ],
    ['no lines', 'entry_says_what_was_sealed', [`DELETE FROM ledger_postings WHERE entry_id = ${ENTRY_4}`]],
    ['an entry gone', 'sealed_entry_is_there', [`DELETE FROM ledger_entries WHERE entry_id = ${ENTRY_4}`]],
    [
      'an entry gone with its seal',
      'chain_has_no_gap',
      [`DELETE FROM ledger_entries WHERE entry_id = ${ENTRY_4}`, 'DELETE FROM ledger_seals WHERE seq = 4'],
    ],
    [
      'two seals exchanged',
      'entry_says_what_was_sealed',
      [
        'UPDATE ledger_seals SET seq = 1000 WHERE seq = 3',
        'UPDATE ledger_seals SET seq = 3 WHERE seq = 4',
        'UPDATE ledger_seals SET seq = 4 WHERE seq = 1000',
      ],
    ],
    ['the last entries gone', 'chain_ends_at_its_head', [`DELETE FROM ledger_seals WHERE seq = ${LAST}`]],
    [
      'an entry past the chain',
      'entry_is_sealed',
      [
        `INSERT INTO ledger_entries SELECT merchant_id, gen_random_uuid(), kind, NULL, 'past', occurred_at, recorded_at
       FROM ledger_entries LIMIT 1`,
      ],
    ],
    [
      'the end cut off, and the head with it',
      'chain_goes_through_the_noted_head',
      [
        `DELETE FROM ledger_entries WHERE entry_id = (SELECT entry_id FROM ledger_seals WHERE seq = ${LAST})`,
        `DELETE FROM ledger_postings WHERE entry_id = (SELECT entry_id FROM ledger_seals WHERE seq = ${LAST})`,
        `DELETE FROM ledger_seals WHERE seq = ${LAST}`,
        HEAD,
      ],
    ],
  ] as const)('%s', async (_what, rule, statements) => {
    const context = await openLedger();
    for (let money = 0; money < 3; money += 1) await income(context);
    const { head } = await verifyLedger(context.db, { merchantId });
    expect(await chainFindings(context, head)).toEqual([]);
    await tamper(context, async (transaction) => {
      for (const sql of statements) await transaction.query(sql);
    });
    const noted = rule === 'chain_goes_through_the_noted_head' ? head : undefined;
    const findings = await chainFindings(context, noted);
    expect(findings.map((finding) => finding.rule)).toContain(rule);
  });

  test('a ledger written anew with seals that are right, by the head that was noted down', async () => {
    const context = await openLedger();
    for (let money = 0; money < 2; money += 1) await income(context);
    const { head } = await verifyLedger(context.db, { merchantId });
    await tamper(context, async (transaction) => {
      await transaction.query('UPDATE ledger_postings SET amount_cents = amount_cents * 3');
      await transaction.query('DELETE FROM ledger_seals');
      await transaction.query('DELETE FROM ledger_heads');
      await transaction.query('SELECT ledger_seal(e) FROM ledger_entries e ORDER BY recorded_at, entry_id');
    });
    expect(await chainFindings(context)).toEqual([]);
    expect(await chainFindings(context, head)).toMatchObject([{ rule: 'chain_goes_through_the_noted_head' }]);
    const hash = createHash('sha256').update('another').digest('hex');
    expect(await chainFindings(context, { seq: 9, hash })).toMatchObject([{ subject: '9' }]);
  });
});

test('a key stands for all that it posts: another amount under it is refused, and nothing is posted', async () => {
  const context = await openLedger();
  const receiptId = randomUUID();
  await income(context, { receiptId });
  await income(context, { receiptId, occurredAtMs: clock.nowMs() + 1_000 });
  await expect(income(context, { receiptId, amountCents: 1_001 })).rejects.toThrow(LedgerConflict);
  await expect(income(context, { receiptId, currency: 'USD' })).rejects.toThrow(LedgerConflict);
  expect((await verifyLedger(context.db, { merchantId })).entries).toBe(2);
});

test('balances are those of any time, and of what was known by then', async () => {
  const context = await openLedger();
  const startMs = clock.nowMs();
  const moneys: { atMs: number; knownMs: number; cents: number; currency: string }[] = [];
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 90_000 }),
      fc.integer({ min: 0, max: 50_000 }),
      fc.constantFrom('BRL', 'USD'),
      async (cents, agoMs, currency) => {
        clock.advance(1_000);
        const atMs = clock.nowMs() - agoMs;
        await income(context, { amountCents: cents, occurredAtMs: atMs, currency });
        moneys.push({ atMs, knownMs: clock.nowMs(), cents, currency });
      },
    ),
    { numRuns: 40 },
  );
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: -60_000, max: 60_000 }),
      fc.option(fc.integer({ min: 0, max: 60_000 }), { nil: undefined }),
      async (at, known) => {
        const atMs = startMs + at;
        const knownByMs = known === undefined ? undefined : startMs + known;
        const { accounts } = await readBalances(context.db, merchantId, { atMs, knownByMs });
        for (const currency of ['BRL', 'USD']) {
          const cents = moneys
            .filter((money) => money.currency === currency && money.atMs <= atMs)
            .filter(({ knownMs }) => knownByMs === undefined || knownMs <= knownByMs)
            .reduce((sum, money) => sum + money.cents, 0);
          const of = (code: string) =>
            accounts.find((account) => account.accountCode === code && account.currency === currency);
          expect(of(`receivable:${PROVIDER}`)?.balanceCents ?? 0).toBe(cents);
          expect(of('other_income')?.balanceCents ?? 0).toBe(cents === 0 ? 0 : -cents);
          expect(of('suspense')?.debitCents ?? 0).toBe(cents);
          expect(of('suspense')?.balanceCents ?? 0).toBe(0);
        }
        const sum = accounts.reduce((total, { balanceCents }) => total + balanceCents, 0);
        expect(sum).toBe(0);
      },
    ),
    { numRuns: 60 },
  );
});

test('an account is read page by page, the newest first', async () => {
  const context = await openLedger();
  for (let money = 1; money <= 5; money += 1) await income(context, { amountCents: money });
  const read: number[] = [];
  let before: number | null = null;
  do {
    const page = await readStatement(context.db, merchantId, 'other_income', {
      before: before ?? undefined,
      limit: 2,
    });
    read.push(...page.lines.map(({ amountCents }) => amountCents));
    before = page.nextBefore;
  } while (before !== null);
  expect(read).toEqual([-5, -4, -3, -2, -1]);
});
