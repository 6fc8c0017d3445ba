import type { Queryable } from '../../db/database.ts';

/**
 * Tables of the whole database in which one of the words can be read: as text, inside JSON, or in bytes. A row as text
 * shows bytes as hexadecimal digits.
 */
export async function tablesHolding(database: Queryable, words: readonly string[]): Promise<string[]> {
  const tables = await database.query<{ name: string }>(
    `SELECT format('%I.%I', schemaname, tablename) AS name FROM pg_tables
     WHERE schemaname NOT IN ('pg_catalog', 'information_schema') ORDER BY 1`,
  );
  const spellings = words.flatMap((word) => [
    word,
    Buffer.from(word).toString('hex'),
    Buffer.from(JSON.stringify(word).slice(1, -1)).toString('hex'),
    Buffer.from(word).toString('base64').replace(/=+$/, '').slice(0, -1),
  ]);
  const found: string[] = [];
  for (const { name } of tables) {
    const rows = await database.query<{ word: string }>(
      `SELECT word FROM unnest($1::text[]) AS word
       WHERE EXISTS (SELECT FROM ${name} AS held WHERE position(lower(word) IN lower(held::text)) > 0) LIMIT 1`,
      [spellings],
    );
    if (rows.length > 0) found.push(name);
  }
  return found;
}
