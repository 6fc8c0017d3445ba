import type { RandomBytes } from '../../domain/clock.ts';
import { MAX_PUSH_EVENTS } from '../../domain/protocol/sync.ts';

/** A first piece that any server takes in its stride; what a day of sales leaves is less. */
const FIRST_EVENTS = 100;
/** Below this a request costs more than what it carries. */
const MIN_EVENTS = 20;
/** While a piece is taken in, the unit's calls and the other totems wait: a quarter of a second is hardly felt. */
const SHORT_MS = 250;
const LONG_MS = 1_000;

/** How much of a backlog is sent at once, and how long the server is left to the others after it. */
export interface PushPace {
  readonly limit: number;
  /** @returns how long to rest before the next piece, ms: half to all of the time that this one took */
  answered(tookMs: number): number;
  /** No answer: the line may be too slow for so much at once. */
  unanswered(): void;
  /** The server failed over `events` of them: look for the one at fault among half as many. */
  halve(events: number): void;
}

export function createPushPace(randomBytes: RandomBytes): PushPace {
  let limit = FIRST_EVENTS;
  return {
    get limit() {
      return limit;
    },
    answered(tookMs) {
      if (tookMs <= SHORT_MS) limit = Math.min(MAX_PUSH_EVENTS, limit * 2);
      else if (tookMs > LONG_MS) limit = Math.max(MIN_EVENTS, Math.floor(limit / 2));
      const fraction = (randomBytes(1)[0] ?? 0) / 256;
      return Math.round((tookMs / 2) * (1 + fraction));
    },
    unanswered() {
      limit = Math.max(MIN_EVENTS, Math.floor(limit / 2));
    },
    halve(events) {
      limit = Math.max(1, Math.ceil(events / 2));
    },
  };
}
