import { useEffect, useState } from 'react';
import type { ScreenName } from '../../domain/protocol/screens.ts';
import { hostNow, type ScreenState } from './screen-state.ts';
import type { ScreenStore } from './screen-store.ts';

/** Four times a second: a countdown then never visibly skips a second. */
const TICK_MS = 250;

/** The host's clock, in epoch ms, ticking; null before the first snapshot. */
export function useHostNow<S extends ScreenName>(store: ScreenStore<S>): number | null {
  const state = store();
  const monotonicNowMs = useMonotonicNow();
  // A snapshot may have arrived after the last tick; time does not run backwards for it.
  return hostNow(state as ScreenState<ScreenName>, Math.max(monotonicNowMs, state.receivedAtMs));
}

function useMonotonicNow(): number {
  const [nowMs, setNowMs] = useState(() => performance.now());
  useEffect(() => {
    const timer = window.setInterval(() => setNowMs(performance.now()), TICK_MS);
    return () => window.clearInterval(timer);
  }, []);
  return nowMs;
}
