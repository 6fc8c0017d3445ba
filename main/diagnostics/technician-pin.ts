import { createHash, timingSafeEqual } from 'node:crypto';
import type { Clock } from '../../domain/clock.ts';

/** A slip or two is human; with five tries a minute, four digits take more than a day of standing at the totem. */
const MAX_WRONG = 5;
const LOCK_MS = 60_000;

export type PinResult =
  | { readonly ok: true }
  | { readonly ok: false; readonly code: 'wrong_pin' | 'too_many_attempts' };

export interface PinGuard {
  check(pin: string): PinResult;
}

/** After five wrong PINs in a row every PIN, the right one too, is refused for a minute. */
export function createPinGuard(expectedPin: string, clock: Pick<Clock, 'monotonicMs'>): PinGuard {
  const expected = digest(expectedPin);
  let wrong = 0;
  let lockedUntilMs = Number.NEGATIVE_INFINITY;
  return {
    check(pin) {
      if (clock.monotonicMs() < lockedUntilMs) return { ok: false, code: 'too_many_attempts' };
      // Digests are of one length, so that the comparison takes the same time whatever was typed.
      if (timingSafeEqual(digest(pin), expected)) {
        wrong = 0;
        return { ok: true };
      }
      wrong += 1;
      if (wrong < MAX_WRONG) return { ok: false, code: 'wrong_pin' };
      wrong = 0;
      lockedUntilMs = clock.monotonicMs() + LOCK_MS;
      return { ok: false, code: 'too_many_attempts' };
    },
  };
}

function digest(pin: string): Buffer {
  return createHash('sha256').update(pin).digest();
}
