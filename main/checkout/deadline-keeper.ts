import type { Clock } from '../../domain/clock.ts';
import type { Deadline } from './deadlines.ts';

/** What the screen is told of an end differs from the stored one only where the clock was set by more than this. */
const CLOCK_WAS_SET_MS = 1_000;

export interface DeadlineKeeper {
  /** How long the session may still stay as it is, ms; none or less: its time is up. */
  remainingMs(sessionId: string, deadline: Deadline): number;
  /** The same as an instant of the clock as it is set now, epoch ms: what a countdown is shown by. */
  endsAt(sessionId: string, deadline: Deadline): number;
}

/**
 * Runs a deadline by the time that passes: when it is first met it is read by the clock, from then on a clock that is
 * set neither ends it early nor puts it off. Deadlines are of the one session on the screen, so one is kept.
 */
export function createDeadlineKeeper(clock: Pick<Clock, 'nowMs' | 'monotonicMs'>): DeadlineKeeper {
  const startedAtMs = clock.monotonicMs();
  let kept: { readonly sessionId: string; readonly at: number; readonly dueMs: number } | null = null;

  function remainingMs(sessionId: string, { at, lastsMs, graceMs }: Deadline): number {
    const passedMs = clock.monotonicMs();
    if (kept?.sessionId !== sessionId || kept.at !== at) {
      const byClockMs = Math.min(at - clock.nowMs(), lastsMs);
      kept = { sessionId, at, dueMs: Math.max(passedMs + byClockMs, startedAtMs + graceMs) };
    }
    return kept.dueMs - passedMs;
  }

  return {
    remainingMs,
    endsAt(sessionId, deadline) {
      const endsAt = Math.round(clock.nowMs() + remainingMs(sessionId, deadline));
      return Math.abs(endsAt - deadline.at) < CLOCK_WAS_SET_MS ? deadline.at : endsAt;
    },
  };
}
