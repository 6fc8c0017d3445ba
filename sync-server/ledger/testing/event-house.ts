import { createHmac } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import { silentLog } from '../../../platform/log.ts';
import { systemClock, systemRandom } from '../../../platform/system.ts';
import { ManualClock } from '../../../platform/testing/manual-clock.ts';
import { APPMAX_CLIENT } from '../../../simulators/provider/appmax/v1-routes.ts';
import { PAGARME_SECRET_KEY } from '../../../simulators/provider/pagarme/pagarme.ts';
import { startProviderSimulator } from '../../../simulators/provider/provider.ts';
import { SIMULATED_KEYS } from '../../../simulators/provider/stripe/stripe-context.ts';
import { tokenHash } from '../../access/tokens.ts';
import type { ServerConfig } from '../../config.ts';
import { type Database, openDatabase } from '../../db/database.ts';
import { createApp } from '../../http/app.ts';
import { startCheckoutCloser } from '../../international/close-checkouts.ts';
import { startTicketMarker } from '../../payments/mark-tickets.ts';
import { startPaymentWorkers } from '../../payments/payment-workers.ts';
import { openProviders } from '../../providers/open-providers.ts';
import { registerRoutes } from '../../server.ts';
import { seedShop, testConfig, testContext } from '../../testing/test-context.ts';
import { createTestDatabase } from '../../testing/test-database.ts';
import { webhookUrl } from '../../webhooks/webhook-url.ts';
import { OTHER_MANAGER_TOKEN, OTHER_MERCHANT_ID, seedOtherShop } from './other-shop.ts';

const CLIENT = { clientId: 'shop', clientSecret: 'not-a-secret' };
const STRIPE_SECRET = 'whsec_simulated';
const CPF = '52998224725';
/** Of a call by hand in a provider's pages: longer than a busy machine needs. */
const HAND_TIMEOUT_MS = 10_000;
/** Between two looks at the clock sockets and the database need a little real time. */
const REAL_PAUSE_MS = 2;

/** A webhook as the provider sent it; who delivers it, when and how often is the test's. */
export interface Mail {
  readonly provider: string;
  readonly path: string;
  readonly body: string;
}

export interface Answer {
  readonly status: number;
  readonly body: unknown;
}

/** Two servers on one database, before one simulated world of providers, whose webhooks come by hand. */
export interface EventHouse {
  readonly db: Database;
  readonly clock: ManualClock;
  /** Where the providers keep their truth: SQLite files. */
  readonly bankDir: string;
  /** What was sent and not yet delivered. */
  readonly mails: Mail[];
  /** To one of the two servers. */
  ask(server: number, method: string, path: string, body: unknown, token: string): Promise<Answer>;
  upload(server: number, path: string, csv: string, token: string): Promise<Answer>;
  deliver(server: number, mail: Mail): Promise<number>;
  /** The customer, the merchant's hand in the providers' pages, and the faults. */
  bank(method: string, path: string, body?: unknown, authorization?: string): Promise<Answer>;
  restart(server: number): Promise<void>;
  /** Lets time go by, in steps that leave everybody the real time to answer. */
  pass(ms: number, stepMs?: number): Promise<void>;
  close(): Promise<void>;
}

