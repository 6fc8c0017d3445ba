import { z } from 'zod';

export const PRINTER_MODES = [
  'ready',
  'paper_low',
  /** Stops where it stands; what is sent is kept, and all of it is printed once there is paper again. */
  'paper_out',
  'cover_open',
  /** Refuses connections. */
  'offline',
  /** Takes `slowMs` before each cut. */
  'slow',
  /** Loses power `dieAfterBytes` bytes into each ticket: the connection breaks, the rest is gone. */
  'die_mid_ticket',
  /** Prints, and answers no status request, as many cheap printers do. */
  'mute',
] as const;

export const PrinterMode = z.enum(PRINTER_MODES);
export type PrinterMode = z.infer<typeof PrinterMode>;

/** `PUT /api/state` */
export const PrinterSettings = z.object({
  mode: PrinterMode,
  slowMs: z.int().min(0).max(600_000).default(8_000),
  dieAfterBytes: z.int().min(1).max(1_000_000).default(200),
});
export type PrinterSettings = z.infer<typeof PrinterSettings>;

/** `DLE EOT n` and `GS r n` of a printer in this mode; null where it answers nothing. Source: ESC/POS command reference. */
export function statusByte(kind: 'realtime' | 'in_turn', query: number, mode: PrinterMode): number | null {
  if (mode === 'mute') return null;
  const paperOut = mode === 'paper_out';
  const nearEnd = mode === 'paper_low' || paperOut;
  const coverOpen = mode === 'cover_open';
  if (kind === 'in_turn') {
    if (query === 1) return (nearEnd ? 0b0000_0011 : 0) | (paperOut ? 0b0000_1100 : 0);
    return query === 2 ? 0 : null;
  }
  const fixed = 0b0001_0010;
  switch (query) {
    case 1:
      return fixed | (paperOut || coverOpen ? 0b0000_1000 : 0);
    case 2:
      return fixed | (coverOpen ? 0b0000_0100 : 0) | (paperOut ? 0b0010_0000 : 0);
    case 3:
      return fixed;
    case 4:
      return fixed | (nearEnd ? 0b0000_1100 : 0) | (paperOut ? 0b0110_0000 : 0);
    default:
      return null;
  }
}
