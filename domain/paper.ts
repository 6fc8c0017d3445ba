/** Printable width of 80 mm paper at 203 dpi (8 dots to the millimetre). */
export const PAPER_WIDTH_DOTS = 576;
/** Distance from one line to the next where nothing taller is printed (`ESC 2`, 3.75 mm). */
export const LINE_SPACING_DOTS = 30;
/** Cell of the two fonts of an ESC/POS printer, in dots. */
export const FONT_CELL = { A: { width: 12, height: 24 }, B: { width: 9, height: 17 } } as const;

/** Characters in one style, placed by the top left corner of the first cell. */
export interface PaperRun {
  readonly kind: 'run';
  readonly xDots: number;
  readonly yDots: number;
  readonly text: string;
  readonly font: keyof typeof FONT_CELL;
  readonly widthScale: number;
  readonly heightScale: number;
  readonly bold: boolean;
  readonly inverted: boolean;
  /** 0, 1 or 2 dots. */
  readonly underlineDots: number;
}

/** Black squares: a QR code or a raster picture. */
export interface PaperBitmap {
  readonly kind: 'bitmap';
  readonly xDots: number;
  readonly yDots: number;
  /** Size of one pixel on paper. */
  readonly pixelWidthDots: number;
  readonly pixelHeightDots: number;
  /** One string of 0 and 1 (black) per row. */
  readonly rows: readonly string[];
}

/** What lies on a strip of paper, in printer dots from its top left corner. */
export interface Paper {
  readonly heightDots: number;
  readonly items: readonly (PaperRun | PaperBitmap)[];
}

/** Makes the modules of a QR code (model 2, byte mode, level M unless said): rows of 0 and 1, no quiet zone. */
export type QrMatrix = (data: string, errorCorrection: 'L' | 'M' | 'Q' | 'H') => readonly string[];

/** Width of a run on paper. */
export function runWidthDots(run: Pick<PaperRun, 'text' | 'font' | 'widthScale'>): number {
  return run.text.length * FONT_CELL[run.font].width * run.widthScale;
}

/** White around the strip, so that a picture of it looks like paper and a QR code keeps its quiet zone. */
const MARGIN_DOTS = 32;
/** DejaVu Sans Mono: 1233 of 2048 units to the character. At this size a character is as wide as a cell of font A. */
const FONT_SIZE_DOTS = (FONT_CELL.A.width * 2048) / 1233;
/** Puts ascenders and descenders of that size evenly into the 24 dots of the cell. */
const BASELINE_DOTS = 19;

/** The paper as an SVG picture, one user unit to the dot. The font must be at hand to whoever draws it. */
export function paperToSvg(paper: Paper): string {
  const width = PAPER_WIDTH_DOTS + 2 * MARGIN_DOTS;
  const height = paper.heightDots + 2 * MARGIN_DOTS;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}">`,
    `<rect width="${width}" height="${height}" fill="#fff"/>`,
    `<g transform="translate(${MARGIN_DOTS} ${MARGIN_DOTS})" fill="#111"`,
    ` font-family="DejaVu Sans Mono" font-size="${FONT_SIZE_DOTS.toFixed(3)}">`,
    ...paper.items.map((item) => (item.kind === 'run' ? runToSvg(item) : bitmapToSvg(item))),
    '</g></svg>',
  ].join('');
}

function runToSvg(run: PaperRun): string {
  const cell = FONT_CELL[run.font];
  const width = runWidthDots(run);
  const height = cell.height * run.heightScale;
  const scaleX = (cell.width / FONT_CELL.A.width) * run.widthScale;
  const scaleY = (cell.height / FONT_CELL.A.height) * run.heightScale;
  const background = run.inverted
    ? `<rect x="${run.xDots}" y="${run.yDots}" width="${width}" height="${height}"/>`
    : '';
  const underline =
    run.underlineDots > 0
      ? `<rect x="${run.xDots}" y="${run.yDots + height - run.underlineDots}" width="${width}" height="${run.underlineDots}"/>`
      : '';
  const style = `${run.bold ? ' font-weight="bold"' : ''}${run.inverted ? ' fill="#fff"' : ''}`;
  // Spaces would be collapsed in SVG text; those that do not break are kept.
  const text = escapeXml(run.text.replaceAll(' ', '\u00a0'));
  return (
    `${background}<text transform="translate(${run.xDots} ${run.yDots}) scale(${scaleX} ${scaleY})"` +
    ` y="${BASELINE_DOTS}"${style}>${text}</text>${underline}`
  );
}

/** Neighbours of one row are drawn as one rectangle. */
function bitmapToSvg(bitmap: PaperBitmap): string {
  const { xDots, yDots, pixelWidthDots, pixelHeightDots } = bitmap;
  const path = bitmap.rows.flatMap((row, y) =>
    Array.from(row.matchAll(/1+/g), (black) => {
      const length = black[0].length * pixelWidthDots;
      return `M${xDots + black.index * pixelWidthDots} ${yDots + y * pixelHeightDots}h${length}v${pixelHeightDots}h-${length}z`;
    }),
  );
  return `<path shape-rendering="crispEdges" d="${path.join('')}"/>`;
}

function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
