import type { AddressInfo } from 'node:net';
import Fastify from 'fastify';
import type { Clock, RandomBytes } from '../../domain/clock.ts';
import type { Log } from '../../platform/log.ts';
import { registerApiPix } from './api-pix/api-pix.ts';
import { startAutomaticDelivery } from './automatic-delivery.ts';
import { registerBankAutomaticRoutes } from './bank/automatic-routes.ts';
import { registerBankRoutes } from './bank/bank-routes.ts';
import { registerPageRoutes } from './bank/page-routes.ts';
import { registerSentBackRoutes } from './bank/sent-back.ts';
import { startCallbackDelivery } from './callback-delivery.ts';
import type { ProviderContext } from './provider-context.ts';
import { registerPaymentCompanies } from './psp/psp.ts';
import { startSettlement } from './settlement.ts';
import { openStore } from './store/store.ts';
import { registerStripe } from './stripe/stripe.ts';
import { SIMULATED_KEYS, type StripeKeys } from './stripe/stripe-context.ts';

/** API Pix bodies are a few kilobytes. */
const BODY_LIMIT_BYTES = 64 * 1024;
/** Pix keys and txids in a path; Fastify's own 100 is shorter than an e-mail key that is percent-encoded. */
const MAX_PARAM_LENGTH = 300;

export interface ProviderOptions {
  readonly host: string;
  /** 0 takes any free one. */
  readonly port: number;
  readonly dataDir: string;
  readonly clientId: string;
  readonly clientSecret: string;
  /** Of the simulated Stripe; `SIMULATED_KEYS` where none are given. */
  readonly stripe?: StripeKeys;
  readonly clock: Clock;
  readonly randomBytes: RandomBytes;
  readonly log: Log;
}

export interface ProviderSimulator {
  /** The bank app's page, and the base of `/bank/…`. No slash at the end. */
  readonly bankUrl: string;
  readonly apiBaseUrl: string;
  readonly tokenUrl: string;
  /** What Stripe's API, script and pages stand under: `{stripeUrl}/v1`, `{stripeUrl}/js`, `{stripeUrl}/`. */
  readonly stripeUrl: string;
  close(): Promise<void>;
}

/**
 * A bank that speaks BACEN's API Pix 2.9.0, with the app of a customer who pays there. All it has answered is on
 * disk; what was due while it was down happens when it is up again.
 */
export async function startProviderSimulator(options: ProviderOptions): Promise<ProviderSimulator> {
  const { clock, randomBytes, log } = options;
  const store = openStore(options.dataDir);
  const context: ProviderContext = {
    store,
    clock,
    randomBytes,
    log,
    onMoney: [],
    wake: () => {
      settlement.wake();
      delivery.wake();
      automaticDelivery.wake();
    },
  };
  const app = Fastify({
    bodyLimit: BODY_LIMIT_BYTES,
    routerOptions: { maxParamLength: MAX_PARAM_LENGTH },
    // A client that waits for an answer that never comes must not hold up the end.
    forceCloseConnections: true,
  });
  await registerApiPix(app, context, options);
  registerBankRoutes(app, context);
  registerBankAutomaticRoutes(app, context);
  registerSentBackRoutes(app, context);
  registerPageRoutes(app);
  const stripe = await registerStripe(app, context, {
    dataDir: options.dataDir,
    keys: options.stripe ?? SIMULATED_KEYS,
  });
  const companies = registerPaymentCompanies(app, context, options.dataDir);
  const settlement = startSettlement(context);
  const delivery = startCallbackDelivery(context);
  const automaticDelivery = startAutomaticDelivery(context);

  async function close(): Promise<void> {
    await app.close();
    await Promise.all([
      settlement.stop(),
      delivery.stop(),
      automaticDelivery.stop(),
      stripe.close(),
      companies.stop(),
    ]);
    store.close();
  }

  try {
    await app.listen({ host: options.host, port: options.port });
  } catch (error) {
    await close();
    throw error;
  }
  const { port } = app.server.address() as AddressInfo;
  const bankUrl = `http://${options.host.includes(':') ? `[${options.host}]` : options.host}:${port}`;
  return {
    bankUrl,
    apiBaseUrl: `${bankUrl}/api/v2`,
    tokenUrl: `${bankUrl}/oauth/token`,
    stripeUrl: `${bankUrl}/stripe`,
    close,
  };
}
