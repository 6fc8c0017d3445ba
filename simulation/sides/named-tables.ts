/** Every table that a statement reads or writes is named in it: no trigger and no view of the schema does so by itself. */
const READ_TABLES = /\b(?:FROM|JOIN)\s+(\w+)/gi;
const WRITTEN_TABLES = /\b(?:INSERT\s+INTO|UPDATE|DELETE\s+FROM)\s+(\w+)/gi;

const namesBySql = new Map<string, readonly string[]>();

export function tablesRead(sql: string): readonly string[] {
  return namesIn(sql, READ_TABLES);
}

export function tablesWritten(sql: string): readonly string[] {
  return namesIn(sql, WRITTEN_TABLES);
}

function namesIn(sql: string, pattern: RegExp): readonly string[] {
  const key = pattern.source + sql;
  let names = namesBySql.get(key);
  if (names === undefined) {
    names = [...sql.matchAll(pattern)].map(([, name = '']) => name.toLowerCase());
    namesBySql.set(key, names);
  }
  return names;
}
