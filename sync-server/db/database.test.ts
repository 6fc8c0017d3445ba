import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../testing/test-database.ts';
import { openDatabase, type Transaction } from './database.ts';

let database: TestDatabase;

beforeAll(async () => {
  database = await createTestDatabase();
  await database.db.query('CREATE TABLE accounts (name text PRIMARY KEY, balance integer NOT NULL)');
});
afterAll(() => database.close());
beforeEach(() =>
  database.db.query(
    "INSERT INTO accounts VALUES ('a', 0), ('b', 0) ON CONFLICT (name) DO UPDATE SET balance = 0",
  ),
);

const raise = (transaction: Transaction, code: string) =>
  transaction.query(`DO $$ BEGIN RAISE EXCEPTION 'made' USING ERRCODE = '${code}'; END $$`);
const add = (transaction: Transaction, name: string) =>
  transaction.query('UPDATE accounts SET balance = balance + 1 WHERE name = $1', [name]);

test('two transactions that wait for each other both end, each once', async () => {
  const repeated: unknown[] = [];
  const other = openDatabase(
    database.url,
    () => undefined,
    (error) => repeated.push(error),
  );
  const own = openDatabase(
    database.url,
    () => undefined,
    (error) => repeated.push(error),
  );
  const bothHoldOne = [Promise.withResolvers<void>(), Promise.withResolvers<void>()] as const;
  const committed: string[] = [];
  const move = (db: typeof own, first: string, second: string, turn: 0 | 1) =>
    db.transaction(async (transaction) => {
      transaction.afterCommit(() => committed.push(first));
      await add(transaction, first);
      bothHoldOne[turn].resolve();
      await Promise.all(bothHoldOne.map(({ promise }) => promise));
      await add(transaction, second);
      return first;
    });
  try {
    expect(await Promise.all([move(own, 'a', 'b', 0), move(other, 'b', 'a', 1)])).toEqual(['a', 'b']);
    expect(committed.sort()).toEqual(['a', 'b']);
    expect(await database.db.query('SELECT balance FROM accounts')).toEqual([{ balance: 2 }, { balance: 2 }]);
    expect(repeated).toMatchObject([{ code: '40P01' }]);
  } finally {
    await Promise.all([own.close(), other.close()]);
  }
});

test.each(['40001', '40P01'])(
  'what PostgreSQL took back with %s is done again, a bounded number of times',
  async (code) => {
    let runs = 0;
    const failing = (times: number) => async (transaction: Transaction) => {
      runs += 1;
      await add(transaction, 'a');
      if (runs <= times) await raise(transaction, code);
      return runs;
    };
    expect(await database.db.transaction(failing(2))).toBe(3);
    expect(await database.db.query("SELECT balance FROM accounts WHERE name = 'a'")).toEqual([
      { balance: 1 },
    ]);
    runs = 0;
    await expect(database.db.transaction(failing(Number.POSITIVE_INFINITY))).rejects.toMatchObject({ code });
    expect(runs).toBe(5);
  },
);

test('anything else is not done again: a bug would run five times', async () => {
  let runs = 0;
  const work = async (transaction: Transaction) => {
    runs += 1;
    await raise(transaction, '23505');
  };
  await expect(database.db.transaction(work)).rejects.toMatchObject({ code: '23505' });
  expect(runs).toBe(1);
});
