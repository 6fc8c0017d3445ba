import { useEffect, useRef } from 'react';

/** Runs the action of a key wherever the focus is. A key that is held down acts once. */
export function useShortcuts(actionByKey: Readonly<Record<string, () => void>>): void {
  const actions = useRef(actionByKey);
  actions.current = actionByKey;
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      const action = actions.current[event.key];
      if (action === undefined || event.ctrlKey || event.altKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      if (!event.repeat) action();
    };
    window.addEventListener('keydown', onKey);
    return () => window.removeEventListener('keydown', onKey);
  }, []);
}
