import type { Clock } from '../../domain/clock.ts';
import { CONFIRMATION_LEASE_MS, RESCUE_MARGIN_MS } from '../../domain/protocol/leases.ts';

/**
 * Whether a lease has had its real length, whoever sets the server's clock meanwhile. Its end is written down by the
 * wall clock; this process knows besides, by its monotonic clock, since when at the latest the lease has run.
 */
export interface LeaseWatch {
  /** This process gave the lease just now. After the commit. @param untilMs its end by the wall clock */
  given(holder: string, untilMs: number): void;
  /**
   * Whether the lease and its margin are over. One that this process gave is judged by the monotonic clock alone. Any
   * other is over when its end has passed or, where the clock was set back, when its whole length has passed since it
   * was first asked about here.
   */
  isOver(holder: string, untilMs: number, nowMs: number): boolean;
}

interface Seen {
  readonly untilMs: number;
  readonly sinceMs: number;
  readonly givenHere: boolean;
}

const FULL_MS = CONFIRMATION_LEASE_MS + RESCUE_MARGIN_MS;
/** Some minutes of the busiest house. What is forgotten is judged like the lease of another process. */
const MAX_WATCHED = 10_000;

export function createLeaseWatch(clock: Pick<Clock, 'monotonicMs'>): LeaseWatch {
  /** Oldest first. */
  const seen = new Map<string, Seen>();

  function note(holder: string, untilMs: number, givenHere: boolean): void {
    seen.delete(holder);
    seen.set(holder, { untilMs, sinceMs: clock.monotonicMs(), givenHere });
    const [oldest] = seen.keys();
    if (seen.size > MAX_WATCHED && oldest !== undefined) seen.delete(oldest);
  }

  return {
    given: (holder, untilMs) => note(holder, untilMs, true),
    isOver(holder, untilMs, nowMs) {
      const hasPassed = nowMs > untilMs + RESCUE_MARGIN_MS;
      const known = seen.get(holder);
      // Another end is another lease, given by another process since.
      if (known?.untilMs !== untilMs) {
        if (!hasPassed) note(holder, untilMs, false);
        return hasPassed;
      }
      const hadItsLength = clock.monotonicMs() - known.sinceMs > FULL_MS;
      return hadItsLength || (hasPassed && !known.givenHere);
    },
  };
}
