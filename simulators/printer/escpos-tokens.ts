/** What a code means to the printer; `bytes` is the code as it came. Source: ESC/POS command reference (Epson). */
export type EscposToken = { readonly bytes: Uint8Array } & TokenMeaning;

type TokenMeaning =
  | { readonly kind: 'text' }
  | { readonly kind: 'line_feed' }
  | { readonly kind: 'carriage_return' }
  | { readonly kind: 'initialize' }
  | { readonly kind: 'code_page'; readonly page: number }
  | { readonly kind: 'align'; readonly align: 'left' | 'center' | 'right' }
  | { readonly kind: 'bold'; readonly on: boolean }
  | { readonly kind: 'underline'; readonly dots: number }
  | { readonly kind: 'inverted'; readonly on: boolean }
  | { readonly kind: 'font'; readonly font: 'A' | 'B' }
  | { readonly kind: 'size'; readonly width: number; readonly height: number }
  /** `ESC !`: font, bold, size and underline at once. */
  | { readonly kind: 'print_mode'; readonly mode: number }
  | { readonly kind: 'line_spacing'; readonly dots: number | 'default' }
  | { readonly kind: 'feed_lines'; readonly lines: number }
  | { readonly kind: 'feed_dots'; readonly dots: number }
  | { readonly kind: 'cut'; readonly feedDots: number }
  /** `GS ( k`: one function of a two-dimensional symbol; `symbol` 49 is QR. */
  | {
      readonly kind: 'symbol';
      readonly symbol: number;
      readonly fn: number;
      readonly parameters: Uint8Array;
    }
  | {
      readonly kind: 'raster';
      readonly scaleX: number;
      readonly scaleY: number;
      readonly widthBytes: number;
      readonly data: Uint8Array;
    }
  /** `DLE EOT n`, obeyed the moment it arrives. */
  | { readonly kind: 'realtime_status'; readonly query: number }
  /** `GS r n`, obeyed in its turn. */
  | { readonly kind: 'status_in_turn'; readonly query: number }
  | { readonly kind: 'unknown' };

/** A code read from the start of the bytes: how long it is, and what it means. Null: more bytes are needed. */
type Reading = { readonly length: number; readonly meaning: TokenMeaning } | null;

/** A picture as wide as the paper and two metres long; a longer one is a stream that went astray. */
const MAX_CODE_BYTES = 2 * 1024 * 1024;

const DLE = 0x10;
const EOT = 0x04;
const LF = 0x0a;
const CR = 0x0d;
const ESC = 0x1b;
const GS = 0x1d;

/** Cuts a stream into codes. Bytes may come in any pieces; what is not yet whole is kept for the next one. */
export function createTokenizer(): { push(bytes: Uint8Array): EscposToken[] } {
  let rest: Uint8Array = new Uint8Array();
  return {
    push(bytes) {
      const stream = Buffer.concat([rest, bytes]);
      const tokens: EscposToken[] = [];
      let offset = 0;
      while (offset < stream.length) {
        const reading = read(stream.subarray(offset));
        if (reading === null) break;
        tokens.push({ ...reading.meaning, bytes: stream.subarray(offset, offset + reading.length) });
        offset += reading.length;
      }
      rest = stream.subarray(offset);
      return tokens;
    },
  };
}

function read(bytes: Uint8Array): Reading {
  const [first = 0, second] = bytes;
  if (isText(first)) return readText(bytes);
  if (first === LF) return { length: 1, meaning: { kind: 'line_feed' } };
  if (first === CR) return { length: 1, meaning: { kind: 'carriage_return' } };
  if (first !== DLE && first !== ESC && first !== GS) return unknown(1);
  if (second === undefined) return null;
  if (first === DLE)
    return second === EOT ? withByte(bytes, 2, (query) => ({ kind: 'realtime_status', query })) : unknown(2);
  return first === ESC ? readEsc(bytes, second) : readGs(bytes, second);
}

function readText(bytes: Uint8Array): Reading {
  let length = 1;
  while (length < bytes.length && isText(bytes[length] ?? 0)) length += 1;
  return { length, meaning: { kind: 'text' } };
}

