import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { txidOfSession } from '../../../domain/ids.ts';
import type { CheckoutRequest, CheckoutState } from '../../../domain/protocol/checkouts.ts';
import { silentLog } from '../../../platform/log.ts';
import { systemClock } from '../../../platform/system.ts';
import { ManualClock } from '../../../platform/testing/manual-clock.ts';
import { startProviderSimulator } from '../../../simulators/provider/provider.ts';
import { SIMULATED_KEYS } from '../../../simulators/provider/stripe/stripe-context.ts';
import { DEMO_CARD_OFFER, DEMO_KIOSK_ID } from '../../catalog/demo-shop.ts';
import type { ServerContext } from '../../context.ts';
import { createApp } from '../../http/app.ts';
import { startPaymentWorkers } from '../../payments/payment-workers.ts';
import type { InternationalProvider } from '../../providers/provider.ts';
import { stripeFactory } from '../../providers/stripe/stripe.ts';
import { kioskToken } from '../../testing/kiosk-identity.ts';
import { seedShop, testContext } from '../../testing/test-context.ts';
import { createTestDatabase } from '../../testing/test-database.ts';
import { createRefusedWebhooks } from '../../webhooks/refused-webhooks.ts';
import { registerWebhookRoutes } from '../../webhooks/webhook-routes.ts';
import { registerCheckoutRoutes } from '../checkout-routes.ts';
import { startCheckoutCloser } from '../close-checkouts.ts';

/** Of one call to the simulated Stripe: short, because the tests that cut it wait for it. */
const PROVIDER_TIMEOUT_MS = 400;
const WEBHOOK_SECRET = 'whsec_simulated';

interface Answer {
  readonly status: number;
  readonly body: unknown;
}

export interface SimulatedIntent {
  readonly id: string;
  readonly status: string;
  readonly amount: number;
  readonly currency: string;
  readonly metadata: Readonly<Record<string, string>>;
}

/** The international flow on real HTTP and PostgreSQL, with the simulated Stripe beside it and time by hand. */
export interface CheckoutHouse {
  readonly context: ServerContext;
  readonly clock: ManualClock;
  readonly provider: InternationalProvider;
  /** How often the provider was called, by name. */
  readonly calls: Map<string, number>;
  post(path: string, body: unknown, token?: string): Promise<Answer>;
  state(checkoutUrl: string): Promise<CheckoutState>;
  get(path: string): Promise<Answer>;
  /** The customer types a card into the form. */
  pay(paymentIntent: string, card?: string): Promise<Answer>;
  /** Something that happens at Stripe, or an event of it that is true or not. */
  stripe(method: string, path: string, body: unknown): Promise<Answer>;
  faults(faults: Record<string, unknown>): Promise<void>;
  intentsOf(txid: string): Promise<readonly SimulatedIntent[]>;
  until(condition: () => Promise<boolean>, maxMs?: number): Promise<void>;
  close(): Promise<void>;
}

/** What a totem asks for when a customer wants to pay the demonstration's international offer by card. */
export function checkoutRequest(overrides: Partial<CheckoutRequest> = {}): CheckoutRequest {
  const sessionId = randomUUID();
  return { sessionId, txid: txidOfSession(sessionId), catalogVersion: 1, ...DEMO_CARD_OFFER, ...overrides };
}

