import type { Queryable } from '../../db/database.ts';

/** Told by `postings` instead, or by nobody: accounts are opened when they are first needed. */
const NOT_ROWS = new Set([
  'schema_migrations',
  'ledger_accounts',
  'ledger_entries',
  'ledger_postings',
  'ledger_heads',
  'ledger_seals',
]);

type Row = Readonly<Record<string, unknown>>;

/** Every row of every table, by table and primary key. */
export type Snapshot = ReadonlyMap<string, ReadonlyMap<string, Row>>;

export async function takeSnapshot(database: Queryable): Promise<Snapshot> {
  const keys = await primaryKeys(database);
  const parts = [...keys.keys()].map(
    (table) => `SELECT '${table}' AS "table", to_jsonb(held) AS row FROM ${table} held`,
  );
  const rows = await database.query<{ table: string; row: Row }>(parts.join(' UNION ALL '));
  const snapshot = new Map<string, Map<string, Row>>();
  for (const { table, row } of rows) {
    const held = snapshot.get(table) ?? new Map<string, Row>();
    held.set(JSON.stringify((keys.get(table) ?? []).map((column) => row[column])), row);
    snapshot.set(table, held);
  }
  return snapshot;
}

/** One row that came (`+`), changed (`~`) or went (`-`), with the columns that changed, both sorted. */
export interface RowChange {
  readonly sign: '+' | '~' | '-';
  readonly table: string;
  readonly columns: readonly string[];
}

export function rowChanges(before: Snapshot, after: Snapshot): readonly RowChange[] {
  const tables = [...new Set([...before.keys(), ...after.keys()])].sort();
  return tables.flatMap((table) => {
    const was = before.get(table) ?? new Map<string, Row>();
    const is = after.get(table) ?? new Map<string, Row>();
    const changes: RowChange[] = [];
    for (const [key, row] of is) {
      const old = was.get(key);
      if (old === undefined) changes.push({ sign: '+', table, columns: [] });
      else {
        const columns = Object.keys(row).filter(
          (column) => JSON.stringify(row[column]) !== JSON.stringify(old[column]),
        );
        if (columns.length > 0) changes.push({ sign: '~', table, columns: columns.sort() });
      }
    }
    for (const key of was.keys()) if (!is.has(key)) changes.push({ sign: '-', table, columns: [] });
    return changes;
  });
}

/** Each entry as `kind: debit > credit`, in the order of posting; a provider's receivable is `receivable`. */
export async function readPostings(database: Queryable): Promise<readonly string[]> {
  const rows = await database.query<{ text: string }>(
    `SELECT e.kind || ': ' || regexp_replace(d.account_code, '^(receivable|payable):.*$', '\\1') || ' > '
       || regexp_replace(c.account_code, '^(receivable|payable):.*$', '\\1') AS text
     FROM ledger_entries e
     JOIN ledger_postings d ON d.merchant_id = e.merchant_id AND d.entry_id = e.entry_id AND d.amount_cents > 0
     JOIN ledger_postings c ON c.merchant_id = e.merchant_id AND c.entry_id = e.entry_id AND c.amount_cents < 0
     ORDER BY e.recorded_at, e.kind, e.entry_id`,
  );
  return rows.map(({ text }) => text);
}

async function primaryKeys(database: Queryable): Promise<ReadonlyMap<string, readonly string[]>> {
  const rows = await database.query<{ table: string; columns: string[] }>(
    `SELECT c.relname::text AS "table", array_agg(a.attname::text ORDER BY a.attnum) AS columns
     FROM pg_class c JOIN pg_index i ON i.indrelid = c.oid AND i.indisprimary
     JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = ANY(i.indkey)
     WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' GROUP BY c.relname ORDER BY 1`,
  );
  return new Map(rows.filter(({ table }) => !NOT_ROWS.has(table)).map((row) => [row.table, row.columns]));
}
