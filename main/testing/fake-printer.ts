import { setImmediate as nextTick } from 'node:timers/promises';
import { receiptToText } from '../../domain/receipt-lines.ts';
import type { Printer, PrintOutcome } from '../printing/printer.ts';

/** Hardware is the one thing besides time that tests fake: a printer whose mood a test sets. */
export class FakePrinter implements Printer {
  readonly kind = 'escpos';
  /** The text of every paper that came out. */
  readonly papers: string[] = [];
  readonly #free = new AbortController();
  mood: 'ready' | 'paper_out' | 'stuck' = 'ready';

  /** Ends what is stuck. */
  free(): void {
    this.#free.abort();
  }

  async probe() {
    return { status: this.mood === 'paper_out' ? 'paper_out' : 'ready', detail: null } as const;
  }

  async print(
    _jobId: string,
    document: Parameters<Printer['print']>[1],
    signal: AbortSignal,
  ): Promise<PrintOutcome> {
    if (this.mood === 'paper_out') {
      return { kind: 'not_started', printer: { status: 'paper_out', detail: null } };
    }
    if (this.mood === 'stuck') {
      await new Promise((resolve) => {
        AbortSignal.any([signal, this.#free.signal]).addEventListener('abort', resolve, { once: true });
      });
      return { kind: 'uncertain', printer: { status: 'offline', detail: null }, detail: 'cut short' };
    }
    // Paper takes its time: the screens see the ticket printing.
    await nextTick();
    await nextTick();
    this.papers.push(receiptToText(document));
    return { kind: 'printed', printer: { status: 'ready', detail: null } };
  }
}
