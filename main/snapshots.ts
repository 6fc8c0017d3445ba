import type { CancelTimer, Clock } from '../domain/clock.ts';
import type { ScreenName, SnapshotOf } from '../domain/protocol/screens.ts';
import type { Log } from '../platform/log.ts';

/** The screens that a kiosk serves; the manager's belongs to the sync server. */
export type KioskScreen = Exclude<ScreenName, 'admin'>;
export const KIOSK_SCREENS: readonly KioskScreen[] = ['totem', 'queue', 'panel', 'technician'];

export type SnapshotBuilders = { readonly [S in KioskScreen]: () => SnapshotOf<S> };

/** Midnight and ages move without any event: screens hear at least this often. */
const REFRESH_MS = 15_000;

export interface SnapshotPublisher {
  /** The listener gets the newest snapshot at once, then one after each change. @returns ends the subscription */
  subscribe<S extends KioskScreen>(screen: S, listener: (snapshot: SnapshotOf<S>) => void): () => void;
  /** Something changed: publish, once for all that changed in this turn of the event loop. */
  invalidate(): void;
  start(): void;
  stop(): void;
}

export function createSnapshotPublisher(
  builders: SnapshotBuilders,
  clock: Clock,
  log: Log,
): SnapshotPublisher {
  const listenersByScreen = new Map<KioskScreen, Set<(snapshot: never) => void>>();
  let scheduled = false;
  let running = true;
  let cancelRefresh: CancelTimer = () => {};

  function publish(): void {
    scheduled = false;
    if (!running) return;
    for (const [screen, listeners] of listenersByScreen) publishTo(screen, listeners);
  }

  function publishTo(screen: KioskScreen, listeners: ReadonlySet<(snapshot: never) => void>): void {
    if (listeners.size === 0) return;
    try {
      const snapshot = builders[screen]();
      for (const listener of listeners) listener(snapshot as never);
    } catch (error) {
      // One screen's trouble must not keep the others from their snapshot.
      log.error({ err: error, screen }, 'a screen could not be given its snapshot');
    }
  }

  function invalidate(): void {
    if (scheduled || !running) return;
    scheduled = true;
    setImmediate(publish);
  }

  function refresh(): void {
    cancelRefresh = clock.schedule(REFRESH_MS, () => {
      invalidate();
      refresh();
    });
  }

  return {
    subscribe(screen, listener) {
      // Made first: where it cannot be made, nobody is left listening on a line that was never given out.
      const newest = builders[screen]();
      const listeners = listenersByScreen.get(screen) ?? new Set();
      listenersByScreen.set(screen, listeners.add(listener));
      listener(newest);
      return () => listeners.delete(listener);
    },
    invalidate,
    start: refresh,
    stop() {
      running = false;
      cancelRefresh();
      listenersByScreen.clear();
    },
  };
}