function readEsc(bytes: Uint8Array, code: number): Reading {
  switch (String.fromCharCode(code)) {
    case '@':
      return { length: 2, meaning: { kind: 'initialize' } };
    case '2':
      return { length: 2, meaning: { kind: 'line_spacing', dots: 'default' } };
    case '3':
      return withByte(bytes, 2, (dots) => ({ kind: 'line_spacing', dots }));
    case 't':
      return withByte(bytes, 2, (page) => ({ kind: 'code_page', page }));
    case 'a':
      return withByte(bytes, 2, alignMeaning);
    case 'E':
      return withByte(bytes, 2, (n) => ({ kind: 'bold', on: (n & 1) === 1 }));
    case '-':
      return withByte(bytes, 2, (n) => ({ kind: 'underline', dots: digit(n) }));
    case 'M':
      return withByte(bytes, 2, (n) => ({ kind: 'font', font: digit(n) === 1 ? 'B' : 'A' }));
    case '!':
      return withByte(bytes, 2, (mode) => ({ kind: 'print_mode', mode }));
    case 'd':
      return withByte(bytes, 2, (lines) => ({ kind: 'feed_lines', lines }));
    case 'J':
      return withByte(bytes, 2, (dots) => ({ kind: 'feed_dots', dots }));
    default:
      return unknown(2);
  }
}

function readGs(bytes: Uint8Array, code: number): Reading {
  switch (String.fromCharCode(code)) {
    case '!':
      return withByte(bytes, 2, (n) => ({ kind: 'size', width: ((n >> 4) & 7) + 1, height: (n & 7) + 1 }));
    case 'B':
      return withByte(bytes, 2, (n) => ({ kind: 'inverted', on: (n & 1) === 1 }));
    case 'r':
      return withByte(bytes, 2, (n) => ({ kind: 'status_in_turn', query: digit(n) }));
    case 'V':
      return readCut(bytes);
    case '(':
      return readSymbol(bytes);
    case 'v':
      return readRaster(bytes);
    default:
      return unknown(2);
  }
}

/** `GS V 0|1` cuts here; `GS V 65|66 n` feeds n dots first. */
function readCut(bytes: Uint8Array): Reading {
  const mode = bytes[2];
  if (mode === undefined) return null;
  if (mode === 65 || mode === 66) return withByte(bytes, 3, (feedDots) => ({ kind: 'cut', feedDots }));
  if (digit(mode) === 0 || digit(mode) === 1) return { length: 3, meaning: { kind: 'cut', feedDots: 0 } };
  return unknown(3);
}

/** `GS ( k pL pH cn fn …`: pL + 256 pH bytes follow the length. Other `GS (` functions have the same frame. */
function readSymbol(bytes: Uint8Array): Reading {
  const [, , family, lengthLow, lengthHigh, symbol, fn] = bytes;
  if (family === undefined || lengthLow === undefined || lengthHigh === undefined) return null;
  const length = 5 + lengthLow + 256 * lengthHigh;
  if (bytes.length < length) return null;
  if (family !== 0x6b || length < 7 || symbol === undefined || fn === undefined) return unknown(length);
  return { length, meaning: { kind: 'symbol', symbol, fn, parameters: bytes.subarray(7, length) } };
}

/** `GS v 0 m xL xH yL yH …`: rows of xL + 256 xH bytes; m doubles the width (bit 0) and the height (bit 1). */
function readRaster(bytes: Uint8Array): Reading {
  const [, , zero, mode, xLow, xHigh, yLow, yHigh] = bytes;
  if (zero === undefined) return null;
  if (zero !== 0x30) return unknown(3);
  if (mode === undefined || xLow === undefined || xHigh === undefined) return null;
  if (yLow === undefined || yHigh === undefined) return null;
  const widthBytes = xLow + 256 * xHigh;
  const length = 8 + widthBytes * (yLow + 256 * yHigh);
  if (length > MAX_CODE_BYTES) return unknown(8);
  if (bytes.length < length) return null;
  return {
    length,
    meaning: {
      kind: 'raster',
      scaleX: 1 + (mode & 1),
      scaleY: 1 + ((mode >> 1) & 1),
      widthBytes,
      data: bytes.subarray(8, length),
    },
  };
}

function alignMeaning(n: number): TokenMeaning {
  const align = (['left', 'center', 'right'] as const)[digit(n)];
  return align === undefined ? { kind: 'unknown' } : { kind: 'align', align };
}

/** Reads a code whose one parameter stands at `index`. */
function withByte(bytes: Uint8Array, index: number, meaning: (parameter: number) => TokenMeaning): Reading {
  const parameter = bytes[index];
  return parameter === undefined ? null : { length: index + 1, meaning: meaning(parameter) };
}

function unknown(length: number): Reading {
  return { length, meaning: { kind: 'unknown' } };
}

/** Many parameters may be given as a number or as its ASCII digit. */
function digit(parameter: number): number {
  return parameter >= 0x30 && parameter <= 0x39 ? parameter - 0x30 : parameter;
}

function isText(byte: number): boolean {
  return byte >= 0x20 && byte !== 0x7f;
}
