import type { Database, Transaction } from '../../db/database.ts';

/**
 * A database whose every change is taken back at the end: one connection in one transaction, in which each transaction
 * of the code under test is a savepoint. What the database checks at a commit is checked at the end of each of them.
 */
export interface UndoneDatabase {
  readonly db: Database;
  /** Takes back what `work` did, and answers what it answered. */
  undoing<T>(work: () => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

export async function openUndone(database: Database): Promise<UndoneDatabase> {
  const connection = await database.connect({ statementTimeoutMs: 30_000, onBroken: () => undefined });
  let depth = 0;
  const savepoint = async <T>(work: (name: string) => Promise<T>): Promise<T> => {
    depth += 1;
    const name = `level_${depth}`;
    await connection.query(`SAVEPOINT ${name}`);
    try {
      return await work(name);
    } catch (error) {
      await connection.query(`ROLLBACK TO SAVEPOINT ${name}`);
      throw error;
    } finally {
      depth -= 1;
    }
  };
  await connection.query('BEGIN');
  const db: Database = {
    query: connection.query,
    transaction: async (work) => {
      const afterCommit: (() => void)[] = [];
      const result = await savepoint(async () => {
        const transaction: Transaction = {
          query: connection.query,
          afterCommit: (task) => void afterCommit.push(task),
        };
        const answer = await work(transaction);
        await connection.query('SET CONSTRAINTS ALL IMMEDIATE');
        await connection.query('SET CONSTRAINTS ALL DEFERRED');
        return answer;
      });
      for (const task of afterCommit) task();
      return result;
    },
    connect: (options) => database.connect(options),
    close: async () => undefined,
  };
  return {
    db,
    undoing: (work) =>
      savepoint(async (name) => {
        const answer = await work();
        await connection.query(`ROLLBACK TO SAVEPOINT ${name}`);
        return answer;
      }),
    async close() {
      await connection.query('ROLLBACK');
      await connection.close();
    },
  };
}
