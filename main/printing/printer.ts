import type { PrinterState, PrinterStatus } from '../../domain/protocol/machine-state.ts';
import type { ReceiptDocument } from '../../domain/receipt-document.ts';

/** What a printer says of itself. */
export interface PrinterCondition {
  readonly status: PrinterStatus;
  /** For the technician and the log, in English; null when the status says it all. */
  readonly detail: string | null;
}

/**
 * How one attempt ended. The difference that matters is whether the paper may exist:
 * - `printed`: the printer confirmed that everything before the confirmation was printed.
 * - `not_started`: no byte of the document left. To try again is safe.
 * - `uncertain`: bytes left and nothing came back. The paper may exist; to try again may print it twice.
 * - `mock`: no printer is configured; picture and text were written.
 */
export type PrintOutcome =
  | { readonly kind: 'printed'; readonly printer: PrinterCondition }
  | { readonly kind: 'not_started'; readonly printer: PrinterCondition }
  | { readonly kind: 'uncertain'; readonly printer: PrinterCondition; readonly detail: string }
  | { readonly kind: 'mock'; readonly printer: PrinterCondition; readonly picturePath: string };

/** One printer. Its caller never lets two of these calls overlap: a receipt printer talks to one client at a time. */
export interface Printer {
  readonly kind: PrinterState['kind'];
  /** Asks for the condition. Never rejects: a printer that cannot be reached is `offline`. */
  probe(signal: AbortSignal): Promise<PrinterCondition>;
  /**
   * Prints the document, bounded in time. Never rejects for a reason that lies with the printer.
   * @param jobId names the files of the mock printer
   * @param signal cuts the attempt short; bytes that have left make it `uncertain`
   */
  print(jobId: string, document: ReceiptDocument, signal: AbortSignal): Promise<PrintOutcome>;
}
