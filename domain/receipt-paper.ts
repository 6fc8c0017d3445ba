import {
  FONT_CELL,
  LINE_SPACING_DOTS,
  PAPER_WIDTH_DOTS,
  type Paper,
  type PaperBitmap,
  type PaperRun,
  type QrMatrix,
} from './paper.ts';
import type { ReceiptDocument } from './receipt-document.ts';
import { type ReceiptLine, receiptLines } from './receipt-lines.ts';

/** Where everything of a document lands on paper, as a printer would put it. A cut ends the strip. */
export function receiptToPaper(document: ReceiptDocument, qrMatrix: QrMatrix): Paper {
  const items: (PaperRun | PaperBitmap)[] = [];
  let yDots = 0;
  for (const line of receiptLines(document)) {
    if (line.kind === 'text') {
      const height = FONT_CELL.A.height * line.size;
      items.push(runOfLine(line, yDots));
      yDots += Math.max(LINE_SPACING_DOTS, height);
    } else if (line.kind === 'feed') {
      yDots += line.lines * LINE_SPACING_DOTS;
    } else if (line.kind === 'qr') {
      const rows = qrMatrix(line.data, 'M');
      items.push({
        kind: 'bitmap',
        xDots: leftEdge('center', rows.length * line.moduleDots),
        yDots,
        pixelWidthDots: line.moduleDots,
        pixelHeightDots: line.moduleDots,
        rows,
      });
      yDots += rows.length * line.moduleDots;
    }
  }
  return { heightDots: yDots, items };
}

function runOfLine(line: Extract<ReceiptLine, { kind: 'text' }>, yDots: number): PaperRun {
  return {
    kind: 'run',
    xDots: leftEdge(line.align, line.text.length * FONT_CELL.A.width * line.size),
    yDots,
    text: line.text,
    font: 'A',
    widthScale: line.size,
    heightScale: line.size,
    bold: line.bold,
    inverted: line.inverted,
    underlineDots: 0,
  };
}

function leftEdge(align: 'left' | 'center' | 'right', widthDots: number): number {
  const free = PAPER_WIDTH_DOTS - widthDots;
  if (align === 'left') return 0;
  return align === 'right' ? free : Math.floor(free / 2);
}
