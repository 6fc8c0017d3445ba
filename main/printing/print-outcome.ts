import type { PrinterStatus } from '../../domain/protocol/machine-state.ts';
import type { PrintOutcome } from './printer.ts';

/** How a job ended, for good. */
export type PrintJobOutcome =
  | { readonly kind: 'printed' }
  | { readonly kind: 'mock'; readonly picturePath: string }
  | { readonly kind: 'uncertain'; readonly detail: string }
  | { readonly kind: 'failed'; readonly detail: string; readonly printer: PrinterStatus };

/** How one attempt ended. */
export type AttemptResult =
  | PrintOutcome
  /** Not sent, and not to be tried again. */
  | { readonly kind: 'refused'; readonly detail: string };

/** What the last attempt makes of its job. @param printer as it was before, where the attempt did not ask it */
export function finalOutcome(result: AttemptResult, printer: PrinterStatus): PrintJobOutcome {
  switch (result.kind) {
    case 'printed':
      return { kind: 'printed' };
    case 'mock':
      return { kind: 'mock', picturePath: result.picturePath };
    case 'uncertain':
      return { kind: 'uncertain', detail: result.detail };
    case 'refused':
      return { kind: 'failed', detail: result.detail, printer };
    case 'not_started':
      return { kind: 'failed', detail: detailOf(result) ?? '', printer: result.printer.status };
  }
}

/** English, for the technician; null where nothing went wrong. */
export function detailOf(result: AttemptResult): string | null {
  switch (result.kind) {
    case 'printed':
    case 'mock':
      return null;
    case 'uncertain':
    case 'refused':
      return result.detail;
    case 'not_started':
      return result.printer.detail ?? `the printer is not ready: ${result.printer.status}`;
  }
}
