import { PGlite, types } from '@electric-sql/pglite';
import type { Database, Queryable, Transaction } from '../../sync-server/db/database.ts';
import { migrateDatabase } from '../../sync-server/db/migrate.ts';
import { type Life, never } from '../world/machine.ts';
import type { Activity } from '../world/quiet.ts';
import type { Memories } from './memories.ts';
import { tablesWritten } from './named-tables.ts';
import type { Looks } from './remembered-looks.ts';
import { Statements } from './statements.ts';

type Row = Record<string, unknown>;

/** A commit of the server is the moment at which it may be killed, just before or just after, or its database be away. */
export interface CommitWatch {
  /**
   * @param tables those that it writes to
   * @returns where the process dies, if it does; `fails`: nothing is written, and the process is told so
   */
  onCommit(tables: ReadonlySet<string>): CommitFate | null;
  committed(): void;
  die(): void;
}

export type CommitFate = 'before' | 'after' | 'fails';

/** Statements that change something; everything else is not a crash point. */
const WRITES = /^\s*(INSERT|UPDATE|DELETE|WITH)\b/i;

/**
 * The server's storage, which outlives its processes: PostgreSQL itself, as WebAssembly in this process. It has one
 * connection, so transactions take turns; one that waited for anything else would be seen by the invariants.
 */
export class ServerStorage {
  readonly #pg: PGlite;
  readonly #statements: Statements;
  readonly #looks: Looks;
  #turn: Promise<void> = Promise.resolve();
  #inTransaction = false;

  private constructor(pg: PGlite, statements: Statements, memories: Memories) {
    this.#pg = pg;
    this.#statements = statements;
    this.#looks = memories.looks((sql, parameters) => statements.run(sql, parameters));
  }

  static async create(memories: Memories): Promise<ServerStorage> {
    const pg = await PGlite.create({ parsers: { [types.DATE]: (text: string) => text } });
    const storage = new ServerStorage(pg, await Statements.over(pg), memories);
    await migrateDatabase(storage.#plainDatabase());
    return storage;
  }

  /** Whether a transaction is open although nothing of the process runs. */
  get inTransaction(): boolean {
    return this.#inTransaction;
  }

  /** Empties every table that a seed has written to, for the next one. */
  async reset(): Promise<void> {
    if (this.#inTransaction) this.#statements.run('ROLLBACK');
    const written = this.#statements.run<{ name: string }>(
      `SELECT oid::regclass::text AS name FROM pg_class WHERE relnamespace = 'public'::regnamespace
         AND relkind = 'r' AND relname <> 'schema_migrations' AND (pg_relation_size(oid) > 0 OR EXISTS (
           SELECT 1 FROM pg_depend d JOIN pg_sequence q ON q.seqrelid = d.objid
           WHERE d.refobjid = pg_class.oid AND pg_sequence_last_value(q.seqrelid) IS NOT NULL))`,
    );
    // The ledger refuses to be emptied: its triggers are off for this.
    if (written.length > 0)
      await this.#pg.exec(`
        SET session_replication_role = replica;
        TRUNCATE ${written.map(({ name }) => name).join(', ')} RESTART IDENTITY CASCADE;
        RESET session_replication_role;
      `);
    this.#looks.forgetAll();
    this.#inTransaction = false;
    this.#turn = Promise.resolve();
  }

  /** For the invariants: reads what is committed, past all machines. */
  async look<R extends Row>(sql: string, parameters: readonly unknown[] = []): Promise<R[]> {
    return this.#looks.ask(sql, parameters) as R[];
  }

  #run<R extends Row>(sql: string, parameters: readonly unknown[]): R[] {
    const rows = this.#statements.run<R>(sql, parameters);
    this.#looks.forget(tablesWritten(sql));
    return rows;
  }

  close(): Promise<void> {
    return this.#pg.close();
  }

  /** What a server process is given: it ends with the process. */
  databaseOf(life: Life, activity: Activity, watch: CommitWatch): Database {
    const query = async <R extends Row>(sql: string, parameters: readonly unknown[] = []): Promise<R[]> => {
      if (life.over) return never();
      const writes = WRITES.test(sql);
      const rows = await activity.during(() =>
        this.#inTurn(async () => {
          if (life.over) return null;
          if (!writes) return this.#run<R>(sql, parameters);
          const death = watch.onCommit(new Set(tablesWritten(sql)));
          if (death === 'fails') throw databaseAway();
          if (death === 'before') watch.die();
          if (life.over) return null;
          const changed = this.#run<R>(sql, parameters);
          watch.committed();
          if (death === 'after') watch.die();
          return changed;
        }),
      );
      return rows === null || life.over ? never() : rows;
    };
    return {
      query,
      transaction: (work) => this.#transaction(life, activity, watch, work),
      connect: async () => ({ query, close: async () => undefined }),
      close: async () => undefined,
    };
  }

  async #transaction<T>(
    life: Life,
    activity: Activity,
    watch: CommitWatch,
    work: (transaction: Transaction) => Promise<T>,
  ): Promise<T> {
    if (life.over) return never();
    const afterCommit: (() => void)[] = [];
    const written = new Set<string>();
    const outcome = await this.#inTurn(async (): Promise<{ value: T } | null> => {
      if (life.over) return null;
      const run = async <R extends Row>(sql: string, parameters: readonly unknown[] = []): Promise<R[]> => {
        if (life.over) return never();
        for (const table of tablesWritten(sql)) written.add(table);
        return activity.during(async () => this.#run<R>(sql, parameters));
      };
      await activity.during(async () => this.#statements.run('BEGIN'));
      this.#inTransaction = true;
      try {
        const value = await work({ query: run, afterCommit: (task) => afterCommit.push(task) });
        const death = watch.onCommit(written);
        if (death === 'fails') throw databaseAway();
        if (death === 'before') watch.die();
        if (life.over) {
          await activity.during(async () => this.#statements.run('ROLLBACK'));
          return null;
        }
        await activity.during(async () => this.#statements.run('COMMIT'));
        watch.committed();
        if (death === 'after') watch.die();
        return { value };
      } catch (error) {
        await activity.during(async () => this.#statements.run('ROLLBACK'));
        throw error;
      } finally {
        this.#inTransaction = false;
      }
    });
    if (outcome === null || life.over) return never();
    for (const task of afterCommit) task();
    return outcome.value;
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#turn.then(work);
    this.#turn = result.then(
      () => undefined,
      () => undefined,
    );
    return result;
  }

  #plainDatabase(): Pick<Database, 'transaction'> & Queryable & Database {
    const query = async <R extends Row>(sql: string, parameters: readonly unknown[] = []): Promise<R[]> =>
      parameters.length === 0
        ? (((await this.#pg.exec(sql)).at(-1)?.rows ?? []) as R[])
        : this.#statements.run<R>(sql, parameters);
    return {
      query,
      transaction: async (work) => {
        await this.#pg.exec('BEGIN');
        try {
          const value = await work({ query, afterCommit: () => undefined });
          await this.#pg.exec('COMMIT');
          return value;
        } catch (error) {
          await this.#pg.exec('ROLLBACK');
          throw error;
        }
      },
      connect: async () => ({ query, close: async () => undefined }),
      close: async () => undefined,
    };
  }
}

/** As PostgreSQL says it where it stops in the midst of a transaction. */
function databaseAway(): Error {
  return Object.assign(new Error('terminating connection due to administrator command'), { code: '57P01' });
}
