import { useCallback, useEffect, useRef, useState } from 'react';

const TICK_MS = 250;
/** When the deadline's action had no effect (the host may be gone), it is tried again this often. */
const AGAIN_MS = 5_000;

export interface Deadline {
  readonly remainingMs: number;
  /** Gives the whole time anew. */
  readonly extend: () => void;
}

/** Calls `onReached` once `totalMs` have passed since mounting or since the last `extend`, then every 5 s. */
export function useDeadline(totalMs: number, onReached: () => void): Deadline {
  const deadline = useRef(performance.now() + totalMs);
  const [remainingMs, setRemainingMs] = useState(totalMs);
  const action = useRef(onReached);
  action.current = onReached;

  const extend = useCallback(() => {
    deadline.current = performance.now() + totalMs;
    setRemainingMs(totalMs);
  }, [totalMs]);

  useEffect(() => {
    const timer = window.setInterval(() => {
      const left = deadline.current - performance.now();
      setRemainingMs(Math.max(0, left));
      if (left > 0) return;
      deadline.current = performance.now() + AGAIN_MS;
      action.current();
    }, TICK_MS);
    return () => window.clearInterval(timer);
  }, []);

  return { remainingMs, extend };
}
