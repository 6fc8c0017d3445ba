import type { HttpPort } from '../http/exchange.ts';
import type { NationalProvider } from '../provider.ts';
import { type NationalFactory, type ProviderEnvironment, readSettings } from '../provider-factory.ts';
import { EVENT_KINDS } from './event-kinds.ts';
import { createHubSignatures } from './hub-signature.ts';
import { cancelOrder, createOrder, fetchOrder } from './orders.ts';
import { readRecurrence } from './read-recurrence.ts';
import { fetchRefund, requestRefund } from './refunds.ts';
import type { Endpoint } from './send.ts';
import { PagarmeSettings } from './settings.ts';
import { createWebhooks } from './webhooks.ts';

/** Pagar.me (Stone), API v5. Its webhooks are configured in its own pages: `POST /hooks` is refused there. */
export function createPagarmeProvider(
  settings: PagarmeSettings,
  { clock, fetch }: Pick<ProviderEnvironment, 'clock' | 'fetch'>,
): NationalProvider {
  const http: HttpPort = { fetch, clock, timeoutMs: settings.timeoutMs };
  const endpoint: Endpoint = {
    baseUrl: settings.baseUrl.replace(/\/$/, ''),
    secretKey: settings.secretKey,
    http,
    standInCpf: settings.fallbackCustomer.cpf,
  };
  const signatures =
    settings.webhooks.authentication === 'hub_signature'
      ? createHubSignatures(settings.webhooks.keysUrl, http, clock)
      : null;
  return {
    name: 'pagarme',
    flow: 'national',
    ...(settings.split === undefined ? {} : { splitsCharges: true }),
    createCharge: (order) => createOrder(endpoint, settings, order),
    fetchCharge: (charge) => fetchOrder(endpoint, charge),
    cancelCharge: (charge) => cancelOrder(endpoint, charge),
    requestRefund: (order) => requestRefund(endpoint, order),
    fetchRefund: (refund) => fetchRefund(endpoint, refund),
    readRecurrence: (hint) => readRecurrence(endpoint, hint),
    webhooks: createWebhooks(settings, signatures),
  };
}

export const pagarmeFactory = {
  name: 'pagarme',
  eventKinds: EVENT_KINDS,
  open: (settings, environment) =>
    createPagarmeProvider(readSettings('pagarme', PagarmeSettings, settings), environment),
} as const satisfies NationalFactory;
