import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { Transform } from 'node:stream';
import { type CsvError, type Info, parse } from 'csv-parse';
import { createSniffer, type Encoding } from './encodings.ts';
import type { Cells } from './row-facts.ts';

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
  /** Excel's own first line, `sep=;`, stands before it. */
  readonly headerAt: 1 | 2;
  readonly encoding: Encoding;
}

/** A column for each cell that a row has beyond its header; no header is called so. */
const SURPLUS = '+';

/** Whether a column stands for a cell beyond the header: a row with anything in one is torn. */
export function isSurplus(column: string): boolean {
  return /^\+\d+$/.test(column);
}

/** Any of them ends a row, outside quotes, whatever the others of the file end with. */
const LINE_ENDS = ['\r\n', '\n', '\r'];

const SEPARATOR_LINE = /^"?sep=([,;\t|])"?$/i;

function mostOf(line: string): string {
  const [most] = DELIMITERS.map((one) => ({ one, count: line.split(one).length })).toSorted(
    (a, b) => b.count - a.count,
  );
  return most?.one ?? ',';
}

/** Reads the header, and knows the file again by its content. @throws SourceFailure where it is no such file */
export async function openCsv(path: string): Promise<CsvFile> {
  const sha256 = createHash('sha256');
  const sniffer = createSniffer();
  try {
    for await (const chunk of createReadStream(path)) {
      sha256.update(chunk as Buffer);
      sniffer.take(chunk as Buffer);
    }
  } catch (error) {
    throw new SourceFailure('not_read', `${path}: ${(error as Error).message}`);
  }
  const encoding = sniffer.encoding();
  const start = await readStart(path, encoding);
  const [firstLine = ''] = start.replace(/^\uFEFF/, '').split(/\r\n|\n|\r/, 1);
  const said = SEPARATOR_LINE.exec(firstLine)?.[1];
  const delimiter = said ?? mostOf(firstLine);
  const headerAt = said === undefined ? 1 : 2;
  const header = await headerOf(path, { delimiter, headerAt, encoding });
  if (header.length < 2) throw new SourceFailure('no_header', `${path}: its first line names no columns`);
  return { path, sha256: sha256.digest(), header, headerAt, delimiter, encoding };
}

/**
 * The rows of the file, streamed. A row with more or fewer cells than the header is told so, with what is too much in
 * columns `+1`, `+2`, …
 * @param skip rows that were read before
 * @throws SourceFailure where the file is broken from some line on
 */
export async function* readCsv(file: CsvFile, skip = 0): AsyncGenerator<SourceRow> {
  const parser = createReadStream(file.path, { highWaterMark: 256 * 1024 })
    .pipe(decoder(file.encoding))
    .pipe(
      parse({
        bom: true,
        delimiter: file.delimiter,
        record_delimiter: LINE_ENDS,
        info: true,
        relax_column_count: true,
        relax_quotes: true,
        skip_empty_lines: true,
        max_record_size: MAX_ROW_BYTES,
        from: file.headerAt + 1,
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
        cells[names[at] ?? `${SURPLUS}${at - names.length + 1}`] = value;
      const reasons = record.length < names.length ? ['other_number_of_columns'] : [];
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

/** To text; bytes that are no letters become U+FFFD, which the reading of the row reports. */
function decoder(encoding: Encoding): Transform {
  const letters = new TextDecoder(encoding, { ignoreBOM: true });
  return new Transform({
    decodeStrings: false,
    transform(chunk: Buffer, _encoding, done) {
      done(null, letters.decode(chunk, { stream: true }));
    },
    flush(done) {
      done(null, letters.decode());
    },
  });
}

async function readStart(path: string, encoding: Encoding): Promise<string> {
  const file = await open(path);
  try {
    const { bytesRead, buffer } = await file.read(Buffer.alloc(HEADER_BYTES), 0, HEADER_BYTES, 0);
    return new TextDecoder(encoding, { ignoreBOM: true }).decode(buffer.subarray(0, bytesRead));
  } finally {
    await file.close();
  }
}

async function headerOf(
  path: string,
  { delimiter, headerAt, encoding }: Pick<CsvFile, 'delimiter' | 'headerAt' | 'encoding'>,
): Promise<string[]> {
  const parser = createReadStream(path)
    .pipe(decoder(encoding))
    .pipe(
      parse({
        bom: true,
        delimiter,
        record_delimiter: LINE_ENDS,
        from: headerAt,
        to: headerAt,
        relax_quotes: true,
        relax_column_count: true,
      }),
    );
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
