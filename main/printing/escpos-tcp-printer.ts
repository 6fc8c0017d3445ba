import type { Clock } from '../../domain/clock.ts';
import { connectPrinter, type PrinterConnection, PrinterConnectionLost } from './escpos-connection.ts';
import { escposBytes } from './escpos-document.ts';
import {
  canPrint,
  conditionOf,
  isInTurnAnswer,
  isRealtimeAnswer,
  PAPER_STATUS_IN_TURN,
  type RealtimeQuery,
  type RealtimeStatus,
  realtimeQuery,
  saysPaperOut,
} from './escpos-status.ts';
import type { Printer, PrinterCondition, PrintOutcome } from './printer.ts';

export interface EscposTimeouts {
  /** A printer in the same room answers in milliseconds; one that needs longer than this is off. */
  readonly connectMs: number;
  /** For one real-time status byte; a printer that stays silent so long has no status to give. */
  readonly statusMs: number;
  /** For the whole ticket. The slowest printers need about 5 s for 15 cm with a QR code. */
  readonly printMs: number;
}

export const DEFAULT_ESCPOS_TIMEOUTS: EscposTimeouts = { connectMs: 2_000, statusMs: 700, printMs: 15_000 };

/** While a ticket prints, how often its printer is asked whether it has stopped. */
const WATCH_INTERVAL_MS = 500;
/** What a technician reads of a printer that answers no status request. */
export const SILENT_PRINTER = 'the printer answers no status request';

/**
 * An ESC/POS printer on raw TCP. Before a ticket it is asked for its condition (`DLE EOT`), and after it for its paper
 * status in turn (`GS r 1`), whose answer proves that all before it was printed. One connection for each call,
 * always closed: most printers serve a single client, and a connection left open blocks every later ticket.
 */
export function createEscposTcpPrinter(options: {
  readonly host: string;
  readonly port: number;
  readonly clock: Clock;
  readonly timeouts?: EscposTimeouts;
}): Printer {
  const { host, port, clock, timeouts = DEFAULT_ESCPOS_TIMEOUTS } = options;

  /** Connects, does the work, closes. What the network does wrong before or in `work` becomes `whenLost`'s answer. */
  async function connected<T>(
    signal: AbortSignal,
    work: (connection: PrinterConnection) => Promise<T>,
    whenLost: (printer: PrinterCondition) => T,
  ): Promise<T> {
    let connection: PrinterConnection | undefined;
    try {
      connection = await connectPrinter({ host, port, timeoutMs: timeouts.connectMs, clock, signal });
      return await work(connection);
    } catch (error) {
      return whenLost(offline(error));
    } finally {
      await connection?.close();
    }
  }

  return {
    kind: 'escpos',
    probe: (signal) =>
      connected(
        signal,
        async (connection) => conditionOrSilent(await readStatus(connection, timeouts)),
        (printer) => printer,
      ),
    print: (_jobId, document, signal) =>
      connected<PrintOutcome>(
        signal,
        async (connection) => {
          const status = await readStatus(connection, timeouts);
          const before = conditionOrSilent(status);
          if (!canPrint(before.status)) return { kind: 'not_started', printer: before };
          return printConfirmed(connection, escposBytes(document), status !== null, timeouts, clock);
        },
        (printer) => ({ kind: 'not_started', printer }),
      ),
  };
}

/** From here on bytes leave: every way out but a confirmation is `uncertain`. */
async function printConfirmed(
  connection: PrinterConnection,
  bytes: Uint8Array,
  tellsStatus: boolean,
  timeouts: EscposTimeouts,
  clock: Clock,
): Promise<PrintOutcome> {
  const givesUpAt = clock.nowMs() + timeouts.printMs;
  const uncertain = (printer: PrinterCondition, detail: string): PrintOutcome => ({
    kind: 'uncertain',
    printer,
    detail,
  });
  try {
    await connection.send(Buffer.concat([bytes, PAPER_STATUS_IN_TURN]), timeouts.printMs);
    for (;;) {
      const answer = await connection.receive(
        isInTurnAnswer,
        tellsStatus ? WATCH_INTERVAL_MS : timeouts.statusMs,
      );
      if (answer !== null) {
        const after = await conditionAfterPrinting(connection, timeouts, tellsStatus);
        // A roll that ends with the ticket: whether its last lines made it onto paper, only a person can see.
        if (saysPaperOut(answer)) return uncertain({ status: 'paper_out', detail: null }, 'paper ran out');
        return { kind: 'printed', printer: after };
      }
      if (!tellsStatus) return uncertain(conditionOrSilent(null), SILENT_PRINTER);
      const status = await readStatus(connection, timeouts);
      const printer = conditionOrSilent(status);
      if (!canPrint(printer.status))
        return uncertain(printer, `the printer stopped while printing: ${printer.status}`);
      if (clock.nowMs() >= givesUpAt)
        return uncertain(printer, `no confirmation within ${timeouts.printMs} ms`);
    }
  } catch (error) {
    const printer = offline(error);
    return uncertain(printer, `the connection broke while printing: ${printer.detail}`);
  }
}

/** The paper is out; that the connection breaks now changes nothing about it. */
async function conditionAfterPrinting(
  connection: PrinterConnection,
  timeouts: EscposTimeouts,
  tellsStatus: boolean,
): Promise<PrinterCondition> {
  if (!tellsStatus) return conditionOrSilent(null);
  try {
    return conditionOrSilent(await readStatus(connection, timeouts));
  } catch (error) {
    return offline(error);
  }
}

/** Null when the printer does not answer the first question: it will not answer the others either. */
async function readStatus(
  connection: PrinterConnection,
  timeouts: EscposTimeouts,
): Promise<RealtimeStatus | null> {
  const ask = async (query: RealtimeQuery): Promise<number | null> => {
    connection.discard(isRealtimeAnswer);
    await connection.send(realtimeQuery(query), timeouts.statusMs);
    return connection.receive(isRealtimeAnswer, timeouts.statusMs);
  };
  const printer = await ask(1);
  if (printer === null) return null;
  return { printer, offlineCause: await ask(2), paper: await ask(4) };
}

function conditionOrSilent(status: RealtimeStatus | null): PrinterCondition {
  return status === null ? { status: 'unknown', detail: SILENT_PRINTER } : conditionOf(status);
}

/** Rethrows what is not the network's doing. */
function offline(error: unknown): PrinterCondition {
  if (!(error instanceof PrinterConnectionLost)) throw error;
  return { status: 'offline', detail: error.message };
}
