import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createTokenizer, type EscposToken } from './escpos-tokens.ts';

function tokensOf(hex: string): EscposToken[] {
  return createTokenizer().push(Buffer.from(hex.replaceAll(' ', ''), 'hex'));
}

function meaningOf(hex: string) {
  const tokens = tokensOf(hex);
  expect(tokens).toHaveLength(1);
  const { bytes: _bytes, ...meaning } = tokens[0] ?? { bytes: null };
  return meaning;
}

describe('codes, written by hand from the ESC/POS command reference', () => {
  it.each([
    ['1b 40', { kind: 'initialize' }],
    ['1b 74 13', { kind: 'code_page', page: 19 }],
    ['1b 61 01', { kind: 'align', align: 'center' }],
    ['1b 61 32', { kind: 'align', align: 'right' }],
    ['1b 61 07', { kind: 'unknown' }],
    ['1b 45 01', { kind: 'bold', on: true }],
    ['1b 45 fe', { kind: 'bold', on: false }],
    ['1b 2d 32', { kind: 'underline', dots: 2 }],
    ['1b 4d 01', { kind: 'font', font: 'B' }],
    ['1b 21 b9', { kind: 'print_mode', mode: 0xb9 }],
    ['1b 32', { kind: 'line_spacing', dots: 'default' }],
    ['1b 33 40', { kind: 'line_spacing', dots: 64 }],
    ['1b 64 04', { kind: 'feed_lines', lines: 4 }],
    ['1b 4a ff', { kind: 'feed_dots', dots: 255 }],
    // GS ! n: the width stands in the high half, the height in the low one.
    ['1d 21 31', { kind: 'size', width: 4, height: 2 }],
    ['1d 42 01', { kind: 'inverted', on: true }],
    ['1d 56 00', { kind: 'cut', feedDots: 0 }],
    ['1d 56 31', { kind: 'cut', feedDots: 0 }],
    ['1d 56 42 10', { kind: 'cut', feedDots: 16 }],
    ['1d 56 07', { kind: 'unknown' }],
    ['1d 72 01', { kind: 'status_in_turn', query: 1 }],
    ['10 04 04', { kind: 'realtime_status', query: 4 }],
    ['0a', { kind: 'line_feed' }],
    ['0d', { kind: 'carriage_return' }],
    ['41 e7 6f', { kind: 'text' }],
    ['07', { kind: 'unknown' }],
    ['1b 70', { kind: 'unknown' }],
    ['1d 28 41 02 00 00 02', { kind: 'unknown' }],
  ])('%s', (hex, meaning) => {
    expect(meaningOf(hex)).toEqual(meaning);
  });

  it('reads the length of a symbol’s data from two bytes', () => {
    const data = '41'.repeat(300);
    // 303 = 0x012f: cn, fn and m count as well.
    expect(meaningOf(`1d 28 6b 2f 01 31 50 30 ${data}`)).toMatchObject({
      kind: 'symbol',
      symbol: 49,
      fn: 80,
      parameters: Buffer.from(`30${data}`, 'hex'),
    });
  });

  it('reads a raster picture, doubled both ways', () => {
    expect(meaningOf('1d 76 30 03 02 00 02 00 80 01 ff ff')).toEqual({
      kind: 'raster',
      scaleX: 2,
      scaleY: 2,
      widthBytes: 2,
      data: Buffer.from('8001ffff', 'hex'),
    });
  });

  it('refuses a picture that no paper is long enough for, instead of waiting for it for ever', () => {
    expect(tokensOf('1d 76 30 00 ff ff ff ff')[0]?.kind).toBe('unknown');
  });

  it('does not take a status request inside a QR code’s data for one', () => {
    expect(tokensOf('1d 28 6b 06 00 31 50 30 10 04 01').map((token) => token.kind)).toEqual(['symbol']);
  });
});

describe('a stream', () => {
  const bytes = fc.uint8Array({ maxLength: 200 });

  it('means the same however the network cuts it', () => {
    fc.assert(
      fc.property(bytes, fc.array(fc.nat(200), { maxLength: 5 }), (stream, cuts) => {
        const tokenizer = createTokenizer();
        const inPieces: EscposToken[] = [];
        let start = 0;
        for (const end of [...cuts.sort((a, b) => a - b), stream.length]) {
          inPieces.push(...tokenizer.push(stream.subarray(start, Math.max(start, end))));
          start = Math.max(start, end);
        }
        expect(summary(inPieces)).toEqual(summary(createTokenizer().push(stream)));
      }),
    );
  });

  it('loses no byte: the tokens are the stream, but for a code that is not whole yet', () => {
    fc.assert(
      fc.property(bytes, (stream) => {
        const read = Buffer.concat(
          createTokenizer()
            .push(stream)
            .map((token) => token.bytes),
        );
        expect(read).toEqual(Buffer.from(stream.subarray(0, read.length)));
      }),
    );
  });

  /** Text may come in one token or in several; everything else may not. */
  function summary(tokens: readonly EscposToken[]): string[] {
    return tokens.flatMap((token) =>
      token.kind === 'text'
        ? Array.from(token.bytes, (byte) => `text ${byte}`)
        : [`${token.kind} ${Buffer.from(token.bytes).toString('hex')}`],
    );
  }
});
