import type { Clock, RandomBytes } from '../../domain/clock.ts';
import type { Log } from '../../platform/log.ts';
import type { InternationalProvider, NationalProvider, PaymentProvider } from './provider.ts';

/** What every provider is given beside its own settings. */
export interface ProviderEnvironment {
  readonly clock: Clock;
  readonly randomBytes: RandomBytes;
  readonly log: Log;
  readonly fetch: typeof globalThis.fetch;
}

/** How a provider comes into being; each folder exports one. */
export interface ProviderFactory<P extends PaymentProvider> {
  readonly name: P['name'];
  /**
   * @param settings the provider's part of the configuration, as it was read
   * @throws StartupFailure naming the setting that is missing or wrong
   */
  open(settings: unknown, environment: ProviderEnvironment): P;
}

export type NationalFactory = ProviderFactory<NationalProvider>;
export type InternationalFactory = ProviderFactory<InternationalProvider>;
