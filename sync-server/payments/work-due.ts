/**
 * Kinds of work that are done later: looking at a charge, sending a refund, withdrawing a card checkout,
 * a price that was planned, reading an agreement again, marking the tickets whose money went back.
 */
export type PaymentWork = 'check' | 'refund' | 'checkout' | 'price' | 'recurrence' | 'mark';

/**
 * Tells the workers of this process when work that was just written is due, so that they need not look for it every
 * moment. Another process finds it by itself, at the latest after MAX_IDLE_MS (worker-loop.ts).
 */
export interface WorkDue {
  /** @param atMs epoch milliseconds, the server's clock; call it after the commit */
  announce(work: PaymentWork, atMs: number): void;
  /** @returns stops the listening */
  onAnnounced(work: PaymentWork, listener: (atMs: number) => void): () => void;
}

export function createWorkDue(): WorkDue {
  const listeners: Record<PaymentWork, Set<(atMs: number) => void>> = {
    check: new Set(),
    refund: new Set(),
    checkout: new Set(),
    price: new Set(),
    recurrence: new Set(),
    mark: new Set(),
  };
  return {
    announce(work, atMs) {
      for (const listener of listeners[work]) listener(atMs);
    },
    onAnnounced(work, listener) {
      listeners[work].add(listener);
      return () => listeners[work].delete(listener);
    },
  };
}
