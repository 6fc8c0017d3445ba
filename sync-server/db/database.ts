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
   * Commits when `work` resolves, rolls back and rethrows when it rejects. In which order everybody locks is written
   * down in docs/sync-server.md, and held by sync-server/lock-order.test.ts.
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

/** @param onError told of errors of idle connections (a restarted PostgreSQL): the pool reconnects by itself */
export function openDatabase(connectionString: string, onError: (error: Error) => void): Database {
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
    transaction: (work) => runTransaction(pool, work),
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

async function runTransaction<T>(pool: pg.Pool, work: (transaction: Transaction) => Promise<T>): Promise<T> {
  const client = await pool.connect();
  const afterCommit: (() => void)[] = [];
  let broken: Error | undefined;
  // The pool listens only to idle connections. When PostgreSQL dies, the running query rejects as well; without a
  // listener the event would end the process.
  const onBroken = (error: Error): void => {
    broken = error;
  };
  client.on('error', onBroken);
  let result: T;
  try {
    await client.query('BEGIN');
    result = await work({
      query: async <R extends Row>(sql: string, parameters: readonly unknown[] = []) =>
        (await client.query<R>(sql, [...parameters])).rows,
      afterCommit: (task) => afterCommit.push(task),
    });
    await client.query('COMMIT');
  } catch (error) {
    await client.query('ROLLBACK').catch((rollbackError: Error) => {
      broken = rollbackError;
    });
    throw error;
  } finally {
    client.off('error', onBroken);
    // A connection that broke or could not roll back is thrown away instead of going back into the pool.
    client.release(broken);
  }
  for (const task of afterCommit) task();
  return result;
}
