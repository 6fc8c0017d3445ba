import { describe, expect, it } from 'vitest';
import { createTokenizer } from './escpos-tokens.ts';
import { type PrintedStrip, Strip } from './strip.ts';

/** A code of four modules, whatever it says. */
const qrMatrix = () => ['10', '01'];

function printed(hex: string): PrintedStrip {
  const strip = new Strip(qrMatrix);
  for (const token of createTokenizer().push(Buffer.from(hex.replaceAll(/\s/g, ''), 'hex')))
    strip.obey(token);
  return strip.tearOff();
}

function runsOf(hex: string) {
  return printed(hex).paper.items.map((item) => (item.kind === 'run' ? item : null));
}

describe('letters', () => {
  it('prints Portuguese by code page 858', () => {
    // "Ação É 5€" and a line feed, each byte looked up in the published table.
    expect(printed('1b40 1b7413 41 87 c6 6f 20 90 20 35 d5 0a')).toMatchObject({
      text: 'Ação É 5€\n',
      errors: [],
    });
  });

  it('prints a dotless i where code page 850 has no euro', () => {
    expect(printed('1b40 1b7402 d5 0a').text).toBe('ı\n');
  });

  it('has no letters above ASCII before a code page is chosen', () => {
    expect(printed('1b40 87 0a')).toMatchObject({
      text: '?\n',
      errors: ['byte 87 has no letter in code page 0'],
    });
  });

  it('says which code page it lacks', () => {
    expect(printed('1b7410 41 0a').errors).toEqual(['code page 16 is not built in']);
  });
});

describe('lines', () => {
  it('feeds 30 dots to the line, more for what is taller, and what ESC 3 says', () => {
    expect(runsOf('41 0a  1d2111 42 0a  1d2100 43 0a  1b3350 44 0a 45 0a').map((run) => run?.yDots)).toEqual([
      0,
      30,
      30 + 48,
      30 + 48 + 30,
      30 + 48 + 30 + 80,
    ]);
  });

  it('stands characters of different size on one base', () => {
    expect(runsOf('41 1d2111 42 0a').map((run) => [run?.xDots, run?.yDots])).toEqual([
      [0, 24],
      [12, 0],
    ]);
  });

  it('aligns a line as a whole', () => {
    expect(runsOf('1b6101 4142 0a 1b6102 4142 0a').map((run) => run?.xDots)).toEqual([288 - 12, 576 - 24]);
  });

  it('ignores an alignment in mid-line, and says so', () => {
    const { paper, errors } = printed('41 1b6102 42 0a');
    expect(paper.items).toHaveLength(1);
    expect(errors).toEqual(['ESC a in mid-line is ignored']);
  });

  it('breaks by itself at 48 columns', () => {
    expect(printed(`${'41'.repeat(50)} 0a`).text).toBe(`${'A'.repeat(48)}\nAA\n`);
  });

  it('feeds lines and dots', () => {
    expect(printed('1b6403 1b4a0a').paper.heightDots).toBe(100);
    expect(printed('41 1b6402').paper.heightDots).toBe(60);
  });

  it('knows bold, underline, white on black, font B, and ESC ! for all at once', () => {
    expect(runsOf('1b4501 1b2d02 1d4201 1b4d01 41 0a')[0]).toMatchObject({
      bold: true,
      underlineDots: 2,
      inverted: true,
      font: 'B',
    });
    expect(runsOf('1b21b9 41 0a')[0]).toMatchObject({
      bold: true,
      underlineDots: 1,
      font: 'B',
      widthScale: 2,
      heightScale: 2,
    });
    expect(runsOf('1b21b9 1b40 41 0a')[0]).toMatchObject({
      bold: false,
      underlineDots: 0,
      font: 'A',
      widthScale: 1,
    });
  });
});

describe('pictures', () => {
  it('prints a QR code where it is aligned, in its module size', () => {
    const strip = printed(
      '1b6101 1d286b0400314132001d286b03003143051d286b03003145311d286b0500315030 6869 1d286b0300315130',
    );
    expect(strip.qrCodes).toEqual(['hi']);
    expect(strip.paper.items).toEqual([
      {
        kind: 'bitmap',
        xDots: 288 - 5,
        yDots: 0,
        pixelWidthDots: 5,
        pixelHeightDots: 5,
        rows: ['10', '01'],
      },
    ]);
  });

  it('complains of a QR code without data, of model 1, and of other symbols', () => {
    expect(printed('1d286b0300315130').errors).toEqual(['QR code printed before its data was stored']);
    expect(printed('1d286b040031413100').errors).toEqual(['QR model 1 is not built in']);
    expect(printed('1d286b0300304300').errors).toEqual(['GS ( k: symbol 48 is not built in']);
  });

  it('prints a raster picture bit by bit', () => {
    expect(printed('1d763001 0100 0200 80 81').paper.items).toMatchObject([
      { kind: 'bitmap', pixelWidthDots: 2, pixelHeightDots: 1, rows: ['10000000', '10000001'] },
    ]);
  });
});

it('reports what it does not know, and goes on', () => {
  expect(printed('1b70 41 0a')).toMatchObject({ text: 'A\n', errors: ['unknown code 1b70'] });
});
