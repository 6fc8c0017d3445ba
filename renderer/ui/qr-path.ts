import { create } from 'qrcode';

/** ISO/IEC 18004 asks for four modules of nothing around a QR code. */
export const QUIET_ZONE_MODULES = 4;

export interface QrPath {
  /** SVG path data; one unit is one module. */
  readonly path: string;
  /** Modules per side, quiet zone included. */
  readonly size: number;
}

/**
 * A QR code as one SVG path, a rectangle for each horizontal run of dark modules. Error correction M, which the PIX
 * manual recommends: it survives a scratched screen and keeps the modules large.
 */
export function qrPath(text: string): QrPath {
  const { modules } = create(text, { errorCorrectionLevel: 'M' });
  const parts: string[] = [];
  for (let row = 0; row < modules.size; row += 1) {
    let column = 0;
    while (column < modules.size) {
      const start = column;
      while (column < modules.size && modules.get(row, column)) column += 1;
      const run = column - start;
      if (run > 0) parts.push(`M${start + QUIET_ZONE_MODULES} ${row + QUIET_ZONE_MODULES}h${run}v1h-${run}z`);
      else column += 1;
    }
  }
  return { path: parts.join(''), size: modules.size + 2 * QUIET_ZONE_MODULES };
}
