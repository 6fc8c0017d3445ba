import type { KioskDatabase } from '../../main/store/database.ts';

type Read = (...parameters: unknown[]) => unknown;
interface Statement {
  all: Read;
  get: Read;
  run: Read;
  pluck(): Statement;
}

/**
 * The same database for those who look at it after each step: a question that was asked before is answered from memory
 * for as long as no statement of this connection, which alone writes, has changed a row.
 */
export function rememberReads(db: KioskDatabase): KioskDatabase {
  const changes = db.prepare<[], number>('SELECT total_changes()').pluck();
  const statements = new Map<string, Statement>();

  function remember(sql: string, plucked: boolean): Statement {
    const known = statements.get(`${plucked} ${sql}`);
    if (known !== undefined) return known;
    const statement = db.prepare(sql) as unknown as Statement;
    if (plucked) statement.pluck();
    const answers = new Map<string, unknown>();
    let ofChange: number | undefined;
    const once = (kind: string, read: Read): Read => {
      return (...parameters) => {
        const now = changes.get();
        if (now !== ofChange) {
          ofChange = now;
          answers.clear();
        }
        const question = kind + JSON.stringify(parameters);
        if (!answers.has(question)) answers.set(question, read(...parameters));
        return answers.get(question);
      };
    };
    const remembered: Statement = {
      all: once('all', (...parameters) => statement.all(...parameters)),
      get: once('get', (...parameters) => statement.get(...parameters)),
      run: (...parameters) => statement.run(...parameters),
      pluck: () => remember(sql, true),
    };
    statements.set(`${plucked} ${sql}`, remembered);
    return remembered;
  }

  return Object.create(db, { prepare: { value: (sql: string) => remember(sql, false) } }) as KioskDatabase;
}
