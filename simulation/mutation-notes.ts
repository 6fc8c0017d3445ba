import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const FOLDER = import.meta.dirname;
const LISTS = join(FOLDER, 'mutations');

/**
 * Writes into the file of a mutation at which seed it was found, after its name.
 * @param seed null: it was not found, and what was noted before goes
 * @throws when no file or more than one has a mutation of that name
 */
export function noteFoundAt(name: string, seed: number | null): void {
  const files = [join(FOLDER, 'mutations.ts'), ...readdirSync(LISTS).map((file) => join(LISTS, file))];
  const changed = files.flatMap((file) => {
    const text = withFoundAt(readFileSync(file, 'utf8'), name, seed);
    return text === null ? [] : [{ file, text }];
  });
  const [only] = changed;
  if (only === undefined || changed.length > 1)
    throw new Error(`mutation "${name}" is in ${changed.length} files, not in one`);
  writeFileSync(only.file, only.text);
}

/** @returns the text of a list with the note of one mutation renewed; null: it has no mutation of that name */
export function withFoundAt(text: string, name: string, seed: number | null): string | null {
  const heading = `    name: '${name}',\n`;
  const at = text.indexOf(heading);
  if (at < 0) return null;
  const end = at + heading.length;
  const rest = text.slice(end).replace(/^ {4}foundAt: \d+,\n/, '');
  return `${text.slice(0, end)}${seed === null ? '' : `    foundAt: ${seed},\n`}${rest}`;
}
