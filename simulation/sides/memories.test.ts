import { beforeAll, describe, expect, test } from 'vitest';
import type { KioskDatabase } from '../../main/store/database.ts';
import { runSeed, type SeedResult } from '../seed.ts';
import { openWorkplace } from '../workplace.ts';
import { type Memories, REMEMBERING } from './memories.ts';

/** A short world that sells. */
const SEED = 4;

/** As the memories are, but no write reaches them. */
const DEAF: Memories = {
  reads(db) {
    const prepare = (sql: string): unknown => db.prepare(sql.replace('total_changes()', '0'));
    return REMEMBERING.reads(Object.create(db, { prepare: { value: prepare } }) as KioskDatabase);
  },
  looks: (read) => ({ ...REMEMBERING.looks(read), forget: () => undefined }),
};

/** Questions that memories answered otherwise than the database did at the same moment. */
class Wrong {
  readonly ofTotems = new Set<string>();
  readonly ofServer = new Set<string>();
}

interface Statement {
  all(...parameters: unknown[]): unknown;
  get(...parameters: unknown[]): unknown;
  pluck(): Statement;
}

/** Answers afresh, and asks each of the memories the same. */
class Beside implements Memories {
  asked = 0;
  readonly #memories: readonly (readonly [Memories, Wrong])[];

  constructor(memories: readonly (readonly [Memories, Wrong])[]) {
    this.#memories = memories;
  }

  reads(db: KioskDatabase): KioskDatabase {
    const beside = this.#memories.map(([memories, { ofTotems }]) => ({ db: memories.reads(db), ofTotems }));
    const watched = (sql: string, statements: readonly Statement[]): Statement => {
      const ask = (put: (statement: Statement) => unknown): unknown => {
        const [fresh, ...remembered] = statements.map(put);
        this.asked += 1;
        for (const [index, answer] of remembered.entries())
          if (!same(answer, fresh)) beside[index]?.ofTotems.add(sql);
        return fresh;
      };
      return {
        all: (...parameters) => ask((statement) => statement.all(...parameters)),
        get: (...parameters) => ask((statement) => statement.get(...parameters)),
        pluck: () =>
          watched(
            sql,
            statements.map((statement) => statement.pluck()),
          ),
      };
    };
    const prepare = (sql: string): Statement =>
      watched(
        sql,
        [db, ...beside.map((one) => one.db)].map((one) => one.prepare(sql) as unknown as Statement),
      );
    return Object.create(db, { prepare: { value: prepare } }) as KioskDatabase;
  }

  looks(read: Parameters<Memories['looks']>[0]): ReturnType<Memories['looks']> {
    const beside = this.#memories.map(([memories, { ofServer }]) => ({
      looks: memories.looks(read),
      ofServer,
    }));
    return {
      ask: (sql, parameters) => {
        const fresh = read(sql, parameters);
        this.asked += 1;
        for (const { looks, ofServer } of beside)
          if (!same(looks.ask(sql, parameters), fresh)) ofServer.add(sql);
        return fresh;
      },
      forget: (tables) => {
        for (const { looks } of beside) looks.forget(tables);
      },
      forgetAll: () => {
        for (const { looks } of beside) looks.forgetAll();
      },
    };
  }
}

function same(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

describe('in every step of a world', () => {
  const wrong = { remembering: new Wrong(), deaf: new Wrong() };
  const beside = new Beside([
    [REMEMBERING, wrong.remembering],
    [DEAF, wrong.deaf],
  ]);
  let result: SeedResult;
  beforeAll(async () => {
    const workplace = await openWorkplace(beside);
    try {
      result = await runSeed(SEED, workplace);
    } finally {
      await workplace.close();
    }
  });

  test('the memories answer as the databases do', () => {
    expect(result).toMatchObject({ violation: null });
    expect(beside.asked).toBeGreaterThan(1_000);
    expect([...wrong.remembering.ofTotems]).toEqual([]);
    expect([...wrong.remembering.ofServer]).toEqual([]);
  });

  test('one that no write reaches is seen to be wrong, of totems and of the server', () => {
    expect(wrong.deaf.ofTotems.size).toBeGreaterThan(0);
    expect(wrong.deaf.ofServer.size).toBeGreaterThan(0);
  });
});
