import type { ProviderContext } from '../provider-context.ts';
import type { PspStore } from './psp-store.ts';

/** What the parts of a simulated payment company are given: the bank beside it has charges, Pix and fault switches. */
export interface PspContext {
  readonly store: PspStore;
  readonly bank: ProviderContext;
  wakeDelivery(): void;
}
