import { useSyncExternalStore } from 'react';
import type { ScreenName } from '../../domain/protocol/screens.ts';
import { screenOfPath } from './screen-location.ts';

const NAVIGATED = 'totem:navigated';

/** The screen that the address names; follows the back button and {@link goToScreen}. */
export function useScreen(): ScreenName {
  return useSyncExternalStore(listen, () => screenOfPath(window.location.pathname));
}

/** Changes the screen without loading the page anew, so that it also works where the shell forbids navigation. */
export function goToScreen(screen: ScreenName): void {
  window.history.pushState(null, '', `/${screen}`);
  window.dispatchEvent(new Event(NAVIGATED));
}

function listen(onChange: () => void): () => void {
  window.addEventListener('popstate', onChange);
  window.addEventListener(NAVIGATED, onChange);
  return () => {
    window.removeEventListener('popstate', onChange);
    window.removeEventListener(NAVIGATED, onChange);
  };
}
