import type { PrinterStatus } from '../../domain/protocol/machine-state.ts';
import type { PrinterCondition } from './printer.ts';

/** `DLE EOT n`: answered at once, out of order, also while the printer is stopped. */
export type RealtimeQuery = 1 | 2 | 4;

/** The real-time status bytes that have been answered; a printer may leave some of them out. */
export interface RealtimeStatus {
  readonly printer: number;
  readonly offlineCause: number | null;
  readonly paper: number | null;
}

export function realtimeQuery(query: RealtimeQuery): Buffer {
  return Buffer.from([0x10, 0x04, query]);
}

/** `GS r 1`: answered in its turn, after everything before it was printed. */
export const PAPER_STATUS_IN_TURN = Buffer.from([0x1d, 0x72, 0x01]);

/** Bits 0, 1, 4 and 7 of every `DLE EOT` answer are 0, 1, 1 and 0 (ESC/POS command reference). */
export function isRealtimeAnswer(byte: number): boolean {
  return (byte & 0b1001_0011) === 0b0001_0010;
}

/** Bits 4 and 7 of a `GS r` answer are 0, which tells it from the answers to `DLE EOT`. */
export function isInTurnAnswer(byte: number): boolean {
  return (byte & 0b1001_0000) === 0;
}

/** Bits 2 and 3 of the answer to `GS r 1`: the end-of-roll sensor sees no paper. */
export function saysPaperOut(inTurnAnswer: number): boolean {
  return (inTurnAnswer & 0b0000_1100) !== 0;
}

/** Reads the status bytes, the most telling cause first. */
export function conditionOf(status: RealtimeStatus): PrinterCondition {
  const offlineCause = status.offlineCause ?? 0;
  const paper = status.paper ?? 0;
  if ((offlineCause & 0b0000_0100) !== 0) return condition('cover_open');
  if ((paper & 0b0110_0000) !== 0 || (offlineCause & 0b0010_0000) !== 0) return condition('paper_out');
  if ((offlineCause & 0b0100_0000) !== 0)
    return condition('error', 'the printer reports a mechanical or cutter error');
  if ((status.printer & 0b0000_1000) !== 0)
    return condition('offline', 'the printer says that it is offline');
  if ((paper & 0b0000_1100) !== 0) return condition('paper_low');
  return condition('ready');
}

/** Whether a ticket may be sent. An unknown printer is tried: many cheap ones answer nothing and print well. */
export function canPrint(status: PrinterStatus): boolean {
  return status === 'ready' || status === 'paper_low' || status === 'unknown';
}

function condition(status: PrinterStatus, detail: string | null = null): PrinterCondition {
  return { status, detail };
}
