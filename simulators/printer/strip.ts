import { CODE_PAGE_858_UPPER } from '../../domain/code-page-858.ts';
import {
  FONT_CELL,
  LINE_SPACING_DOTS,
  PAPER_WIDTH_DOTS,
  type Paper,
  type PaperBitmap,
  type PaperRun,
  type QrMatrix,
  runWidthDots,
} from '../../domain/paper.ts';
import type { EscposToken } from './escpos-tokens.ts';

/** What stands on the paper between one cut and the next. */
export interface PrintedStrip {
  readonly paper: Paper;
  /** Line by line as printed, without alignment. */
  readonly text: string;
  readonly qrCodes: readonly string[];
  /** The bytes that made it. */
  readonly bytes: Buffer;
  /** What the printer did not understand, or understood only in part. */
  readonly errors: readonly string[];
}

/** `ESC t` pages that this printer has letters for: 2 is PC850, 19 is PC858. */
const UPPER_BY_CODE_PAGE: ReadonlyMap<number, string> = new Map([
  [2, CODE_PAGE_858_UPPER.replace('€', 'ı')],
  [19, CODE_PAGE_858_UPPER],
]);
const QR_SYMBOL = 49;
const QR_LEVELS = ['L', 'M', 'Q', 'H'] as const;
/** Enough to see what is wrong; a stream that is no ESC/POS at all has an error in every byte. */
const MAX_ERRORS = 100;
/** What the printer falls back to for a byte that its code page does not hold. */
const MISSING = '?';

type Style = Pick<PaperRun, 'font' | 'widthScale' | 'heightScale' | 'bold' | 'inverted' | 'underlineDots'>;

const PLAIN: Style = {
  font: 'A',
  widthScale: 1,
  heightScale: 1,
  bold: false,
  inverted: false,
  underlineDots: 0,
};

