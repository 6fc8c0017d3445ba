import { toPrintable } from './code-page-858.ts';
import { RECEIPT_COLUMNS, type ReceiptBlock, type ReceiptDocument } from './receipt-document.ts';

/** One line of paper, broken to its width: what a printer driver and a drawing both start from. */
export type ReceiptLine =
  | {
      readonly kind: 'text';
      /** Printable in code page 858, at most `floor(columns / size)` characters. */
      readonly text: string;
      readonly align: 'left' | 'center' | 'right';
      readonly size: number;
      readonly bold: boolean;
      readonly inverted: boolean;
    }
  | { readonly kind: 'qr'; readonly data: string; readonly moduleDots: number }
  | { readonly kind: 'feed'; readonly lines: number }
  | { readonly kind: 'cut' };

/** Breaks a document into lines of at most `columns` characters of the normal font. */
export function receiptLines(document: ReceiptDocument, columns: number = RECEIPT_COLUMNS): ReceiptLine[] {
  return document.blocks.flatMap((block) => linesOfBlock(block, columns));
}

/** The paper as plain text, no line longer than `columns`; a QR code stands as `[QR …]`, a cut as a dashed line. */
export function receiptToText(document: ReceiptDocument, columns: number = RECEIPT_COLUMNS): string {
  const lines = receiptLines(document, columns).flatMap((line) => plainLines(line, columns));
  return `${lines.join('\n')}\n`;
}

/** Breaks at spaces; a word longer than the line is cut. An empty text is one empty line. */
export function wrapText(text: string, columns: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ').filter((each) => each !== '')) {
    const longer = line === '' ? word : `${line} ${word}`;
    if (longer.length <= columns) {
      line = longer;
      continue;
    }
    if (line !== '') lines.push(line);
    line = word;
    while (line.length > columns) {
      lines.push(line.slice(0, columns));
      line = line.slice(columns);
    }
  }
  return [...lines, line];
}

function linesOfBlock(block: ReceiptBlock, columns: number): ReceiptLine[] {
  const plain = { kind: 'text', align: 'left', size: 1, bold: false, inverted: false } as const;
  switch (block.kind) {
    case 'text': {
      // A line too narrow for even one magnified character still prints it: at least one column.
      const width = Math.max(1, Math.floor(columns / block.size));
      // White on black needs a margin of black, or its letters touch the paper's white.
      const margin = block.inverted && width > 2 ? 1 : 0;
      const padding = ' '.repeat(margin);
      return wrapText(toPrintable(block.text), width - 2 * margin).map((text) => ({
        ...block,
        text: `${padding}${text}${padding}`,
      }));
    }
    case 'pair':
      return pairLines(toPrintable(block.left), toPrintable(block.right), columns).map((text) => ({
        ...plain,
        text,
        bold: block.bold,
      }));
    case 'rule':
      return [{ ...plain, text: '─'.repeat(columns) }];
    case 'qr':
    case 'feed':
    case 'cut':
      return [block];
  }
}

/** On one line when both fit with a space between; else the value stands below its label, at the right edge. */
function pairLines(left: string, right: string, columns: number): string[] {
  const gap = columns - left.length - right.length;
  if (gap >= 1) return [`${left}${' '.repeat(gap)}${right}`];
  return [...wrapText(left, columns), ...wrapText(right, columns).map((line) => line.padStart(columns))];
}

function plainLines(line: ReceiptLine, columns: number): string[] {
  switch (line.kind) {
    case 'text':
      return [aligned(line.text.trim() === '' ? '' : line.text, line.align, columns)];
    case 'qr':
      return wrapText(`[QR ${line.data}]`, columns).map((text) => aligned(text, 'center', columns));
    case 'feed':
      return Array.from({ length: line.lines }, () => '');
    case 'cut':
      return ['- '.repeat(columns).slice(0, columns).trimEnd()];
  }
}

function aligned(text: string, align: 'left' | 'center' | 'right', columns: number): string {
  const free = Math.max(0, columns - text.length);
  const before = align === 'left' ? 0 : align === 'right' ? free : Math.floor(free / 2);
  return `${' '.repeat(before)}${text}`.trimEnd();
}
