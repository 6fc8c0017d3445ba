import type { Queryable } from '../../db/database.ts';

/**
 * Tables of the whole database in which one of the words can be read: as text, inside JSON (with letters of other than
 * English escaped), in an address, in base64 wherever it begins, or in bytes. A row as text shows bytes as hexadecimal
 * digits.
 */
export async function tablesHolding(database: Queryable, words: readonly string[]): Promise<string[]> {
  const tables = await database.query<{ name: string }>(
    `SELECT format('%I.%I', schemaname, tablename) AS name FROM pg_tables
     WHERE schemaname NOT IN ('pg_catalog', 'information_schema') ORDER BY 1`,
  );
  const readable = words.flatMap((word) => [
    word,
    encodeURIComponent(word),
    JSON.stringify(word).slice(1, -1),
    JSON.stringify(word)
      .slice(1, -1)
      .replace(/[\u0080-\uffff]/g, (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, '0')}`),
    ...[0, 1, 2].map((before) => base64At(word, before)),
  ]);
  const spellings = [...new Set(readable.flatMap((text) => [text, Buffer.from(text).toString('hex')]))];
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

/** Without the characters that hold bits of what stands before or behind it. */
function base64At(word: string, before: number): string {
  const text = Buffer.concat([Buffer.alloc(before), Buffer.from(word)])
    .toString('base64')
    .replace(/=+$/, '');
  return text.slice([0, 2, 3][before], -1);
}
