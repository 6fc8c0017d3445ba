import type { Clock } from '../../domain/clock.ts';
import type { QrMatrix } from '../../domain/paper.ts';
import { createTokenizer, type EscposToken } from './escpos-tokens.ts';
import { type PrinterSettings, statusByte } from './printer-state.ts';
import { type PrintedStrip, Strip } from './strip.ts';

/** One sender, as the mechanism sees it. */
export interface Sender {
  reply(byte: number): void;
  /** Power is lost: the connection breaks without a good-bye. */
  drop(): void;
}

export interface Mechanism {
  /** A new sender; the answer takes its bytes, and hears of its end. */
  attach(sender: Sender): { receive(bytes: Uint8Array): void; ended(): void };
  configure(settings: PrinterSettings): void;
  settings(): PrinterSettings;
  /** Bytes received and not yet printed. */
  bufferedBytes(): number;
  stop(): void;
}

/** A strip longer than this was never cut: about five metres of tickets. */
const MAX_STRIP_BYTES = 1024 * 1024;
/** As large as a printer's receive buffer comes; more is lost, and the paper's record says so. */
const MAX_BUFFERED_BYTES = 4 * 1024 * 1024;

type Work =
  | { readonly kind: 'token'; readonly token: EscposToken; readonly sender: Sender }
  | { readonly kind: 'sender_gone' };

/**
 * What a printer does with bytes, apart from the network: real-time codes are obeyed when they arrive, all others wait
 * in the receive buffer until the mechanism can move. The buffer outlives its connections: jobs sent to a printer
 * without paper all come out after the refill, the flood that a print queue must not cause.
 * @param onPaper called with each finished strip before anything that follows it is answered
 */
export function createMechanism(options: {
  readonly clock: Clock;
  readonly qrMatrix: QrMatrix;
  readonly onPaper: (strip: PrintedStrip, complete: boolean) => void;
}): Mechanism {
  const { clock, qrMatrix, onPaper } = options;
  let settings: PrinterSettings = { mode: 'ready', slowMs: 8_000, dieAfterBytes: 200 };
  let buffer: Work[] = [];
  let bufferedBytes = 0;
  let strip = new Strip(qrMatrix);
  let stripBytes = 0;
  /** While the slow printer takes its time before a cut. */
  let cancelCutting: (() => void) | null = null;

  function canMove(): boolean {
    return !['paper_out', 'cover_open', 'offline'].includes(settings.mode);
  }

  function run(): void {
    while (canMove() && cancelCutting === null) {
      const work = buffer[0];
      if (work === undefined) return;
      if (work.kind === 'token' && work.token.kind === 'cut' && settings.mode === 'slow') {
        cancelCutting = clock.schedule(settings.slowMs, () => {
          cancelCutting = null;
          if (!canMove()) return;
          take(work);
          run();
        });
        return;
      }
      take(work);
    }
  }

  function take(work: Work): void {
    buffer.shift();
    if (work.kind === 'sender_gone') {
      tearOff(false);
      return;
    }
    const { token, sender } = work;
    bufferedBytes -= token.bytes.length;
    if (token.kind === 'status_in_turn') {
      answer(sender, statusByte('in_turn', token.query, settings.mode));
      return;
    }
    strip.obey(token);
    stripBytes += token.bytes.length;
    if (settings.mode === 'die_mid_ticket' && stripBytes >= settings.dieAfterBytes) {
      losePower();
      sender.drop();
    } else if (token.kind === 'cut') tearOff(true);
    else if (stripBytes > MAX_STRIP_BYTES) tearOff(false);
  }

  /** A strip without a mark is waste, not a paper. */
  function tearOff(complete: boolean): void {
    if (!strip.isBlank) onPaper(strip.tearOff(), complete);
    strip = new Strip(qrMatrix);
    stripBytes = 0;
  }

  /** What was not printed yet is forgotten; somebody tears off what was. */
  function losePower(): void {
    buffer = [];
    bufferedBytes = 0;
    tearOff(false);
  }

  function answer(sender: Sender, byte: number | null): void {
    if (byte !== null) sender.reply(byte);
  }

  return {
    attach(sender) {
      const tokenizer = createTokenizer();
      return {
        receive(bytes) {
          for (const token of tokenizer.push(bytes)) {
            if (token.kind === 'realtime_status') {
              answer(sender, statusByte('realtime', token.query, settings.mode));
            } else if (bufferedBytes + token.bytes.length <= MAX_BUFFERED_BYTES) {
              buffer.push({ kind: 'token', token, sender });
              bufferedBytes += token.bytes.length;
            }
          }
          run();
        },
        ended() {
          // Whatever it left on the strip without a cut is torn off, in its turn.
          buffer.push({ kind: 'sender_gone' });
          run();
        },
      };
    },
    configure(next) {
      settings = next;
      // A printer that is no longer slow goes on at once; one that cannot move keeps the cut for later.
      cancelCutting?.();
      cancelCutting = null;
      if (next.mode === 'offline') losePower();
      run();
    },
    settings: () => settings,
    bufferedBytes: () => bufferedBytes,
    stop() {
      cancelCutting?.();
      buffer = [];
    },
  };
}
