import { useEffect } from 'react';
import { lock } from './technician-store.ts';

/** A technician who walks away must not leave the totem open to the next customer. */
const LOCK_AFTER_MS = 5 * 60_000;
const SIGNS_OF_LIFE = ['pointerdown', 'keydown'] as const;

/** Locks after five minutes without a touch or a key. */
export function useAutoLock(): void {
  useEffect(() => {
    let timer = window.setTimeout(lock, LOCK_AFTER_MS);
    const restart = (): void => {
      window.clearTimeout(timer);
      timer = window.setTimeout(lock, LOCK_AFTER_MS);
    };
    for (const sign of SIGNS_OF_LIFE) window.addEventListener(sign, restart);
    return () => {
      window.clearTimeout(timer);
      for (const sign of SIGNS_OF_LIFE) window.removeEventListener(sign, restart);
    };
  }, []);
}
