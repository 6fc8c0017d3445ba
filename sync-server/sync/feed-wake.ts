/** PostgreSQL's NOTIFY channel; the payload is the unit's id. */
export const FEED_CHANNEL = 'totem_feed';

/** Wakes the feed readers of a unit in this process; PostgreSQL's NOTIFY does the same for other processes. */
export interface FeedWake {
  wake(unitId: string): void;
  /** After a time without NOTIFY: whoever reads looks for itself. */
  wakeAll(): void;
  /** @returns stops the listening */
  onWake(unitId: string, listener: () => void): () => void;
  /** The same for whatever unit. */
  onAnyWake(listener: () => void): () => void;
}

export function createFeedWake(): FeedWake {
  const listenersByUnit = new Map<string, Set<() => void>>();
  const listenersToAll = new Set<() => void>();
  return {
    wake(unitId) {
      for (const listener of listenersByUnit.get(unitId) ?? []) listener();
      for (const listener of listenersToAll) listener();
    },
    wakeAll() {
      for (const listeners of listenersByUnit.values()) for (const listener of listeners) listener();
      for (const listener of listenersToAll) listener();
    },
    onWake(unitId, listener) {
      const listeners = listenersByUnit.get(unitId) ?? new Set();
      listenersByUnit.set(unitId, listeners.add(listener));
      return () => {
        listeners.delete(listener);
        if (listeners.size === 0) listenersByUnit.delete(unitId);
      };
    },
    onAnyWake(listener) {
      listenersToAll.add(listener);
      return () => listenersToAll.delete(listener);
    },
  };
}
