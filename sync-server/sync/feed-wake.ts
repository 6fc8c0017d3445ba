/** Wakes the feed readers of a unit in this process; PostgreSQL's NOTIFY does the same for other processes. */
export interface FeedWake {
  wake(unitId: string): void;
  /** @returns stops the listening */
  onWake(unitId: string, listener: () => void): () => void;
}

export function createFeedWake(): FeedWake {
  const listenersByUnit = new Map<string, Set<() => void>>();
  return {
    wake(unitId) {
      for (const listener of listenersByUnit.get(unitId) ?? []) listener();
    },
    onWake(unitId, listener) {
      const listeners = listenersByUnit.get(unitId) ?? new Set();
      listenersByUnit.set(unitId, listeners.add(listener));
      return () => {
        listeners.delete(listener);
        if (listeners.size === 0) listenersByUnit.delete(unitId);
      };
    },
  };
}
