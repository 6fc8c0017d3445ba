/** Three reloads in five minutes: more often than that, the page does not mend itself. */
export const RELOADS_MAX = 3;
export const RELOAD_WINDOW_MS = 5 * 60_000;

/** The first restart is at once as a person sees it; the last is rare enough to leave the log readable. */
const ENGINE_RESTART_FIRST_MS = 250;
const ENGINE_RESTART_MAX_MS = 30_000;
/** An engine that has lived this long was well: its next death starts the count anew. */
export const ENGINE_HEALTHY_AFTER_MS = 60_000;

/** Counts events in a sliding window. `take` answers false when the budget is spent. */
export interface RestartBudget {
  take(nowMs: number): boolean;
}

export function createRestartBudget(max = RELOADS_MAX, windowMs = RELOAD_WINDOW_MS): RestartBudget {
  let takenAt: number[] = [];
  return {
    take(nowMs) {
      takenAt = takenAt.filter((at) => nowMs - at < windowMs);
      if (takenAt.length >= max) return false;
      takenAt.push(nowMs);
      return true;
    },
  };
}

/**
 * How long to wait before the engine is started again, in milliseconds: doubling from 250 ms to 30 s. It never gives
 * up, because a totem without an engine is of no use and the cause (a full disk, a held port) may go away.
 * @param deaths how often in a row it has died, from 1.
 */
export function engineRestartDelayMs(deaths: number): number {
  return Math.min(ENGINE_RESTART_FIRST_MS * 2 ** Math.min(deaths - 1, 20), ENGINE_RESTART_MAX_MS);
}