/** The print head over one strip of paper: obeys codes one by one. */
export class Strip {
  readonly #qrMatrix: QrMatrix;
  readonly #items: (PaperRun | PaperBitmap)[] = [];
  readonly #lines: string[] = [];
  readonly #qrCodes: string[] = [];
  readonly #bytes: Uint8Array[] = [];
  readonly #errors: string[] = [];
  #yDots = 0;
  #line: Omit<PaperRun, 'yDots'>[] = [];
  #style: Style = PLAIN;
  #align: 'left' | 'center' | 'right' = 'left';
  #lineSpacingDots = LINE_SPACING_DOTS;
  #codePage = 0;
  #qr: { moduleDots: number; level: (typeof QR_LEVELS)[number]; data: string | null } = {
    moduleDots: 3,
    level: 'L',
    data: null,
  };

  constructor(qrMatrix: QrMatrix) {
    this.#qrMatrix = qrMatrix;
  }

  /** Nothing black is on it and nothing is about to be. */
  get isBlank(): boolean {
    return this.#items.length === 0 && this.#line.length === 0;
  }

  obey(token: EscposToken): void {
    this.#bytes.push(token.bytes);
    switch (token.kind) {
      case 'text':
        for (const byte of token.bytes) this.#putCharacter(this.#decode(byte));
        return;
      case 'line_feed':
        this.#printLine(this.#lineSpacingDots);
        return;
      case 'initialize':
        this.#initialize();
        return;
      case 'code_page':
        if (token.page !== 0 && !UPPER_BY_CODE_PAGE.has(token.page))
          this.#complain(`code page ${token.page} is not built in`);
        this.#codePage = token.page;
        return;
      case 'align':
        // The reference: "enabled only when processed at the beginning of the line".
        if (this.#line.length > 0) this.#complain('ESC a in mid-line is ignored');
        else this.#align = token.align;
        return;
      case 'bold':
        this.#style = { ...this.#style, bold: token.on };
        return;
      case 'underline':
        this.#style = { ...this.#style, underlineDots: Math.min(2, token.dots) };
        return;
      case 'inverted':
        this.#style = { ...this.#style, inverted: token.on };
        return;
      case 'font':
        this.#style = { ...this.#style, font: token.font };
        return;
      case 'size':
        this.#style = { ...this.#style, widthScale: token.width, heightScale: token.height };
        return;
      case 'print_mode':
        this.#setPrintMode(token.mode);
        return;
      case 'line_spacing':
        this.#lineSpacingDots = token.dots === 'default' ? LINE_SPACING_DOTS : token.dots;
        return;
      case 'feed_lines':
        this.#printLine(token.lines * this.#lineSpacingDots, token.lines);
        return;
      case 'feed_dots':
        this.#printLine(token.dots, 1);
        return;
      case 'cut':
        if (this.#line.length > 0) this.#printLine(0);
        this.#yDots += token.feedDots;
        return;
      case 'symbol':
        this.#obeySymbol(token.symbol, token.fn, token.parameters);
        return;
      case 'raster':
        this.#printRaster(token);
        return;
      case 'unknown':
        this.#complain(`unknown code ${Buffer.from(token.bytes.subarray(0, 8)).toString('hex')}`);
        return;
      case 'carriage_return':
      case 'realtime_status':
      case 'status_in_turn':
        return;
    }
  }

  /** The strip as it leaves the printer; a line that was not yet printed stays in the buffer and is lost. */
  tearOff(): PrintedStrip {
    return {
      paper: { heightDots: this.#yDots, items: [...this.#items] },
      text: `${this.#lines.join('\n')}\n`,
      qrCodes: [...this.#qrCodes],
      bytes: Buffer.concat(this.#bytes),
      errors: [...this.#errors],
    };
  }

  /** `ESC @`: modes as at power-on; what stands in the line buffer is dropped, what is on paper stays. */
  #initialize(): void {
    this.#line = [];
    this.#style = PLAIN;
    this.#align = 'left';
    this.#lineSpacingDots = LINE_SPACING_DOTS;
    this.#codePage = 0;
  }

  #setPrintMode(mode: number): void {
    this.#style = {
      ...this.#style,
      font: (mode & 0x01) === 0 ? 'A' : 'B',
      bold: (mode & 0x08) !== 0,
      heightScale: (mode & 0x10) === 0 ? 1 : 2,
      widthScale: (mode & 0x20) === 0 ? 1 : 2,
      underlineDots: (mode & 0x80) === 0 ? 0 : 1,
    };
  }

  #decode(byte: number): string {
    if (byte < 0x80) return String.fromCharCode(byte);
    const upper = UPPER_BY_CODE_PAGE.get(this.#codePage);
    if (upper === undefined)
      this.#complain(`byte ${byte.toString(16)} has no letter in code page ${this.#codePage}`);
    return upper?.charAt(byte - 0x80) ?? MISSING;
  }

  #putCharacter(character: string): void {
    const width = runWidthDots({ ...this.#style, text: character });
    let last = this.#line.at(-1);
    if (last !== undefined && last.xDots + runWidthDots(last) + width > PAPER_WIDTH_DOTS) {
      this.#printLine(this.#lineSpacingDots);
      last = undefined;
    }
    if (last !== undefined && hasStyle(last, this.#style)) {
      this.#line[this.#line.length - 1] = { ...last, text: last.text + character };
      return;
    }
    const xDots = last === undefined ? 0 : last.xDots + runWidthDots(last);
    this.#line.push({ kind: 'run', xDots, text: character, ...this.#style });
  }

  /** Puts the buffered line on paper, its characters standing on one base, and feeds at least `feedDots`. */
  #printLine(feedDots: number, lines = 1): void {
    const last = this.#line.at(-1);
    const height = Math.max(0, ...this.#line.map(runHeightDots));
    const left = last === undefined ? 0 : this.#leftEdge(last.xDots + runWidthDots(last));
    for (const run of this.#line) {
      this.#items.push({
        ...run,
        xDots: left + run.xDots,
        yDots: this.#yDots + height - runHeightDots(run),
      });
    }
    this.#lines.push(
      this.#line
        .map((run) => run.text)
        .join('')
        .trimEnd(),
    );
    for (let count = 1; count < lines; count += 1) this.#lines.push('');
    this.#line = [];
    this.#yDots += Math.max(feedDots, height);
  }

  #obeySymbol(symbol: number, fn: number, parameters: Uint8Array): void {
    if (symbol !== QR_SYMBOL) {
      this.#complain(`GS ( k: symbol ${symbol} is not built in`);
      return;
    }
    const [first = 0] = parameters;
    if (fn === 65) {
      if (first !== 50) this.#complain(`QR model ${first - 48} is not built in`);
    } else if (fn === 67 && first >= 1 && first <= 16) {
      this.#qr.moduleDots = first;
    } else if (fn === 69 && QR_LEVELS[first - 48] !== undefined) {
      this.#qr.level = QR_LEVELS[first - 48] ?? 'L';
    } else if (fn === 80 && first === 48) {
      this.#qr.data = Buffer.from(parameters.subarray(1)).toString('utf8');
    } else if (fn === 81 && first === 48) {
      this.#printQr();
    } else {
      this.#complain(`GS ( k: function ${fn} with parameter ${first}`);
    }
  }

  #printQr(): void {
    const { data, level, moduleDots } = this.#qr;
    if (data === null) {
      this.#complain('QR code printed before its data was stored');
      return;
    }
    const rows = this.#qrMatrix(data, level);
    if (rows.length * moduleDots > PAPER_WIDTH_DOTS) {
      this.#complain('QR code is wider than the paper');
      return;
    }
    this.#printBitmap(rows, moduleDots, moduleDots);
    this.#qrCodes.push(data);
  }

  #printRaster(raster: Extract<EscposToken, { kind: 'raster' }>): void {
    const { data, widthBytes, scaleX, scaleY } = raster;
    const rows: string[] = [];
    for (let start = 0; start < data.length; start += widthBytes) {
      const row = data.subarray(start, start + widthBytes);
      rows.push(Array.from(row, (byte) => byte.toString(2).padStart(8, '0')).join(''));
    }
    if (widthBytes * 8 * scaleX > PAPER_WIDTH_DOTS) this.#complain('raster picture is wider than the paper');
    this.#printBitmap(rows, scaleX, scaleY);
  }

  #printBitmap(rows: readonly string[], pixelWidthDots: number, pixelHeightDots: number): void {
    if (this.#line.length > 0) this.#printLine(this.#lineSpacingDots);
    this.#items.push({
      kind: 'bitmap',
      xDots: this.#leftEdge((rows[0]?.length ?? 0) * pixelWidthDots),
      yDots: this.#yDots,
      pixelWidthDots,
      pixelHeightDots,
      rows,
    });
    this.#yDots += rows.length * pixelHeightDots;
  }

  #leftEdge(widthDots: number): number {
    const free = Math.max(0, PAPER_WIDTH_DOTS - widthDots);
    if (this.#align === 'left') return 0;
    return this.#align === 'right' ? free : Math.floor(free / 2);
  }

  #complain(error: string): void {
    if (this.#errors.length < MAX_ERRORS) this.#errors.push(error);
  }
}

function hasStyle(run: Style, style: Style): boolean {
  return (Object.keys(PLAIN) as (keyof Style)[]).every((key) => run[key] === style[key]);
}

function runHeightDots(run: Pick<PaperRun, 'font' | 'heightScale'>): number {
  return FONT_CELL[run.font].height * run.heightScale;
}
