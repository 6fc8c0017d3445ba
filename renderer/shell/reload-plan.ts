/** A page that breaks at once after each reload must not flicker for ever: from the fourth time on it waits longer. */
const QUICK_RELOADS = 3;
const WINDOW_MS = 5 * 60_000;
const QUICK_DELAY_MS = 5_000;
const PATIENT_DELAY_MS = 60_000;

export interface ReloadPlan {
  /** How long the message stands before the page loads itself anew. */
  readonly delayMs: number;
  /** The reloads to remember, newest last, in epoch ms; bounded by the window. */
  readonly reloads: readonly number[];
}

/**
 * When a broken screen loads itself again.
 * @param earlier epoch ms of the reloads before this one
 * @param nowMs epoch ms
 */
export function planReload(earlier: readonly number[], nowMs: number): ReloadPlan {
  const recent = earlier.filter((at) => at > nowMs - WINDOW_MS && at <= nowMs);
  const delayMs = recent.length < QUICK_RELOADS ? QUICK_DELAY_MS : PATIENT_DELAY_MS;
  return { delayMs, reloads: [...recent, nowMs] };
}
