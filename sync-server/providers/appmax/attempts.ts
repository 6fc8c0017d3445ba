/** What this process knows of its attempts to make a charge: Appmax can be asked by its own order id alone. */
export type Attempt =
  /** Every attempt so far ended before an order was asked for, or was refused. */
  | { readonly kind: 'clean' }
  | { readonly kind: 'order'; readonly orderId: string; readonly customerId: string }
  /** An order was asked for, and no answer told its id. */
  | { readonly kind: 'lost' };

/** A kiosk asks again within minutes; far more charges than that are never under way in one process. */
const MAX_ATTEMPTS_KEPT = 10_000;

export interface Attempts {
  get(txid: string): Attempt | undefined;
  set(txid: string, attempt: Attempt): void;
}

/** In memory: after a restart an attempt of before is taken for lost, which is safe. The oldest are forgotten. */
export function createAttempts(maxKept = MAX_ATTEMPTS_KEPT): Attempts {
  const kept = new Map<string, Attempt>();
  return {
    get: (txid) => kept.get(txid),
    set(txid, attempt) {
      kept.delete(txid);
      kept.set(txid, attempt);
      const [oldest] = kept.keys();
      if (kept.size > maxKept && oldest !== undefined) kept.delete(oldest);
    },
  };
}
