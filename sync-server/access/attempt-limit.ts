import type { Clock } from '../../domain/clock.ts';

export interface AttemptLimit {
  /** Counts one attempt. @returns null when it may go on; else in how many milliseconds to ask again */
  take(address: string): number | null;
  /** The attempt was a good one, or came to nothing by our fault: it does not count. */
  giveBack(address: string): void;
}

interface Limits {
  readonly perAddress: number;
  /** From all addresses together; it bounds the memory as well. */
  readonly total: number;
  readonly windowMs: number;
}

/** Bounds failed attempts within a sliding window, in this process's memory. */
export function createAttemptLimit(clock: Pick<Clock, 'monotonicMs'>, limits: Limits): AttemptLimit {
  /** Oldest first. */
  let attempts: { readonly address: string; readonly atMs: number }[] = [];
  return {
    take(address) {
      const nowMs = clock.monotonicMs();
      attempts = attempts.filter(({ atMs }) => nowMs - atMs < limits.windowMs);
      const own = attempts.filter((attempt) => attempt.address === address);
      const blocking =
        own.length >= limits.perAddress ? own[0] : attempts.length >= limits.total ? attempts[0] : undefined;
      if (blocking !== undefined) return blocking.atMs + limits.windowMs - nowMs;
      attempts.push({ address, atMs: nowMs });
      return null;
    },
    giveBack(address) {
      const index = attempts.findLastIndex((attempt) => attempt.address === address);
      if (index >= 0) attempts.splice(index, 1);
    },
  };
}
