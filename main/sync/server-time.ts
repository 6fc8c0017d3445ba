import type { Clock } from '../../domain/clock.ts';

/** An instant of this machine by both of its clocks. Taken before a request is sent. */
export interface TimeMark {
  readonly wallMs: number;
  readonly monotonicMs: number;
}

/** What this kiosk knows of the server's clock, whatever its own says. Null until the server has been heard. */
export interface ServerTime {
  mark(): TimeMark;
  /** @param sent taken before the request was sent whose answer carried `serverTimeMs` */
  heard(serverTimeMs: number, sent: TimeMark): void;
  /** The best guess, for tokens and for times on screens. */
  estimateMs(): number | null;
  /** The server's clock says at most this: by it a lease is judged, so that none is believed in that has run out. */
  latestMs(): number | null;
}

/** Quartz in cheap machines errs by up to 100 ppm; this is five times as much. */
const DRIFT_PER_MS = 0.0005;

/**
 * The server stamped its answer after the request was sent, so that since that mark at most the measured time has
 * passed there as well. Measured by the clock that moved more: the monotonic one stands still while the machine
 * sleeps, and the wall clock may be set. A clock that is set forward makes a lease look over, which costs a question;
 * the other error would cost a second ticket.
 */
export function createServerTime(clock: Pick<Clock, 'nowMs' | 'monotonicMs'>): ServerTime {
  let measured: { readonly serverTimeMs: number; readonly sent: TimeMark; readonly heard: TimeMark } | null =
    null;

  const mark = (): TimeMark => ({ wallMs: clock.nowMs(), monotonicMs: clock.monotonicMs() });
  const elapsedMs = (since: TimeMark): number =>
    Math.max(clock.nowMs() - since.wallMs, clock.monotonicMs() - since.monotonicMs);

  return {
    mark,
    heard(serverTimeMs, sent) {
      measured = { serverTimeMs, sent, heard: mark() };
    },
    estimateMs() {
      if (measured === null) return null;
      const { serverTimeMs, sent, heard } = measured;
      const halfTripMs = (heard.monotonicMs - sent.monotonicMs) / 2;
      return Math.round(serverTimeMs + halfTripMs + elapsedMs(heard));
    },
    latestMs() {
      if (measured === null) return null;
      const sinceMs = elapsedMs(measured.sent);
      return Math.ceil(measured.serverTimeMs + sinceMs * (1 + DRIFT_PER_MS));
    },
  };
}
