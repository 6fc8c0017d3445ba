import type { PrinterStatus } from '../../domain/protocol/machine-state.ts';
import type { ReceiptDocument } from '../../domain/receipt-document.ts';
import type { Printer, PrintOutcome } from '../../main/printing/printer.ts';
import { type Life, never } from '../world/machine.ts';
import type { World } from '../world/world.ts';

/** What a person can hold in the hand, read from the paper itself. */
export interface Paper {
  readonly kioskId: string;
  readonly ticketId: string;
  readonly label: string;
  readonly isCopy: boolean;
  readonly saysPixPaid: boolean;
  readonly startedAtMs: number;
  readonly atMs: number;
}

export interface PrinterFaults {
  /** Of one attempt: bytes leave and nothing comes back, with or without a paper. */
  readonly diesMidway: number;
  readonly slow: number;
}

export const GOOD_PRINTER: PrinterFaults = { diesMidway: 0, slow: 0 };

/** A machine of its own: what it has printed stays printed, whatever becomes of the totem. */
export class SimPrinter {
  status: PrinterStatus = 'ready';
  faults: PrinterFaults = GOOD_PRINTER;
  readonly #world: World;
  readonly #kioskId: string;
  readonly #papers: Paper[];

  constructor(world: World, kioskId: string, papers: Paper[]) {
    this.#world = world;
    this.#kioskId = kioskId;
    this.#papers = papers;
  }

  portOf(life: Life): Printer {
    return {
      kind: 'escpos',
      probe: () => this.#after(life, 15, () => ({ status: this.status, detail: null })),
      print: (_jobId, document, signal) => this.#print(life, document, signal),
    };
  }

  async #print(life: Life, document: ReceiptDocument, signal: AbortSignal): Promise<PrintOutcome> {
    const { random, faulty } = this.#world;
    const condition = { status: this.status, detail: null };
    if (this.status !== 'ready')
      return this.#after(life, 30, () => ({ kind: 'not_started', printer: condition }));
    const durationMs =
      faulty && random.chance(this.faults.slow) ? random.int(3_000, 20_000) : random.int(400, 1_500);
    const dies = faulty && random.chance(this.faults.diesMidway);
    const comesOut = !dies || random.chance(0.5);
    const startedAtMs = this.#world.agenda.nowMs();
    // The bytes are in the printer: it goes on without the totem.
    this.#world.agenda.after(durationMs * 0.8, `${this.#kioskId} printer`, () => {
      if (comesOut) this.#emit(document, startedAtMs);
    });
    const printed: PrintOutcome = dies
      ? { kind: 'uncertain', printer: { status: 'offline', detail: null }, detail: 'no answer' }
      : { kind: 'printed', printer: { status: 'ready', detail: null } };
    return Promise.race([this.#after(life, durationMs, () => printed), this.#cut(life, signal)]);
  }

  #cut(life: Life, signal: AbortSignal): Promise<PrintOutcome> {
    return new Promise((resolve) => {
      signal.addEventListener('abort', () => {
        if (!life.over)
          resolve({ kind: 'uncertain', printer: { status: 'offline', detail: null }, detail: 'cut short' });
      });
    });
  }

  #after<T>(life: Life, delayMs: number, answer: () => T): Promise<T> {
    if (life.over) return never();
    return new Promise((resolve) => {
      this.#world.agenda.after(delayMs, `${this.#kioskId} printer answers`, () => {
        if (!life.over) resolve(answer());
      });
    });
  }

  #emit(document: ReceiptDocument, startedAtMs: number): void {
    const paper = readPaper(this.#kioskId, document, startedAtMs, this.#world.agenda.nowMs());
    if (paper === null) return;
    this.#papers.push(paper);
    this.#world.tell(this.#kioskId, `paper ${paper.label}${paper.isCopy ? ' (copy)' : ''}`);
  }
}

/** Null for a test print. */
function readPaper(
  kioskId: string,
  document: ReceiptDocument,
  startedAtMs: number,
  atMs: number,
): Paper | null {
  const { blocks } = document;
  const code = blocks.find((block) => block.kind === 'qr')?.data ?? '';
  if (!code.startsWith('ticket:')) return null;
  const texts = blocks.flatMap((block) => (block.kind === 'text' ? [block] : []));
  const largest = texts.filter((block) => /^[A-Z]{1,3}\d{3,}$/.test(block.text)).at(0);
  return {
    kioskId,
    ticketId: code.slice('ticket:'.length),
    label: largest?.text ?? '?',
    isCopy: texts.some((block) => block.text === '2ª VIA'),
    saysPixPaid: blocks.some((block) => block.kind === 'pair' && block.left === 'Pago por PIX'),
    startedAtMs,
    atMs,
  };
}
