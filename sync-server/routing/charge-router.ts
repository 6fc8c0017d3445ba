import { createHash } from 'node:crypto';
import type { ChargeRequest } from '../../domain/protocol/charges.ts';
import type { ServerContext } from '../context.ts';
import type { NationalProvider } from '../providers/provider.ts';
import type { Providers } from '../providers/providers.ts';
import { orderByRules } from './routing-rules.ts';
import { readRoutingRules } from './rule-store.ts';

/** A national charge, before it is made. */
export interface ChargeToRoute {
  readonly merchantId: string;
  readonly unitId: string;
  readonly sessionId: string;
  readonly amountCents: number;
  readonly currency: string;
  /** IANA name, of the unit. */
  readonly timeZone: string;
  /** What the session can do for a provider that asks for more than an amount. */
  readonly customer?: ChargeRequest['customer'];
  readonly showsAuthorisation?: ChargeRequest['showsAuthorisation'];
}

export interface ChargeRouter {
  /**
   * The providers that may make the charge, the one to ask first coming first; empty when each asks for something that
   * the session does not have.
   */
  route(charge: ChargeToRoute): Promise<readonly NationalProvider[]>;
  /** Undefined when the configuration does not name it any more. */
  byName(name: string): NationalProvider | undefined;
}

/**
 * Chooses by the merchant's rules, and passes over a provider that does not answer at present as long as another one
 * does. The same session is routed the same way each time, as far as the providers' health allows.
 */
export function createChargeRouter(
  { db, clock }: Pick<ServerContext, 'db' | 'clock'>,
  national: Providers['national'],
): ChargeRouter {
  const byName = (name: string) => national.find(({ provider }) => provider.name === name);
  return {
    async route(charge) {
      const names = national.length === 1 ? [] : await namesByRules(charge);
      const fitting = national.filter(({ provider }) => canServe(provider, charge));
      return orderProviders(fitting, names, clock.nowMs());
    },
    byName: (name) => byName(name)?.provider,
  };

  async function namesByRules(charge: ChargeToRoute): Promise<readonly string[]> {
    const rules = await readRoutingRules(db, charge.merchantId);
    const minuteOfDay = minuteOf(clock.nowMs(), charge.timeZone);
    return orderByRules(rules, { ...charge, minuteOfDay }, drawOf(charge.sessionId));
  }
}

/** Those that the rules name, or all where they name none: who answers first, and then who is paused. */
export function orderProviders(
  fitting: readonly Providers['national'][number][],
  namesByRules: readonly string[],
  nowMs: number,
): readonly NationalProvider[] {
  const named = namesByRules.flatMap((name) => fitting.find(({ provider }) => provider.name === name) ?? []);
  const candidates = named.length === 0 ? fitting : named;
  const isPaused = ({ health }: Providers['national'][number]): boolean => health.pausedUntilMs() > nowMs;
  return [...candidates.filter((candidate) => !isPaused(candidate)), ...candidates.filter(isPaused)].map(
    ({ provider }) => provider,
  );
}

/** Of a server with one provider, or of a test. */
export function onlyProvider(provider: NationalProvider): ChargeRouter {
  return {
    route: async (charge) => (canServe(provider, charge) ? [provider] : []),
    byName: (name) => (name === provider.name ? provider : undefined),
  };
}

/** Whether the session has what the provider asks for. */
function canServe(
  provider: NationalProvider,
  { customer, showsAuthorisation }: Pick<ChargeToRoute, 'customer' | 'showsAuthorisation'>,
): boolean {
  if (provider.needsAuthorisationPage === true && showsAuthorisation !== true) return false;
  return provider.needsCustomerCpf !== true || customer?.cpf !== undefined;
}

/** Minutes since midnight there. */
export function minuteOf(atMs: number, timeZone: string): number {
  const parts = new Intl.DateTimeFormat('en-GB', {
    timeZone,
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  }).formatToParts(atMs);
  const part = (type: string): number => Number(parts.find((one) => one.type === type)?.value);
  return part('hour') * 60 + part('minute');
}

/** In [0, 1), spread evenly, and the same for each retry of a session. */
export function drawOf(sessionId: string): number {
  return createHash('sha256').update(sessionId).digest().readUInt32BE(0) / 2 ** 32;
}
