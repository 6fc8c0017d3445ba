import { useCallback, useEffect, useRef, useState } from 'react';
import { type Chime, createChime } from './chime.ts';

export interface ChimeControl {
  readonly audible: boolean;
  readonly unlock: () => void;
  readonly ring: () => void;
}

export function useChime(): ChimeControl {
  const chime = useRef<Chime | null>(null);
  const [audible, setAudible] = useState(false);
  useEffect(() => {
    const made = createChime(() => {
      if (chime.current === made) setAudible(made.isAudible());
    });
    chime.current = made;
    setAudible(made.isAudible());
    return () => made.close();
  }, []);
  const ring = useCallback(() => chime.current?.ring(), []);
  const unlock = useCallback(() => {
    const made = chime.current;
    if (made === null) return;
    made.unlock().then(
      () => made.ring(),
      (error: unknown) => console.warn('the browser refuses sound', error),
    );
  }, []);
  return { audible, unlock, ring };
}
