import { StartupFailure } from '../../platform/service.ts';
import type { ProviderSettings, ProvidersConfig, ShadowSettings } from '../config.ts';
import type { ShadowProvider } from '../routing/shadow-mirror.ts';
import type { InternationalProvider, NationalProvider, PaymentProvider } from './provider.ts';
import type { ProviderEnvironment, ProviderFactory } from './provider-factory.ts';
import { INTERNATIONAL_FACTORIES, NATIONAL_FACTORIES } from './registry.ts';

export interface OpenedProviders {
  readonly national: readonly [NationalProvider, ...NationalProvider[]];
  readonly international: InternationalProvider | null;
  /** On trial: none of them is ever given anything live. */
  readonly shadows: readonly ShadowProvider[];
}

/** Makes the providers that the configuration names. @throws StartupFailure with one line on what to do */
export function openProviders(config: ProvidersConfig, environment: ProviderEnvironment): OpenedProviders {
  const [first, ...others] = config.national.map((settings) =>
    openOne(NATIONAL_FACTORIES, settings, environment),
  );
  if (first === undefined) throw new StartupFailure('configuration: no national payment provider is named');
  const names = new Set<string>();
  for (const { name } of [first, ...others]) {
    if (names.has(name)) throw new StartupFailure(`configuration: the provider ${name} is named twice`);
    names.add(name);
  }
  return {
    national: [first, ...others],
    international:
      config.international === null
        ? null
        : openOne(INTERNATIONAL_FACTORIES, config.international, environment),
    shadows: openShadows(config.shadow ?? [], environment),
  };
}

function openShadows(
  settings: readonly ShadowSettings[],
  environment: ProviderEnvironment,
): readonly ShadowProvider[] {
  const shadows = settings.map(({ sandbox: _sandbox, pixKey, ...own }) => ({
    provider: openOne(NATIONAL_FACTORIES, own, environment),
    pixKey: pixKey ?? null,
  }));
  const names = new Set(shadows.map(({ provider }) => provider.name));
  if (names.size < shadows.length)
    throw new StartupFailure('configuration: a provider is named twice under "shadow"');
  return shadows;
}

function openOne<P extends PaymentProvider>(
  factories: readonly ProviderFactory<P>[],
  settings: ProviderSettings,
  environment: ProviderEnvironment,
): P {
  const factory = factories.find(({ name }) => name === settings.provider);
  if (factory === undefined) {
    const known = factories.map(({ name }) => name).join(', ');
    throw new StartupFailure(
      `configuration: no provider ${settings.provider} in this flow (there is: ${known})`,
    );
  }
  return factory.open(settings, environment);
}