export async function startEventHouse(): Promise<EventHouse> {
  const database = await createTestDatabase();
  const clock = new ManualClock();
  await seedShop(database.db, clock.nowMs());
  await seedOtherShop(database.db, clock.nowMs());
  const bankDir = mkdtempSync(join(tmpdir(), 'totem-events-'));
  const bank = await startProviderSimulator({
    host: '127.0.0.1',
    port: 0,
    dataDir: bankDir,
    ...CLIENT,
    clock,
    randomBytes: systemRandom,
    log: silentLog,
  });
  const mails: Mail[] = [];
  const post = createServer(async (request, response) => {
    const path = request.url ?? '';
    mails.push({ provider: path.split('/')[3] ?? '', path, body: await text(request) });
    response.end('{}');
  });
  await new Promise<void>((resolve) => post.listen(0, '127.0.0.1', resolve));
  const postUrl = `http://127.0.0.1:${(post.address() as AddressInfo).port}`;
  const config = configFor(bank);

  async function startServer() {
    const db = openDatabase(database.url, () => undefined);
    const context = testContext({ db, clock, config });
    // Sockets live in real time: a call to a provider is not cut by a test that moves the clock.
    const socketClock = {
      nowMs: () => clock.nowMs(),
      monotonicMs: () => clock.monotonicMs(),
      schedule: systemClock.schedule,
    };
    const environment = { clock: socketClock, randomBytes: systemRandom, log: silentLog, fetch };
    const opened = openProviders(config.providers, environment);
    if (opened.international === null) throw new Error('Stripe is configured');
    const [first, ...others] = opened.national;
    const national = [
      startPaymentWorkers(context, first),
      ...others.map((provider) => startPaymentWorkers(context, provider)),
    ] as const;
    const international = startPaymentWorkers(context, opened.international);
    const closer = startCheckoutCloser(context, international.provider);
    const marker = startTicketMarker(context);
    const app = await createApp(context);
    await registerRoutes(app, context, { national, international });
    await app.listen({ host: '127.0.0.1', port: 0 });
    for (const workers of national) workers.registerWebhook(postUrl);
    return {
      url: `http://127.0.0.1:${(app.server.address() as AddressInfo).port}`,
      providers: [...opened.national, opened.international],
      async close() {
        await Promise.all([...national, international, closer, marker].map((each) => each.stop()));
        await app.close();
        await db.close();
      },
    };
  }
  const servers = [await startServer(), await startServer()];

  function at(server: number) {
    const found = servers[server];
    if (found === undefined) throw new Error(`there is no server ${server}`);
    return found;
  }
  async function request(url: string, init: RequestInit): Promise<Answer> {
    const response = await fetch(url, init);
    const body = await response.text();
    return { status: response.status, body: body.startsWith('{') ? JSON.parse(body) : body };
  }
  const json = (method: string, body: unknown, headers: Record<string, string> = {}): RequestInit => ({
    method,
    headers: { ...headers, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const house: EventHouse = {
    db: database.db,
    clock,
    bankDir,
    mails,
    ask: (server, method, path, body, token) =>
      request(`${at(server).url}${path}`, json(method, body, { authorization: `Bearer ${token}` })),
    upload: (server, path, csv, token) =>
      request(`${at(server).url}${path}`, {
        method: 'POST',
        headers: { authorization: `Bearer ${token}`, 'content-type': 'text/csv' },
        body: csv,
      }),
    async deliver(server, { provider, path, body }) {
      const headers: Record<string, string> = { 'content-type': 'application/json' };
      if (provider === 'stripe') headers['stripe-signature'] = signatureOf(body, clock.nowMs());
      const answer = await request(`${at(server).url}${path}`, { method: 'POST', headers, body });
      return answer.status;
    },
    async bank(method, path, body, authorization) {
      const init = json(method, body, authorization === undefined ? {} : { authorization });
      const signal = AbortSignal.timeout(HAND_TIMEOUT_MS);
      try {
        return await request(`${bank.bankUrl}${path}`, { ...init, signal });
      } catch (error) {
        // Under the fault `timeoutAfterSuccess` it was done, and is never answered.
        if (signal.aborted) return { status: 504, body: null };
        throw error;
      }
    },
    async restart(server) {
      await at(server).close();
      servers[server] = await startServer();
    },
    async pass(ms, stepMs = 1_000) {
      for (let left = ms; left > 0; left -= stepMs) {
        clock.advance(Math.min(left, stepMs));
        await delay(REAL_PAUSE_MS);
      }
    },
    async close() {
      await Promise.all(servers.map((server) => server.close()));
      await bank.close();
      post.closeAllConnections();
      post.close();
      await database.close();
      rmSync(bankDir, { recursive: true, force: true });
    },
  };
  const addressOf = (name: string): string => {
    const provider = at(0).providers.find((each) => each.name === name);
    if (provider === undefined) throw new Error(`no provider ${name}`);
    return webhookUrl(postUrl, provider);
  };
  const settings: readonly (readonly [string, unknown])[] = [
    ['/pagarme/dashboard', { webhook: { url: addressOf('pagarme'), authentication: { kind: 'none' } } }],
    ['/appmax/dashboard', { webhook: { url: addressOf('appmax'), shape: 'standard' } }],
    ['/stripe/sim/settings', { webhook: { url: addressOf('stripe'), secret: STRIPE_SECRET } }],
  ];
  for (const [path, body] of settings) {
    const answer = await house.bank('PUT', path, body);
    if (answer.status !== 200) throw new Error(`${path}: ${JSON.stringify(answer.body)}`);
  }
  return house;
}

/** Signed at the moment of its sending, as Stripe does when it tries again. */
function signatureOf(body: string, nowMs: number): string {
  const seconds = Math.floor(nowMs / 1000);
  const signature = createHmac('sha256', STRIPE_SECRET).update(`${seconds}.${body}`).digest('hex');
  return `t=${seconds},v1=${signature}`;
}

function configFor(bank: Awaited<ReturnType<typeof startProviderSimulator>>): ServerConfig {
  const base = testConfig();
  const timeoutMs = 1_000;
  return {
    ...base,
    access: [
      ...base.access,
      { role: 'manager', tokenSha256: tokenHash(OTHER_MANAGER_TOKEN), merchantId: OTHER_MERCHANT_ID },
    ],
    providers: {
      national: [
        {
          provider: 'bacen-pix',
          baseUrl: bank.apiBaseUrl,
          tokenUrl: bank.tokenUrl,
          ...CLIENT,
          automatic: true,
          timeoutMs,
        },
        {
          provider: 'pagarme',
          baseUrl: `${bank.bankUrl}/pagarme/core/v5`,
          secretKey: PAGARME_SECRET_KEY,
          fallbackCustomer: { name: 'Clínica', email: 'a@b.example', cpf: CPF, phone: '5511999999999' },
          webhooks: { authentication: 'secret_address' },
          timeoutMs,
        },
        {
          provider: 'appmax',
          generation: 'v1',
          authUrl: `${bank.bankUrl}/appmax/auth`,
          apiUrl: `${bank.bankUrl}/appmax/api`,
          ...APPMAX_CLIENT,
          fallbackCustomer: {
            firstName: 'Clínica',
            lastName: 'Aurora',
            email: 'a@b.example',
            cpf: CPF,
            phone: '11999999999',
          },
          timeoutMs,
        },
      ],
      international: {
        provider: 'stripe',
        ...SIMULATED_KEYS,
        webhookSecrets: [STRIPE_SECRET],
        apiBaseUrl: bank.stripeUrl,
        scriptUrl: `${bank.stripeUrl}/js`,
        timeoutMs,
      },
    },
  };
}
