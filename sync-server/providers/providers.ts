import type { InternationalProvider, NationalProvider, PaymentProvider } from './provider.ts';
import { healthOfAny, type ProviderHealth } from './provider-health.ts';

/** A provider as everybody is to call it: watched, so that each answer counts for its health. */
export interface RunningProvider<P extends PaymentProvider> {
  readonly provider: P;
  readonly health: ProviderHealth;
  /** Something was stored in its inbox. */
  wakeInbox(): void;
}

/**
 * The providers of this server. The two flows are apart from here on: what makes a national charge is given `national`
 * and nothing else.
 */
export interface Providers {
  /** In the order of the configuration: where no rule says otherwise, the first one that can is taken. */
  readonly national: readonly [RunningProvider<NationalProvider>, ...RunningProvider<NationalProvider>[]];
  readonly international: RunningProvider<InternationalProvider> | null;
}

/** All, as far as it is about money that has a charge already. */
export function allProviders({ national, international }: Providers): RunningProvider<PaymentProvider>[] {
  return international === null ? [...national] : [...national, international];
}

/** What the totems are told: whether PIX can be offered. */
export function nationalHealth({ national: [first, ...others] }: Providers): ProviderHealth {
  return healthOfAny([first.health, ...others.map(({ health }) => health)]);
}
