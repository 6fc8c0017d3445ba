import type { RandomBytes } from '../../domain/clock.ts';

export interface BackoffLimits {
  readonly firstMs: number;
  readonly maxMs: number;
}

/**
 * How long to wait before attempt `failures + 1`: doubled each time up to a bound, then spread over the upper half, so
 * that the kiosks of a shop do not all knock at one moment when their server comes back.
 * @param failures attempts that failed in a row, from 1
 */
export function backoffMs(failures: number, limits: BackoffLimits, randomBytes: RandomBytes): number {
  const full = Math.min(limits.maxMs, limits.firstMs * 2 ** Math.min(failures - 1, 20));
  const fraction = (randomBytes(1)[0] ?? 0) / 256;
  return Math.round(full / 2 + (full / 2) * fraction);
}
