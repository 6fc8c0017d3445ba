import type { FastifyInstance } from 'fastify';
import type { ProviderContext } from '../provider-context.ts';
import { startEventDelivery } from './events.ts';
import { registerStripePages } from './page-routes.ts';
import { registerStripeSimRoutes } from './sim-routes.ts';
import { registerStripeApi } from './stripe-api.ts';
import type { StripeContext, StripeKeys } from './stripe-context.ts';
import { openStripeStore } from './stripe-store.ts';

export interface SimulatedStripe {
  /** Stops the delivery and closes the database; after the app is closed. */
  close(): Promise<void>;
}

/**
 * Stripe, as far as a card payment needs it: the API, signed events, the script with its card form, and a page for
 * what a merchant does by hand. All it has answered is on disk.
 */
export async function registerStripe(
  app: FastifyInstance,
  provider: ProviderContext,
  options: { readonly dataDir: string; readonly keys: StripeKeys },
): Promise<SimulatedStripe> {
  const store = openStripeStore(options.dataDir);
  const context: StripeContext = {
    store,
    keys: options.keys,
    provider,
    wakeDelivery: () => delivery.wake(),
  };
  await registerStripeApi(app, context);
  await registerStripeSimRoutes(app, context);
  registerStripePages(app);
  const delivery = startEventDelivery(context);
  return {
    async close() {
      await delivery.stop();
      store.close();
    },
  };
}
