// Loaded before the kiosk's program (`node --import`): counts the commits of its database, and kills the process with
// SIGKILL at the one that the test ordered. The product knows nothing of it.
import process from 'node:process';
import Database from 'better-sqlite3';
import { type CountedCommit, createKillPoint, type KillMoment } from '../../platform/testing/kill-point.ts';

type Prototype = Record<'prepare' | 'transaction', (this: Database.Database, argument: never) => unknown>;
const prototype = Database.prototype as unknown as Prototype;
const { prepare, transaction } = prototype;

const when = process.env['KILL_WHEN'] as KillMoment | undefined;
const point = createKillPoint(when === undefined ? null : { at: Number(process.env['KILL_AT']), when });
/** An order of the start counts from the first commit of a sale on, unless it says otherwise. */
let counting = when === undefined || process.env['KILL_FROM_START'] === 'true';
/** What the open transaction has written so far, `INSERT tickets`. */
let touched: string[] = [];

prototype.prepare = function prepareCounted(sql: never) {
  const statement = prepare.call(this, sql) as Record<'run', (...parameters: unknown[]) => unknown>;
  const words = /^\s*(INSERT|UPDATE|DELETE)(?:\s+OR\s+\w+)?(?:\s+INTO|\s+FROM)?\s+(\w+)/i.exec(sql);
  if (words === null || !this.name.endsWith('kiosk.sqlite')) return statement;
  const run = statement.run.bind(statement);
  const what = `${words[1]?.toUpperCase()} ${words[2]}`;
  Object.defineProperty(statement, 'run', {
    configurable: true,
    value: (...parameters: unknown[]) => {
      if (this.inTransaction) {
        const result = run(...parameters);
        touched.push(what);
        return result;
      }
      // A statement by itself is its own commit.
      touched = [what];
      const commit = aboutToCommit();
      const result = run(...parameters);
      commit.after();
      return result;
    },
  });
  return statement;
};

prototype.transaction = function transactionCounted(work: never) {
  const nested = transaction.call(this, work) as Database.Transaction;
  if (!this.name.endsWith('kiosk.sqlite')) return nested;
  const counted = (...parameters: unknown[]): unknown => {
    if (this.inTransaction) return nested(...parameters);
    touched = [];
    let commit: CountedCommit | null = null;
    const outer = transaction.call(this, (() => {
      const result = (work as (...parameters: unknown[]) => unknown)(...parameters);
      commit = aboutToCommit();
      return result;
    }) as never) as Database.Transaction;
    const result = outer.immediate();
    (commit as CountedCommit | null)?.after();
    return result;
  };
  return Object.assign(counted, { immediate: counted, default: counted });
};

function aboutToCommit(): CountedCommit {
  if (touched.includes('INSERT payment_sessions')) counting = true;
  return point.before(counting ? touched : []);
}
