import { type Connection, openDatabase } from '../db/database.ts';
import { READING_ORDER, type RowKind } from './columns.ts';
import { SourceFailure, type SourceRow } from './csv-source.ts';
import type { MappingFile } from './mapping.ts';

const PAGE = 500;
/** A page of a large table without statistics. */
const STATEMENT_TIMEOUT_MS = 120_000;
const DEFAULT_TABLES: Readonly<Record<RowKind, string>> = {
  customer: 'customers',
  session: 'checkout_sessions',
  transaction: 'payment_transactions',
  subscription: 'customer_subscriptions',
  payment_method: 'customer_payment_methods',
  customer_provider: 'customer_providers',
};

export interface SourceTable {
  readonly kind: RowKind;
  /** As the mapping names it; part of the run's name. */
  readonly name: string;
  readonly header: readonly string[];
  /** Columns that hold times, and not of which zone. */
  readonly timesWithoutZone: readonly string[];
  readonly quoted: string;
  readonly key: string;
  readonly keyType: string;
}

/** An old system's database, that is only read. */
export interface PostgresSource {
  /** Host and database, without who asks and by which password. */
  readonly name: string;
  readonly tables: readonly SourceTable[];
  rows(table: SourceTable, after: string | null, rowsBefore: number): AsyncGenerator<SourceRow>;
  close(): Promise<void>;
}

/** @throws SourceFailure where it does not answer, has none of the tables, or a table has no key to read it by */
export async function openPostgresSource(url: string, mapping: MappingFile): Promise<PostgresSource> {
  const database = openDatabase(url, () => {
    // The statement that needs the connection fails by itself, and says so.
  });
  try {
    const connection = await database.connect({
      statementTimeoutMs: STATEMENT_TIMEOUT_MS,
      onBroken: () => undefined,
    });
    await connection.query('SET default_transaction_read_only = on');
    const tables: SourceTable[] = [];
    for (const kind of READING_ORDER) {
      const named = mapping.tables[kind];
      if (named === null) continue;
      const table = await findTable(
        connection,
        kind,
        named?.table ?? DEFAULT_TABLES[kind],
        named?.key ?? 'id',
      );
      if (table !== null) tables.push(table);
      else if (named !== undefined)
        throw new SourceFailure('no_table', `the source has no table ${named.table}`);
    }
    if (tables.length === 0)
      throw new SourceFailure('no_table', 'the source has none of the tables: name them in the mapping file');
    const { host, pathname } = new URL(url);
    return {
      name: `${host}${pathname}`,
      tables,
      rows: (table, after, rowsBefore) => readTable(connection, table, after, rowsBefore),
      close: async () => {
        await connection.close();
        await database.close();
      },
    };
  } catch (error) {
    await database.close();
    if (error instanceof SourceFailure) throw error;
    throw new SourceFailure('not_read', `the source does not answer: ${(error as Error).message}`);
  }
}

async function findTable(
  connection: Connection,
  kind: RowKind,
  name: string,
  key: string,
): Promise<SourceTable | null> {
  const [table] = await connection.query<{ oid: number; quoted: string }>(
    `SELECT c.oid::int8 AS oid, format('%I.%I', n.nspname, c.relname) AS quoted
     FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE c.oid = to_regclass($1) OR c.oid = to_regclass(quote_ident($1))`,
    [name],
  );
  if (table === undefined) return null;
  const columns = await connection.query<{ name: string; type: string }>(
    `SELECT attname AS name, format_type(atttypid, atttypmod) AS type FROM pg_attribute
     WHERE attrelid = $1 AND attnum > 0 AND NOT attisdropped ORDER BY attnum`,
    [table.oid],
  );
  const column = columns.find((one) => one.name === key);
  if (column === undefined)
    throw new SourceFailure('no_key', `table ${name} has no column ${key}: name its key in the mapping file`);
  const unique = await connection.query(
    `SELECT FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
     WHERE i.indrelid = $1 AND i.indisunique AND i.indnkeyatts = 1 AND i.indpred IS NULL AND a.attname = $2 AND a.attnotnull`,
    [table.oid, key],
  );
  // Pages by a key that repeats, or is empty, would leave rows out.
  if (unique.length === 0)
    throw new SourceFailure(
      'no_key',
      `column ${key} of ${name} is not unique and never empty: rows could be left out`,
    );
  const header = columns.map((one) => one.name);
  return {
    kind,
    name,
    header,
    timesWithoutZone: columns.filter(({ type }) => type.endsWith('without time zone')).map((one) => one.name),
    quoted: table.quoted,
    key: `"${key.replaceAll('"', '""')}"`,
    keyType: column.type,
  };
}

async function* readTable(
  connection: Connection,
  table: SourceTable,
  after: string | null,
  rowsBefore: number,
): AsyncGenerator<SourceRow> {
  let cursor = after;
  let line = rowsBefore;
  for (;;) {
    const page = await connection.query<{ key: string; cells: Record<string, string | null> }>(
      `SELECT t.${table.key}::text AS key,
         (SELECT jsonb_object_agg(c.key, c.value) FROM jsonb_each_text(to_jsonb(t)) AS c) AS cells
       FROM ${table.quoted} AS t ${cursor === null ? '' : `WHERE t.${table.key} > $1::text::${table.keyType}`}
       ORDER BY t.${table.key} LIMIT ${PAGE}`,
      cursor === null ? [] : [cursor],
    );
    for (const { key, cells } of page) {
      line += 1;
      cursor = key;
      yield {
        line,
        cells: Object.fromEntries(Object.entries(cells).map(([column, value]) => [column, value ?? ''])),
        reasons: [],
        cursor,
      };
    }
    if (page.length < PAGE) return;
  }
}
