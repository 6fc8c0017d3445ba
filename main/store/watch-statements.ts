import type { KioskDatabase } from './database.ts';

/**
 * Tells of every statement that fails, before the failure goes its way: a page that went bad is met by whoever reads
 * it first, a screen or the print queue, and none of them knows what to do about it.
 */
export function watchStatements(db: KioskDatabase, onFailure: (error: unknown) => void): void {
  const prepare = db.prepare.bind(db);
  const watched = (run: (...parameters: unknown[]) => unknown) =>
    function watch(...parameters: unknown[]): unknown {
      try {
        return run(...parameters);
      } catch (error) {
        onFailure(error);
        throw error;
      }
    };
  Object.defineProperty(db, 'prepare', {
    value: (sql: string) => {
      const statement = prepare(sql);
      for (const name of ['run', 'get', 'all'] as const) {
        Object.defineProperty(statement, name, { value: watched(statement[name].bind(statement)) });
      }
      return statement;
    },
  });
}
