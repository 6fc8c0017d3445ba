import { useEffect } from 'react';
import { create, type StoreApi, type UseBoundStore } from 'zustand';
import type { ScreenBridge, ScreenName } from '../../domain/protocol/screens.ts';
import { NOTHING_YET, type ScreenState, withSnapshot } from './screen-state.ts';

export type ScreenStore<S extends ScreenName> = UseBoundStore<StoreApi<ScreenState<S>>>;

export function createScreenStore<S extends ScreenName>(): ScreenStore<S> {
  return create<ScreenState<S>>()(() => NOTHING_YET as ScreenState<S>);
}

/** Keeps `store` at the newest snapshot of `screen` for as long as the component is mounted and `bridge` is given. */
export function useSubscription<S extends ScreenName>(
  store: ScreenStore<S>,
  screen: S,
  bridge: Pick<ScreenBridge, 'subscribe'> | null,
): void {
  useEffect(() => {
    if (bridge === null) return;
    return bridge.subscribe(
      screen,
      (raw) => store.setState((state) => withSnapshot(state, screen, raw, performance.now())),
      (link) => store.setState({ link }),
    );
  }, [store, screen, bridge]);
}
