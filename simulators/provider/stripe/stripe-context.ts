import type { ProviderContext } from '../provider-context.ts';
import type { StripeStore } from './stripe-store.ts';

/** What every part of the simulated Stripe is given. Faults and time are the bank's beside it. */
export interface StripeContext {
  readonly store: StripeStore;
  readonly keys: StripeKeys;
  /** Its `store` is the bank's; of that only the fault switches are used. */
  readonly provider: ProviderContext;
  wakeDelivery(): void;
}

export interface StripeKeys {
  readonly secretKey: string;
  readonly publishableKey: string;
}

/** What a simulator takes when it is given no others; the name says that they open nothing. */
export const SIMULATED_KEYS: StripeKeys = {
  secretKey: 'sk_test_simulated',
  publishableKey: 'pk_test_simulated',
};

/** "pi_" and 24 characters of lower-case hex: unguessable, and of the alphabet that Stripe's ids have. */
export function newStripeId({ provider }: StripeContext, prefix: string): string {
  return `${prefix}_${Buffer.from(provider.randomBytes(12)).toString('hex')}`;
}

export function nowSeconds({ provider }: StripeContext): number {
  return Math.floor(provider.clock.nowMs() / 1000);
}
