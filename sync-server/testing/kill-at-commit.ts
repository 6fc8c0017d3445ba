// Loaded before the server's program (`node --import`): counts its commits at PostgreSQL, and kills the process with
// SIGKILL at the one that the test ordered. The product knows nothing of it.
import pg from 'pg';
import { createKillPoint } from '../../platform/testing/kill-point.ts';

/** Noted beside a request and not before its answer: in no order with the rest, so that it would be counted anywhere. */
const CONTACT = 'INSERT kiosks';

type Values = readonly unknown[] | undefined;
type Callback = (error: Error | null, result?: pg.QueryResult) => void;
type Query = (this: pg.Client, text: unknown, values?: Values, callback?: Callback) => unknown;

const prototype = pg.Client.prototype as unknown as { query: Query };
const { query } = prototype;
const point = createKillPoint();
/** What the open transaction of a connection has written so far. */
const openWrites = new WeakMap<pg.Client, string[]>();

prototype.query = function queryCounted(text, values, callback) {
  if (typeof text !== 'string' || typeof values === 'function')
    return query.call(this, text, values, callback);
  const answer = run(this, text, values);
  if (callback === undefined) return answer;
  answer.then(
    (result) => callback(null, result),
    (error: Error) => callback(error),
  );
  return undefined;
};

async function run(client: pg.Client, text: string, values: Values): Promise<pg.QueryResult> {
  const send = (sql: string, parameters?: Values): Promise<pg.QueryResult> =>
    query.call(client, sql, parameters) as Promise<pg.QueryResult>;
  const open = openWrites.get(client);
  switch (text.trim().toUpperCase()) {
    case 'BEGIN':
      openWrites.set(client, []);
      return send(text);
    case 'ROLLBACK':
      openWrites.delete(client);
      return send(text);
    case 'COMMIT': {
      openWrites.delete(client);
      const commit = point.before(open ?? []);
      const result = await send(text);
      commit.after();
      return result;
    }
  }
  const writes = writesOf(text).filter((what) => what !== CONTACT);
  if (writes.length === 0) return send(text, values);
  if (open !== undefined) {
    const result = await send(text, values);
    if (hasWritten(result)) open.push(...writes);
    return result;
  }
  // A statement by itself is its own transaction: taken apart, so that there is an instant before its commit.
  await send('BEGIN');
  try {
    const result = await send(text, values);
    const commit = point.before(hasWritten(result) ? writes : []);
    await send('COMMIT');
    commit.after();
    return result;
  } catch (error) {
    await send('ROLLBACK');
    throw error;
  }
}

/** A worker that finds nothing to do writes nothing. */
function hasWritten({ rowCount }: pg.QueryResult): boolean {
  return (rowCount ?? 0) > 0;
}

/** `UPDATE tickets`, for each write of a statement; neither the UPDATE of a lock nor that of a conflict. */
function writesOf(sql: string): string[] {
  const found = sql.matchAll(/(?<!\b(?:FOR|KEY|DO)\s+)\b(INSERT INTO|UPDATE|DELETE FROM)\s+(\w+)/gi);
  return [...found].map(([, verb = '', table = '']) => `${verb.split(' ', 1)[0]?.toUpperCase()} ${table}`);
}
