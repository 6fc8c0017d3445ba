import pg from 'pg';

type Row = Record<string, unknown>;

/** Something that runs SQL: the pool, or one open transaction. Parameters are `$1`, `$2`, … */
export interface Queryable {
  query<R extends Row>(sql: string, parameters?: readonly unknown[]): Promise<R[]>;
}

export interface Transaction extends Queryable {
  /** Runs after a successful commit, never after a rollback: wake-ups belong here. */
  afterCommit(task: () => void): void;
}

export interface Database extends Queryable {
  /**
   * Commits when `work` resolves, rolls back and rethrows when it rejects. What PostgreSQL itself took back (a deadlock,
   * a serialization failure) is run again, up to MAX_RUNS times in all: `work` changes nothing but the database, and
   * leaves everything else to `afterCommit`. In which order everybody locks is written down in docs/sync-server.md, and
   * held by sync-server/lock-order.test.ts.
   */
  transaction<T>(work: (transaction: Transaction) => Promise<T>): Promise<T>;
  /** A connection of its own, which no other work of the server stands before. Its owner closes it. */
  connect(options: ConnectionOptions): Promise<Connection>;
  close(): Promise<void>;
}

export interface Connection extends Queryable {
  close(): Promise<void>;
}

export interface ConnectionOptions {
  readonly statementTimeoutMs: number;
  /** The connection broke while nothing was asked of it. Called at most once. */
  readonly onBroken: (error: Error) => void;
}

// bigint columns hold cents, sequences and counts, all far below 2^53; dates are civil days, never instants.
const types = new pg.TypeOverrides();
types.setTypeParser(pg.types.builtins.INT8, (text) => {
  const value = Number(text);
  if (!Number.isSafeInteger(value)) throw new Error(`bigint ${text} is beyond what a number holds`);
  return value;
});
types.setTypeParser(pg.types.builtins.DATE, (text) => text);

/** Two cores answer best with few connections; the webhook writer and the feed listener keep their own. */
const POOL_SIZE = 10;
/** A statement that takes longer is stuck, and would hold a customer's payment with it. */
const STATEMENT_TIMEOUT_MS = 15_000;
/** PostgreSQL is on the same machine or near. */
const CONNECT_TIMEOUT_MS = 5_000;

/** SQLSTATEs by which PostgreSQL says that a transaction came to nothing by the others' fault: nothing of it was done. */
const TAKEN_BACK = new Set(['40001', '40P01']);
/** Locks are taken in one order, so that one repetition is rare; what fails five times has another reason. */
const MAX_RUNS = 5;
/** Two that waited for each other do not come back at the same instant. */
const MAX_PAUSE_SECONDS = 0.1;

/**
 * @param onError told of errors of idle connections (a restarted PostgreSQL): the pool reconnects by itself
 * @param onTakenBack told of each transaction that is run again
 */
export function openDatabase(
  connectionString: string,
  onError: (error: Error) => void,
  onTakenBack: (error: unknown) => void = () => undefined,
): Database {
  const pool = new pg.Pool({
    connectionString,
    max: POOL_SIZE,
    types,
    statement_timeout: STATEMENT_TIMEOUT_MS,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
  });
  let closing = false;
  pool.on('error', (error) => {
    if (!closing) onError(error);
  });
  return {
    query: async <R extends Row>(sql: string, parameters: readonly unknown[] = []) =>
      (await pool.query<R>(sql, [...parameters])).rows,
    transaction: (work) => runTransaction(pool, work, onTakenBack),
    connect: (options) => connectAlone(connectionString, options),
    close: () => {
      closing = true;
      return pool.end();
    },
  };
}

async function connectAlone(
  connectionString: string,
  { statementTimeoutMs, onBroken }: ConnectionOptions,
): Promise<Connection> {
  const client = new pg.Client({
    connectionString,
    types,
    statement_timeout: statementTimeoutMs,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
  });
  let broken = false;
  client.on('error', (error) => {
    if (!broken) onBroken(error);
    broken = true;
  });
  await client.connect();
  return {
    query: async <R extends Row>(sql: string, parameters: readonly unknown[] = []) =>
      (await client.query<R>(sql, [...parameters])).rows,
    close: () => client.end(),
  };
}

interface Committed<T> {
  readonly result: T;
  readonly afterCommit: readonly (() => void)[];
}

async function runTransaction<T>(
  pool: pg.Pool,
  work: (transaction: Transaction) => Promise<T>,
  onTakenBack: (error: unknown) => void,
): Promise<T> {
  const client = await pool.connect();
  let broken: Error | undefined;
  // The pool listens only to idle connections. When PostgreSQL dies, the running query rejects as well; without a
  // listener the event would end the process.
  const onBroken = (error: Error): void => {
    broken = error;
  };
  client.on('error', onBroken);
  let committed: Committed<T> | undefined;
  try {
    for (let run = 1; committed === undefined; run += 1) {
      try {
        committed = await runOnce(client, work);
      } catch (error) {
        await client.query('ROLLBACK').catch((rollbackError: Error) => {
          broken = rollbackError;
        });
        if (broken !== undefined || run === MAX_RUNS || !isTakenBack(error)) throw error;
        onTakenBack(error);
        await client.query(`SELECT pg_sleep(random() * ${MAX_PAUSE_SECONDS})`);
      }
    }
  } finally {
    client.off('error', onBroken);
    // A connection that broke or could not roll back is thrown away instead of going back into the pool.
    client.release(broken);
  }
  for (const task of committed.afterCommit) task();
  return committed.result;
}

async function runOnce<T>(
  client: pg.PoolClient,
  work: (transaction: Transaction) => Promise<T>,
): Promise<Committed<T>> {
  const afterCommit: (() => void)[] = [];
  await client.query('BEGIN');
  const result = await work({
    query: async <R extends Row>(sql: string, parameters: readonly unknown[] = []) =>
      (await client.query<R>(sql, [...parameters])).rows,
    afterCommit: (task) => afterCommit.push(task),
  });
  await client.query('COMMIT');
  return { result, afterCommit };
}

function isTakenBack(error: unknown): boolean {
  return TAKEN_BACK.has(String((error as { code?: unknown }).code));
}
