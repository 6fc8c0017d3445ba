import type { HttpPort } from '../http/exchange.ts';
import type { NationalProvider } from '../provider.ts';
import { type NationalFactory, type ProviderEnvironment, readSettings } from '../provider-factory.ts';
import { createAttempts } from './attempts.ts';
import { type ChargeDeps, createCharge, fetchCharge } from './charges.ts';
import { EVENT_KINDS } from './event-kinds.ts';
import { fetchRefund, requestRefund } from './refunds.ts';
import { AppmaxSettings } from './settings.ts';
import { createV1 } from './v1.ts';
import { createV3 } from './v3.ts';
import { createWebhooks } from './webhooks.ts';

/** Appmax, by either generation of its API. Its webhooks are configured in its own pages. */
export function createAppmaxProvider(
  settings: AppmaxSettings,
  { clock, fetch }: Pick<ProviderEnvironment, 'clock' | 'fetch'>,
): NationalProvider {
  const http: HttpPort = { fetch, clock, timeoutMs: settings.timeoutMs };
  const generation =
    settings.generation === 'v1' ? createV1(settings, http, clock) : createV3(settings, http);
  const deps: ChargeDeps = { generation, attempts: createAttempts(), settings, clock };
  return {
    name: 'appmax',
    flow: 'national',
    createCharge: (order) => createCharge(deps, order),
    fetchCharge: (charge) => fetchCharge(deps, charge),
    cancelCharge: () =>
      Promise.resolve({
        kind: 'rejected',
        code: 'cancel_not_offered',
        detail: 'Appmax withdraws no Pix: it ends by itself, and money that comes late is money',
      }),
    requestRefund: (order) => requestRefund(generation, order),
    fetchRefund: (refund) => fetchRefund(generation, refund),
    webhooks: createWebhooks(settings.generation === 'v1' ? settings.clientSecret : settings.accessToken),
  };
}

export const appmaxFactory = {
  name: 'appmax',
  eventKinds: EVENT_KINDS,
  open: (settings, environment) =>
    createAppmaxProvider(readSettings('appmax', AppmaxSettings, settings), environment),
} as const satisfies NationalFactory;
