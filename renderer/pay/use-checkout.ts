import { useEffect, useState } from 'react';
import { CheckoutState } from '../../domain/protocol/checkouts.ts';
import { nextPollMs } from './pay-view.ts';

export interface WatchedCheckout {
  readonly state: CheckoutState | null;
  readonly isUnknown: boolean;
  /** The last question was not answered. */
  readonly isOffline: boolean;
  /** Of the time to pay, by the phone's own clock since the server's answer. */
  readonly remainingMs: number;
}

const NOTHING = { state: null, isUnknown: false, isOffline: false, endsAt: 0 };
const OFFLINE_RETRY_MS = 3_000;
/** A poor mobile line; longer waits ask again. */
const ANSWER_TIMEOUT_MS = 10_000;

/** Asks our own server about the checkout, again and again while the page is open. */
export function useCheckout(token: string): WatchedCheckout {
  const [{ endsAt, ...known }, setKnown] = useState<
    Omit<WatchedCheckout, 'remainingMs'> & { endsAt: number }
  >(NOTHING);
  const [now, setNow] = useState(() => performance.now());

  useEffect(() => {
    let timer = 0;
    let running = true;
    const ask = async (): Promise<void> => {
      window.clearTimeout(timer);
      const answer = await fetchState(token);
      if (!running) return;
      setNow(performance.now());
      if (answer === 'offline') {
        setKnown((before) => ({ ...before, isOffline: true }));
        timer = window.setTimeout(ask, OFFLINE_RETRY_MS);
        return;
      }
      const isUnknown = answer === 'unknown';
      const state = isUnknown ? null : answer;
      const endsAt = state === null ? 0 : performance.now() + state.expiresAt - state.serverTime;
      setKnown({ state, isUnknown, isOffline: false, endsAt });
      const waitMs = nextPollMs({ state, isUnknown });
      if (waitMs !== null) timer = window.setTimeout(ask, waitMs);
    };
    // A phone stops the timers of a page that is in the background, as while the bank's app is open.
    const onVisible = (): void => {
      if (document.visibilityState === 'visible') void ask();
    };
    document.addEventListener('visibilitychange', onVisible);
    void ask();
    return () => {
      running = false;
      window.clearTimeout(timer);
      document.removeEventListener('visibilitychange', onVisible);
    };
  }, [token]);

  useEffect(() => {
    const timer = window.setInterval(() => setNow(performance.now()), 1_000);
    return () => window.clearInterval(timer);
  }, []);

  return { ...known, remainingMs: endsAt - now };
}

async function fetchState(token: string): Promise<CheckoutState | 'unknown' | 'offline'> {
  try {
    const response = await fetch(`/v1/checkouts/${encodeURIComponent(token)}`, {
      signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS),
    });
    if (response.status === 404) return 'unknown';
    if (!response.ok) return 'offline';
    return CheckoutState.parse(await response.json());
  } catch (error) {
    console.warn('the server was not reached', error);
    return 'offline';
  }
}