export async function startCheckoutHouse(): Promise<CheckoutHouse> {
  const database = await createTestDatabase();
  const clock = new ManualClock();
  await seedShop(database.db, clock.nowMs());
  const dataDir = mkdtempSync(join(tmpdir(), 'totem-checkout-'));
  const randomBytes = (count: number): Uint8Array => crypto.getRandomValues(new Uint8Array(count));
  const simulator = await startProviderSimulator({
    host: '127.0.0.1',
    port: 0,
    dataDir,
    clientId: 'shop',
    clientSecret: 'not-a-secret',
    clock,
    randomBytes,
    log: silentLog,
  });
  const { stripeUrl, bankUrl } = simulator;
  const context: ServerContext = testContext({ db: database.db, clock });
  // Sockets live in real time: a call to Stripe is not cut by a test that moves the clock.
  const socketClock = {
    nowMs: () => clock.nowMs(),
    monotonicMs: () => clock.monotonicMs(),
    schedule: systemClock.schedule,
  };
  const settings = {
    ...SIMULATED_KEYS,
    webhookSecrets: [WEBHOOK_SECRET],
    apiBaseUrl: stripeUrl,
    scriptUrl: `${stripeUrl}/js`,
    timeoutMs: PROVIDER_TIMEOUT_MS,
  };
  const calls = new Map<string, number>();
  const provider = counted(
    stripeFactory.open(settings, {
      clock: socketClock,
      randomBytes,
      log: silentLog,
      fetch: globalThis.fetch,
    }),
    calls,
  );
  const workers = startPaymentWorkers(context, provider);
  const closer = startCheckoutCloser(context, workers.provider);
  const app = await createApp(context);
  registerCheckoutRoutes(app, context, workers.provider);
  registerWebhookRoutes(app, context, [workers], createRefusedWebhooks(silentLog));
  await app.listen({ host: '127.0.0.1', port: 0 });
  const serverUrl = `http://127.0.0.1:${(app.server.address() as AddressInfo).port}`;

  async function request(url: string, init: RequestInit = {}): Promise<Answer> {
    const response = await fetch(url, init);
    return { status: response.status, body: await response.json() };
  }
  const json = (method: string, body: unknown, headers: Record<string, string> = {}): RequestInit => ({
    method,
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });
  const house: CheckoutHouse = {
    context,
    clock,
    provider,
    calls,
    post: (path, body, token = kioskToken(DEMO_KIOSK_ID, clock)) =>
      request(`${serverUrl}${path}`, json('POST', body, { authorization: `Bearer ${token}` })),
    get: (path) => request(`${serverUrl}${path}`),
    async state(checkoutUrl) {
      const token = new URL(checkoutUrl).pathname.split('/').at(-1);
      const answer = await request(`${serverUrl}/v1/checkouts/${token}`);
      if (answer.status !== 200) throw new Error(`no state: ${JSON.stringify(answer.body)}`);
      return answer.body as CheckoutState;
    },
    pay: (paymentIntent, card = '4242424242424242') =>
      request(`${stripeUrl}/sim/payments`, json('POST', { paymentIntent, card })),
    stripe: (method, path, body) => request(`${stripeUrl}/sim/${path}`, json(method, body)),
    async faults(faults) {
      const answer = await request(`${bankUrl}/bank/faults`, json('PUT', faults));
      if (answer.status !== 200) throw new Error(`no such fault: ${JSON.stringify(answer.body)}`);
    },
    async intentsOf(txid) {
      const { body } = await request(`${stripeUrl}/sim/payments?limit=100`);
      const { payments } = body as { payments: { intent: SimulatedIntent }[] };
      return payments.map(({ intent }) => intent).filter(({ metadata }) => metadata['txid'] === txid);
    },
    async until(condition, maxMs = 60_000) {
      for (let waitedMs = 0; waitedMs <= maxMs; waitedMs += 250) {
        // Real sockets and the real database need real time to answer; what is waited for is the condition.
        for (let turn = 0; turn < 4; turn += 1) {
          if (await condition()) return;
          await delay(5);
        }
        clock.advance(250);
      }
      throw new Error(`did not happen within ${maxMs} ms of the clock`);
    },
    async close() {
      await closer.stop();
      await workers.stop();
      await app.close();
      await simulator.close();
      await database.close();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
  const webhook = { url: `${serverUrl}/v1/webhooks/stripe`, secret: WEBHOOK_SECRET };
  const set = await house.stripe('PUT', 'settings', { webhook });
  if (set.status !== 200) throw new Error(`no webhook: ${JSON.stringify(set.body)}`);
  return house;
}

/** The same provider; each call of it is counted. */
function counted(provider: InternationalProvider, calls: Map<string, number>): InternationalProvider {
  return new Proxy(provider, {
    get(target, key) {
      const value: unknown = Reflect.get(target, key);
      if (typeof value !== 'function') return value;
      return (...args: unknown[]) => {
        calls.set(String(key), (calls.get(String(key)) ?? 0) + 1);
        return value.apply(target, args);
      };
    },
  });
}
