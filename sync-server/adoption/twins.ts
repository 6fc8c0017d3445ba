import type { AdoptedTransaction } from './change-transaction.ts';

/**
 * A placeholder and the payment that it stands for are days apart at most; payments of one agreement that all name its
 * order are farther.
 */
const ORDER_MS = 7 * 24 * 3_600_000;

export interface Twin {
  readonly by: 'charge' | 'order';
  readonly known: AdoptedTransaction;
}

/** What is adopted, as far as rows of a batch have to do with it, the batch's own included. */
export interface Twins {
  of(adoptedId: string): AdoptedTransaction | null;
  put(transaction: AdoptedTransaction): void;
  /** The same money under another id: one of the same charge, or, both paid, of the same order and amount. */
  find(told: AdoptedTransaction): Twin | null;
}

export function createTwins(known: readonly AdoptedTransaction[]): Twins {
  const byId = new Map<string, AdoptedTransaction>();
  const byName = new Map<string, Set<string>>();
  const namesOf = ({ provider, chargeId, orderId }: AdoptedTransaction): string[] =>
    [chargeId, orderId].flatMap((name) => (name === null ? [] : [JSON.stringify([provider, name])]));
  const put = (one: AdoptedTransaction): void => {
    byId.set(one.adoptedId, one);
    for (const name of namesOf(one)) byName.set(name, (byName.get(name) ?? new Set()).add(one.adoptedId));
  };
  for (const one of known) put(one);
  return {
    of: (adoptedId) => byId.get(adoptedId) ?? null,
    put,
    find(told) {
      const ids = new Set(namesOf(told).flatMap((name) => [...(byName.get(name) ?? [])]));
      ids.delete(told.adoptedId);
      const others = [...ids].flatMap((id) => byId.get(id) ?? []);
      const sameCharge = others.filter(({ chargeId }) => chargeId !== null && chargeId === told.chargeId);
      const charge = sameCharge.find(({ merchantId }) => merchantId === told.merchantId) ?? sameCharge[0];
      if (charge !== undefined) return { by: 'charge', known: charge };
      const order = others.find((one) => isOfSameOrder(one, told));
      return order === undefined ? null : { by: 'order', known: order };
    },
  };
}

function isOfSameOrder(known: AdoptedTransaction, told: AdoptedTransaction): boolean {
  if (known.merchantId !== told.merchantId) return false;
  if (known.paidAtMs === null || told.paidAtMs === null) return false;
  if (known.amountCents !== told.amountCents || known.currency !== told.currency) return false;
  if (Math.abs(known.paidAtMs - told.paidAtMs) > ORDER_MS) return false;
  // Where one calls charge what the other calls order, as a PaymentIntent.
  if (known.chargeId !== null && known.chargeId === told.orderId) return true;
  if (told.chargeId !== null && told.chargeId === known.orderId) return true;
  return known.orderId === told.orderId && (known.chargeId === null || told.chargeId === null);
}
