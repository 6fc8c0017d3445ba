import { describe, expect, it } from 'vitest';
import { type PaperRun, paperToSvg, runWidthDots } from './paper.ts';
import { textBlock } from './receipt-document.ts';
import { receiptToPaper } from './receipt-paper.ts';

const RUN: PaperRun = {
  kind: 'run',
  xDots: 0,
  yDots: 0,
  text: 'A & <B>',
  font: 'A',
  widthScale: 2,
  heightScale: 2,
  bold: true,
  inverted: false,
  underlineDots: 0,
};

/** A code of four modules. */
const qrMatrix = () => ['10', '11'];

describe('receiptToPaper', () => {
  it('places lines one below the other, in dots, by alignment and size', () => {
    const paper = receiptToPaper(
      {
        v: 1,
        blocks: [
          textBlock('ab'),
          textBlock('ab', { align: 'right', size: 2 }),
          { kind: 'feed', lines: 2 },
          { kind: 'qr', data: 'x', moduleDots: 6 },
          textBlock('ab', { align: 'center' }),
        ],
      },
      qrMatrix,
    );
    expect(paper.items.map(({ kind, xDots, yDots }) => [kind, xDots, yDots])).toEqual([
      ['run', 0, 0],
      // A magnified line is 48 dots high; the line above it took the line spacing of 30.
      ['run', 576 - 2 * 24, 30],
      ['bitmap', 576 / 2 - 6, 30 + 48 + 60],
      ['run', 576 / 2 - 12, 30 + 48 + 60 + 12],
    ]);
    expect(paper.heightDots).toBe(30 + 48 + 60 + 12 + 30);
  });
});

describe('paperToSvg', () => {
  it('escapes what is printed, and keeps its spaces', () => {
    expect(paperToSvg({ heightDots: 48, items: [RUN] })).toContain('>A\u00a0&amp;\u00a0&lt;B&gt;</text>');
  });

  it('draws black neighbours of a row as one rectangle', () => {
    const bitmap = {
      kind: 'bitmap',
      xDots: 10,
      yDots: 20,
      pixelWidthDots: 3,
      pixelHeightDots: 4,
      rows: ['1101', '0000', '0011'],
    } as const;
    expect(paperToSvg({ heightDots: 48, items: [bitmap] })).toContain(
      'd="M10 20h6v4h-6zM19 20h3v4h-3zM16 28h6v4h-6z"',
    );
  });

  it('draws white letters on a black ground, and underlines', () => {
    const svg = paperToSvg({ heightDots: 48, items: [{ ...RUN, inverted: true, underlineDots: 2 }] });
    expect(svg).toContain('<rect x="0" y="0" width="168" height="48"/>');
    expect(svg).toContain('fill="#fff">A');
    expect(svg).toContain('<rect x="0" y="46" width="168" height="2"/>');
  });
});

it('measures a run in dots of its font', () => {
  expect(runWidthDots({ text: 'abc', font: 'B', widthScale: 2 })).toBe(54);
});
