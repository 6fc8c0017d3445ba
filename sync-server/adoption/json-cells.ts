import type { Cells } from './row-facts.ts';

/**
 * A value within a cell of JSON, by a path of a mapping: `raw_payload.charges.0.id`.
 * @returns undefined where the column is no JSON, or has no such value
 */
export function cellAt(cells: Cells, path: string): string | undefined {
  const [column = '', ...keys] = path.split('.');
  const text = cells[column];
  if (text === undefined || keys.length === 0) return undefined;
  let held: unknown;
  try {
    held = JSON.parse(text);
    if (typeof held === 'string') held = JSON.parse(held);
  } catch {
    // Cut off, or never JSON: it says nothing.
    return undefined;
  }
  for (const key of keys) {
    if (typeof held !== 'object' || held === null) return undefined;
    held = (held as Readonly<Record<string, unknown>>)[key];
  }
  if (held === undefined || held === null) return undefined;
  return typeof held === 'object' ? JSON.stringify(held) : String(held);
}
