import type { z } from 'zod';
import type { Clock, RandomBytes } from '../../domain/clock.ts';
import type { Log } from '../../platform/log.ts';
import { StartupFailure } from '../../platform/service.ts';
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
  /** The provider's own words for what its webhooks tell of; each has a case in docs/coverage.md. */
  readonly eventKinds: readonly string[];
  /**
   * @param settings the provider's part of the configuration, as it was read
   * @throws StartupFailure naming the setting that is missing or wrong
   */
  open(settings: unknown, environment: ProviderEnvironment): P;
}

export type NationalFactory = ProviderFactory<NationalProvider>;
export type InternationalFactory = ProviderFactory<InternationalProvider>;

/** @throws StartupFailure naming each setting that is missing or wrong; no value is told, for it may be a secret */
export function readSettings<S extends z.ZodType>(
  provider: string,
  schema: S,
  settings: unknown,
): z.output<S> {
  const parsed = schema.safeParse(settings);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map((issue) => `${issue.path.join('.') || '(all)'}: ${issue.message}`);
  throw new StartupFailure(
    `configuration of provider ${provider}: ${problems.join('; ')} (see docs/providers)`,
  );
}
