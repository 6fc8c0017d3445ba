import { isAscii } from 'node:buffer';

/** In the names of the WHATWG standard, as `TextDecoder` knows them. */
export type Encoding = 'utf-8' | 'utf-16le' | 'utf-16be' | 'windows-1252';

export interface Sniffer {
  /** In the file's order. */
  take(chunk: Uint8Array): void;
  encoding(): Encoding;
}

/** So much of a file tells UTF-16 without a mark: its header is ASCII letters with a NUL beside each. */
const START_BYTES = 64;

/**
 * Tells a file's encoding from all of its bytes. UTF-16 by its mark or its NULs; of the others Windows-1252 (of which
 * Latin-1 is a part) where there are more bytes that cannot be UTF-8 than letters of several bytes that are: a file of
 * UTF-8 may hold a few names that were cut in the middle of a letter.
 */
export function createSniffer(): Sniffer {
  let start = Buffer.alloc(0);
  let letters = 0;
  let broken = 0;
  /** Bytes that the letter under way still needs. */
  let missing = 0;
  const scan = (chunk: Uint8Array): void => {
    if (missing === 0 && isAscii(chunk)) return;
    for (const byte of chunk) {
      const isContinuing = byte >= 0x80 && byte < 0xc0;
      if (missing > 0 && isContinuing) {
        missing -= 1;
        if (missing === 0) letters += 1;
        continue;
      }
      if (missing > 0) broken += 1;
      missing =
        byte >= 0xf0 && byte < 0xf5
          ? 3
          : byte >= 0xe0 && byte < 0xf0
            ? 2
            : byte >= 0xc2 && byte < 0xe0
              ? 1
              : 0;
      if (missing === 0 && byte >= 0x80) broken += 1;
    }
  };
  return {
    take(chunk) {
      if (start.length < START_BYTES) start = Buffer.concat([start, chunk.subarray(0, START_BYTES)]);
      scan(chunk);
    },
    encoding() {
      if (start[0] === 0xff && start[1] === 0xfe) return 'utf-16le';
      if (start[0] === 0xfe && start[1] === 0xff) return 'utf-16be';
      if (start[0] === 0xef && start[1] === 0xbb && start[2] === 0xbf) return 'utf-8';
      const nuls = (from: number): number => start.filter((byte, at) => byte === 0 && at % 2 === from).length;
      if (nuls(1) > start.length / 4 && nuls(0) === 0) return 'utf-16le';
      if (nuls(0) > start.length / 4 && nuls(1) === 0) return 'utf-16be';
      return broken > letters ? 'windows-1252' : 'utf-8';
    },
  };
}
