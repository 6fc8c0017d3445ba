// Loaded before the kiosk's program by crash-points.test.ts (`node --import`): counts the commits of its database from
// the sale's first one, and kills the process with SIGKILL at the chosen one. The product knows nothing of it.
import { appendFileSync } from 'node:fs';
import process from 'node:process';
import Database from 'better-sqlite3';

/** `before`: all is written, nothing committed. `after`: committed, and nothing done about it yet. */
type Moment = 'before' | 'after';

const killAt = Number(process.env['KILL_AT'] ?? 0);
const killWhen = process.env['KILL_WHEN'] as Moment;
const report = process.env['KILL_REPORT'] ?? '';

type Prototype = Record<'prepare' | 'transaction', (this: Database.Database, argument: never) => unknown>;
const prototype = Database.prototype as unknown as Prototype;
const { prepare, transaction } = prototype;

let armed = process.env['KILL_FROM_START'] === 'true';
let commits = 0;
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
      moment('before');
      const result = run(...parameters);
      moment('after');
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
    const outer = transaction.call(this, (() => {
      const result = (work as (...parameters: unknown[]) => unknown)(...parameters);
      moment('before');
      return result;
    }) as never) as Database.Transaction;
    const result = outer.immediate();
    moment('after');
    return result;
  };
  return Object.assign(counted, { immediate: counted, default: counted });
};

function moment(when: Moment): void {
  if (touched.length === 0) return;
  if (touched.includes('INSERT payment_sessions')) armed = true;
  if (!armed) return;
  if (when === 'before') commits += 1;
  if (commits !== killAt || when !== killWhen) return;
  appendFileSync(report, `${[...new Set(touched)].join(', ')}\n`);
  process.kill(process.pid, 'SIGKILL');
}
