import { setImmediate as nextTurn } from 'node:timers/promises';
import type fc from 'fast-check';
import type { Database, Queryable } from '../db/database.ts';

type Row = Record<string, unknown>;

/**
 * Lets fast-check choose which of several actors makes its next step: each statement, BEGIN and COMMIT of theirs waits
 * at a gate, and one gate at a time is opened. The statements are real, so that an opened one may wait for a lock of
 * PostgreSQL; the next gate is opened only when each opened step has ended or is known to wait for a lock. So the
 * same seed gives the same order.
 */
export interface SteppedDatabase {
  /** The database as one actor sees it. */
  as(actor: string): Database;
  /** A step that is not the database's: an answer of the bank that is under way. */
  step(label: string): Promise<void>;
  /** Opens gates until every actor has ended. Throws when those that are left wait for each other. */
  run(actors: readonly Promise<unknown>[]): Promise<void>;
}

/** A step takes a millisecond; after this long something hangs that no lock explains. */
const MAX_STEP_MS = 10_000;

/** @param rewrite changes statements on their way, for twins: a lock that is left out */
export function stepDatabase(
  db: Database,
  scheduler: fc.Scheduler,
  rewrite: (sql: string) => string = (sql) => sql,
): SteppedDatabase {
  /** Gates that were reached and are not known to the scheduler yet. */
  let reached: { readonly label: string; readonly open: () => void }[] = [];
  let underWay = 0;

  function step(label: string): Promise<void> {
    return new Promise((open) => reached.push({ label, open }));
  }

  /** @returns marks the end of what begins now; calling it again does nothing */
  function begin(): () => void {
    underWay += 1;
    let over = false;
    return () => {
      if (!over) underWay -= 1;
      over = true;
    };
  }

  function stepped(actor: string, inner: Queryable): Queryable {
    return {
      async query<R extends Row>(sql: string, parameters?: readonly unknown[]) {
        await step(`${actor}: ${sql.trim().replace(/\s+/g, ' ').slice(0, 50)}`);
        const end = begin();
        try {
          return await inner.query<R>(rewrite(sql), parameters);
        } finally {
          end();
        }
      },
    };
  }

  function as(actor: string): Database {
    return {
      ...db,
      ...stepped(actor, db),
      async transaction(work) {
        await step(`${actor}: BEGIN`);
        let end = begin();
        try {
          return await db.transaction(async (transaction) => {
            end();
            try {
              const result = await work({ ...transaction, ...stepped(actor, transaction) });
              await step(`${actor}: COMMIT`);
              return result;
            } finally {
              // COMMIT or ROLLBACK follows.
              end = begin();
            }
          });
        } finally {
          end();
        }
      },
    };
  }

  async function untilNothingMoves(): Promise<void> {
    const givesUpAt = performance.now() + MAX_STEP_MS;
    for (;;) {
      await nextTurn();
      await nextTurn();
      if (underWay === 0) return;
      const before = underWay;
      const [row] = await db.query<{ waiting: number }>(LOCK_WAITS);
      if (row?.waiting === before && underWay === before) return;
      if (performance.now() > givesUpAt) throw new Error(`${underWay} steps hang without waiting for a lock`);
    }
  }

  return {
    as,
    step,
    async run(actors) {
      let left = actors.length;
      for (const actor of actors) {
        const leave = (): void => {
          left -= 1;
        };
        actor.then(leave, leave);
      }
      for (;;) {
        await untilNothingMoves();
        // Two actors that go on after one COMMIT arrive in the order of their sockets; by name it is the same always.
        const arrived = reached.sort((a, b) => (a.label < b.label ? -1 : a.label > b.label ? 1 : 0));
        reached = [];
        for (const { label, open } of arrived) void scheduler.schedule(Promise.resolve(), label).then(open);
        if (scheduler.count() === 0) {
          if (left === 0) return;
          throw new Error(`${left} actors wait for each other`);
        }
        await scheduler.waitNext(1);
      }
    },
  };
}

// Not `object`: a commit with a NOTIFY waits its turn among those of all databases, and goes on by itself.
const LOCK_WAITS = `
  SELECT count(*)::int AS waiting FROM pg_locks JOIN pg_stat_activity USING (pid)
  WHERE NOT granted AND locktype <> 'object' AND datname = current_database() AND backend_type = 'client backend'`;
