import { vi } from 'vitest';

/** How long a condition may take to come true. Met at once it costs nothing; a loaded machine may need many seconds. */
const TIMEOUT_MS = 30_000;

/** Repeats `check` until it throws no more, and answers what it answers then. */
export function eventually<T>(check: () => T | Promise<T>, intervalMs = 10): Promise<T> {
  return vi.waitFor(check, { timeout: TIMEOUT_MS, interval: intervalMs });
}
