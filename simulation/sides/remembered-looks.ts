import { tablesRead } from './named-tables.ts';

/** Reads what the server's database holds now. */
export type Look = (sql: string, parameters: readonly unknown[]) => Record<string, unknown>[];

/** Answers those who look at the server's database after each step. */
export interface Looks {
  readonly ask: Look;
  /** Rows of these tables may have changed. */
  forget(tables: readonly string[]): void;
  forgetAll(): void;
}

/**
 * What was looked at in the server's database, until one of its tables is written to: few commits touch what an
 * invariant asks for.
 */
export function rememberLooks(read: Look): Looks {
  const known = new Map<string, { readonly rows: ReturnType<Look>; readonly tables: ReadonlySet<string> }>();
  return {
    ask(sql, parameters) {
      const question = JSON.stringify([sql, parameters]);
      const answered = known.get(question);
      if (answered !== undefined) return answered.rows;
      const rows = read(sql, parameters);
      known.set(question, { rows, tables: new Set(tablesRead(sql)) });
      return rows;
    },
    forget(tables) {
      for (const table of tables)
        for (const [question, answer] of known) if (answer.tables.has(table)) known.delete(question);
    },
    forgetAll: () => known.clear(),
  };
}
