import Stripe from 'stripe';
import type { Clock } from '../../../domain/clock.ts';
import type { InternationalProvider } from '../provider.ts';
import type { InternationalFactory } from '../provider-factory.ts';
import { boundedFetch } from './bounded-fetch.ts';
import { cancelCharge, createCheckout } from './checkout.ts';
import { EVENT_KINDS } from './event-kinds.ts';
import { fetchCharge } from './read-charge.ts';
import { readRecurrence } from './read-recurrence.ts';
import { fetchRefund, requestRefund } from './refunds.ts';
import { parseStripeSettings, type StripeSettings } from './settings.ts';
import { stripeWebhooks } from './webhooks.ts';

/** Cards of the whole world by Stripe's PaymentIntents, through its own package: docs/providers/stripe.md. */
export const stripeFactory = {
  name: 'stripe',
  eventKinds: EVENT_KINDS,
  open(settings, environment) {
    const parsed = parseStripeSettings(settings);
    return createStripeProvider(parsed, environment);
  },
} as const satisfies InternationalFactory;

function createStripeProvider(
  settings: StripeSettings,
  environment: { readonly clock: Clock; readonly fetch: typeof globalThis.fetch },
): InternationalProvider {
  const stripe = new Stripe(settings.secretKey, {
    httpClient: Stripe.createFetchHttpClient(boundedFetch(environment.fetch, environment.clock, settings)),
    // What a failure means for the money is decided here, and repeating is the business of who asked.
    maxNetworkRetries: 0,
    telemetry: false,
  });
  return {
    name: 'stripe',
    flow: 'international',
    checkoutPage: { scriptUrl: settings.scriptUrl, publishableKey: settings.publishableKey },
    createCheckout: (order) => createCheckout(stripe, order),
    fetchCharge: (charge) => fetchCharge(stripe, charge),
    cancelCharge: (charge) => cancelCharge(stripe, charge),
    requestRefund: (order) => requestRefund(stripe, order),
    fetchRefund: (refund) => fetchRefund(stripe, refund),
    readRecurrence: (hint) => readRecurrence(stripe, hint),
    webhooks: stripeWebhooks(settings.webhookSecrets),
  };
}
