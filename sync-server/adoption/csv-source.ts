import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { Transform } from 'node:stream';
import { type CsvError, type Info, parse } from 'csv-parse';
import type { Cells } from './read-row.ts';

/** A row of a source, where it stands, and what its reading cost. */
export interface SourceRow {
  /** Of the file, from 1: where the row begins. Of a table: its place in the reading. */
  readonly line: number;
  readonly cells: Cells;
  readonly reasons: readonly string[];
  /** Where to go on after it; null: by counting. */
  readonly cursor: string | null;
}

/** More than a row of an export ever is: an opening quote that is never closed swallows the file. */
const MAX_ROW_BYTES = 16 * 1024 * 1024;
const HEADER_BYTES = 256 * 1024;
const DELIMITERS = [',', ';', '\t', '|'] as const;

/** The file cannot be read on: it says where. */
export class SourceFailure extends Error {
  readonly code: string;
  constructor(code: string, message: string) {
    super(message);
    this.name = 'SourceFailure';
    this.code = code;
  }
}

export interface CsvFile {
  readonly path: string;
  readonly sha256: Buffer;
  readonly header: readonly string[];
  readonly delimiter: string;
}

/** Reads the header, and knows the file again by its content. @throws SourceFailure where it is no such file */
export async function openCsv(path: string): Promise<CsvFile> {
  const sha256 = createHash('sha256');
  try {
    for await (const chunk of createReadStream(path)) sha256.update(chunk as Buffer);
  } catch (error) {
    throw new SourceFailure('not_read', `${path}: ${(error as Error).message}`);
  }
  const start = await readStart(path);
  const firstLine = start.replace(/^\uFEFF/, '').split(/\r?\n/, 1)[0] ?? '';
  const delimiter = DELIMITERS.map((one) => ({ one, count: firstLine.split(one).length })).toSorted(
    (a, b) => b.count - a.count,
  )[0]?.one;
  const header = await headerOf(path, delimiter ?? ',');
  if (header.length < 2) throw new SourceFailure('no_header', `${path}: its first line names no columns`);
  return { path, sha256: sha256.digest(), header, delimiter: delimiter ?? ',' };
}

/**
 * The rows of the file, streamed. A row with more or fewer cells than the header is told so, with what is too much in
 * columns `extra_1`, `extra_2`, …
 * @param skip rows that were read before
 * @throws SourceFailure where the file is broken from some line on
 */
export async function* readCsv(file: CsvFile, skip = 0): AsyncGenerator<SourceRow> {
  const parser = createReadStream(file.path, { highWaterMark: 256 * 1024 })
    .pipe(decoder())
    .pipe(
      parse({
        bom: true,
        delimiter: file.delimiter,
        info: true,
        relax_column_count: true,
        relax_quotes: true,
        skip_empty_lines: true,
        max_record_size: MAX_ROW_BYTES,
        from: 2,
      }),
    );
  const names = uniqueNames(file.header);
  let count = 0;
  try {
    for await (const { record, info } of parser as AsyncIterable<{ record: string[]; info: Info }>) {
      count += 1;
      if (count <= skip) continue;
      const cells: Record<string, string> = {};
      for (const [at, value] of record.entries())
        cells[names[at] ?? `extra_${at - names.length + 1}`] = value;
      const reasons = record.length === names.length ? [] : ['other_number_of_columns'];
      yield { line: startOf(record, info.lines), cells, reasons, cursor: null };
    }
  } catch (error) {
    if (error instanceof SourceFailure) throw error;
    const { code, message } = error as CsvError;
    throw new SourceFailure('file_broken', `${file.path}: ${message} [${code}], after ${count} rows`);
  }
}

/** The parser tells the line on which a row ends. */
function startOf(record: readonly string[], lastLine: number): number {
  const breaks = record.reduce((sum, cell) => sum + (cell.match(/\r\n|\n|\r/g)?.length ?? 0), 0);
  return lastLine - breaks;
}

/** UTF-8 to text; bytes that are none become U+FFFD, which the reading of the row reports. */
function decoder(): Transform {
  const utf8 = new TextDecoder('utf-8', { ignoreBOM: true });
  return new Transform({
    decodeStrings: false,
    transform(chunk: Buffer, _encoding, done) {
      done(null, utf8.decode(chunk, { stream: true }));
    },
    flush(done) {
      done(null, utf8.decode());
    },
  });
}

async function readStart(path: string): Promise<string> {
  const file = await open(path);
  try {
    const { bytesRead, buffer } = await file.read(Buffer.alloc(HEADER_BYTES), 0, HEADER_BYTES, 0);
    return buffer.subarray(0, bytesRead).toString('utf8');
  } finally {
    await file.close();
  }
}

async function headerOf(path: string, delimiter: string): Promise<string[]> {
  const parser = createReadStream(path)
    .pipe(decoder())
    .pipe(parse({ bom: true, delimiter, to: 1, relax_quotes: true }));
  for await (const record of parser as AsyncIterable<string[]>) return record.map((name) => name.trim());
  return [];
}

/** Two columns of one name are two columns. */
function uniqueNames(header: readonly string[]): string[] {
  const seen = new Map<string, number>();
  return header.map((name, at) => {
    const base = name === '' ? `column_${at + 1}` : name;
    const times = (seen.get(base) ?? 0) + 1;
    seen.set(base, times);
    return times === 1 ? base : `${base}__${times}`;
  });
}
