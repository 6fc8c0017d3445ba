import { columnNamed, type StatementRecord } from './statement-line.ts';

export type StatementFormat = 'csv' | 'json';

export type RecordReading =
  | { readonly ok: true; readonly line: number; readonly record: StatementRecord }
  | { readonly ok: false; readonly line: number; readonly problem: string };

/** Of one record: whatever is longer is not a line of a statement, and is not kept in memory. */
const MAX_RECORD_CHARS = 16 * 1024;

/** The file cannot be read at all. */
export class StatementUnreadable extends Error {}

/**
 * The records of a statement, one after the other, in bounded memory, with the number of the line that each begins on.
 * A record that is broken is told of, and costs no other one.
 * @throws StatementUnreadable for a CSV whose first line names no date or no amount, and for a file without records
 */
export function readRecords(
  chunks: AsyncIterable<string>,
  format: StatementFormat,
): AsyncGenerator<RecordReading> {
  return format === 'csv' ? readCsv(chunks) : readJson(chunks);
}

/**
 * RFC 4180 with the separators that banks use: comma, semicolon or tab, whichever the first line has most of. A cell
 * does not go over a line's end, so that a quote that is not closed spoils its own line alone.
 */
async function* readCsv(chunks: AsyncIterable<string>): AsyncGenerator<RecordReading> {
  let header: readonly string[] | null = null;
  let separator = ';';
  for await (const { line, text, isTooLong } of linesOf(chunks)) {
    if (text.trim() === '') continue;
    if (header === null) {
      for (const each of [',', '\t']) if (count(text, each) > count(text, separator)) separator = each;
      header = cellsOf(text, separator) ?? [];
      const columns = header.map(columnNamed);
      if (!columns.includes('at') || !columns.includes('amount'))
        throw new StatementUnreadable(
          'the first line has to name the columns, a date and an amount among them',
        );
      continue;
    }
    const cells = isTooLong ? null : cellsOf(text, separator);
    if (cells === null)
      yield { ok: false, line, problem: isTooLong ? 'the line is too long' : 'a quote is not closed' };
    else if (cells.length !== header.length)
      yield { ok: false, line, problem: `${cells.length} columns instead of ${header.length}` };
    else
      yield { ok: true, line, record: Object.fromEntries(header.map((name, index) => [name, cells[index]])) };
  }
  if (header === null) throw new StatementUnreadable('the file is empty');
}

interface TextLine {
  readonly line: number;
  readonly text: string;
  readonly isTooLong: boolean;
}

async function* linesOf(chunks: AsyncIterable<string>): AsyncGenerator<TextLine> {
  let text = '';
  let isTooLong = false;
  let line = 0;
  const take = (): TextLine => {
    line += 1;
    const taken = {
      line,
      text: (line === 1 ? text.replace(/^\uFEFF/, '') : text).replace(/\r$/, ''),
      isTooLong,
    };
    text = '';
    isTooLong = false;
    return taken;
  };
  for await (const chunk of chunks) {
    const parts = chunk.split('\n');
    for (const [index, part] of parts.entries()) {
      isTooLong ||= text.length + part.length > MAX_RECORD_CHARS;
      if (!isTooLong) text += part;
      if (index < parts.length - 1) yield take();
    }
  }
  if (text !== '' || isTooLong) yield take();
}

/** @returns null when a quote is not closed */
function cellsOf(text: string, separator: string): string[] | null {
  const cells: string[] = [];
  let cell = '';
  let quoted = false;
  for (let at = 0; at < text.length; at += 1) {
    const char = text[at];
    if (char === '"' && quoted && text[at + 1] === '"') {
      cell += '"';
      at += 1;
    } else if (char === '"') quoted = !quoted;
    else if (char === separator && !quoted) {
      cells.push(cell);
      cell = '';
    } else cell += char;
  }
  return quoted ? null : [...cells, cell];
}

function count(text: string, char: string): number {
  return text.split(char).length - 1;
}

/** A list of flat objects, or one on each line; what lies between them does not matter. */
async function* readJson(chunks: AsyncIterable<string>): AsyncGenerator<RecordReading> {
  let text = '';
  let inside = false;
  let quoted = false;
  let escaped = false;
  let isTooLong = false;
  let line = 1;
  let begunOn = 1;
  let isAny = false;
  const end = (): RecordReading => {
    const reading = isTooLong
      ? ({ ok: false, line: begunOn, problem: 'the record is too long' } as const)
      : parse(text, begunOn);
    text = '';
    inside = quoted = escaped = isTooLong = false;
    isAny = true;
    return reading;
  };
  for await (const chunk of chunks)
    for (const char of chunk) {
      // No string goes over a line's end, and no record begins within another: the one before is broken.
      if (inside && (quoted ? char === '\n' : char === '{')) yield end();
      if (char === '\n') line += 1;
      if (!inside) {
        if (char !== '{') continue;
        inside = true;
        begunOn = line;
      } else if (quoted) {
        if (!escaped && char === '"') quoted = false;
        escaped = !escaped && char === '\\';
      } else if (char === '"') quoted = true;
      isTooLong ||= text.length >= MAX_RECORD_CHARS;
      if (!isTooLong) text += char;
      if (char === '}' && !quoted) yield end();
    }
  if (inside) yield end();
  if (!isAny) throw new StatementUnreadable('the file holds no records');
}

function parse(text: string, line: number): RecordReading {
  try {
    return { ok: true, line, record: JSON.parse(text) as StatementRecord };
  } catch {
    // What is no JSON is a bad line, and told as one.
    return { ok: false, line, problem: 'not JSON' };
  }
}
