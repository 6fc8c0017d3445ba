import { useEffect, useRef, useState } from 'react';
import { text } from '../i18n/text.ts';
import { goToScreen } from '../shell/use-screen.ts';
import { Icon } from '../ui/Icon.tsx';
import { TECHNICIAN_HOLD_MS } from './timing.ts';

/** Held for three seconds, by finger or by key, it opens the technician's page, which asks for its PIN. */
export function TechnicianCorner() {
  const timer = useRef<number | undefined>(undefined);
  const [held, setHeld] = useState(false);

  const hold = (): void => {
    if (timer.current !== undefined) return;
    setHeld(true);
    timer.current = window.setTimeout(() => goToScreen('technician'), TECHNICIAN_HOLD_MS);
  };
  const release = (): void => {
    window.clearTimeout(timer.current);
    timer.current = undefined;
    setHeld(false);
  };
  useEffect(() => () => window.clearTimeout(timer.current), []);

  return (
    <button
      type="button"
      className={held ? 'technician-corner held' : 'technician-corner'}
      aria-label={text.totem.technicianHint}
      onPointerDown={hold}
      onPointerUp={release}
      onPointerLeave={release}
      onPointerCancel={release}
      onKeyDown={(event) => (event.key === 'Enter' || event.key === ' ') && hold()}
      onKeyUp={release}
      onBlur={release}
      onContextMenu={(event) => event.preventDefault()}
    >
      <Icon name="lock" />
      {text.totem.technician}
    </button>
  );
}
