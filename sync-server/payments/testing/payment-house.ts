import { mkdtempSync, rmSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { silentLog } from '../../../platform/log.ts';
import { systemClock } from '../../../platform/system.ts';
import { ManualClock } from '../../../platform/testing/manual-clock.ts';
import { type ProviderSimulator, startProviderSimulator } from '../../../simulators/provider/provider.ts';
import { DEMO_KIOSK_ID } from '../../catalog/demo-shop.ts';
import type { ServerContext } from '../../context.ts';
import { createApp } from '../../http/app.ts';
import { createBacenPixProvider } from '../../providers/bacen-pix/bacen-pix.ts';
import type { NationalProvider } from '../../providers/provider.ts';
import { registerRoutes } from '../../server.ts';
import { kioskToken } from '../../testing/kiosk-identity.ts';
import { seedShop, testConfig, testContext } from '../../testing/test-context.ts';
import { createTestDatabase } from '../../testing/test-database.ts';
import { startTicketMarker } from '../mark-tickets.ts';
import { type PaymentWorkers, startPaymentWorkers } from '../payment-workers.ts';
import type { LyingBank } from './lying-bank.ts';

const CLIENT = { clientId: 'shop', clientSecret: 'not-a-secret' };
/** Of one call to the simulated bank: short, because the tests that cut it wait for it. */
const PROVIDER_TIMEOUT_MS = 400;

/** The money side of the server on real HTTP and PostgreSQL, with the simulated bank beside it and time by hand. */
export interface PaymentHouse {
  readonly context: ServerContext;
  readonly clock: ManualClock;
  readonly provider: NationalProvider;
  readonly serverUrl: string;
  readonly workers: PaymentWorkers<NationalProvider>;
  post(path: string, body: unknown, token?: string): Promise<{ status: number; body: unknown }>;
  get(path: string, token: string): Promise<{ status: number; body: unknown }>;
  pay(txid: string, mode: string, amountCents?: number): Promise<void>;
  faults(faults: Record<string, unknown>): Promise<void>;
  bankCharges(): Promise<readonly { readonly txid: string }[]>;
  /** Moves the time on, a quarter of a second at a time, until `condition` holds. */
  until(condition: () => Promise<boolean>, maxMs?: number): Promise<void>;
  restartBank(): Promise<void>;
  stopBank(): Promise<void>;
  close(): Promise<void>;
}

/** @param between puts somebody between server and bank, who is reached in the bank's place */
export async function startPaymentHouse(
  between: (bankUrl: string) => Promise<Pick<LyingBank, 'url' | 'close'>> = async (url) => ({
    url,
    close: async () => undefined,
  }),
): Promise<PaymentHouse> {
  const database = await createTestDatabase();
  const clock = new ManualClock();
  await seedShop(database.db, clock.nowMs());
  const dataDir = mkdtempSync(join(tmpdir(), 'totem-bank-'));
  const startBank = (port: number): Promise<ProviderSimulator> =>
    startProviderSimulator({
      host: '127.0.0.1',
      port,
      dataDir,
      ...CLIENT,
      clock,
      randomBytes: (count) => crypto.getRandomValues(new Uint8Array(count)),
      log: silentLog,
    });
  let bank: ProviderSimulator | null = await startBank(0);
  const { bankUrl, apiBaseUrl, tokenUrl } = bank;
  const reached = await between(bankUrl);
  const pix = {
    baseUrl: apiBaseUrl.replace(bankUrl, reached.url),
    tokenUrl: tokenUrl.replace(bankUrl, reached.url),
    ...CLIENT,
    expiresSeconds: 300,
    simulatorBankUrl: bankUrl,
  };
  const context: ServerContext = testContext({ db: database.db, clock, config: testConfig({ pix }) });
  // Sockets live in real time: a call to the bank is not cut by a test that moves the clock.
  const bankClock = {
    nowMs: () => clock.nowMs(),
    monotonicMs: () => clock.monotonicMs(),
    schedule: systemClock.schedule,
  };
  const provider = createBacenPixProvider({ ...pix, timeoutMs: PROVIDER_TIMEOUT_MS }, bankClock);
  const workers = startPaymentWorkers(context, provider);
  const marker = startTicketMarker(context);
  const app = await createApp(context);
  await registerRoutes(app, context, { national: [workers], international: null });
  await app.listen({ host: '127.0.0.1', port: 0 });
  const serverUrl = `http://127.0.0.1:${(app.server.address() as AddressInfo).port}`;
  workers.registerWebhook(serverUrl);

  async function request(url: string, init: RequestInit): Promise<{ status: number; body: unknown }> {
    const response = await fetch(url, init);
    return { status: response.status, body: await response.json() };
  }
  const json = (method: string, body: unknown, headers: Record<string, string> = {}): RequestInit => ({
    method,
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });

  const house: PaymentHouse = {
    context,
    clock,
    provider,
    serverUrl,
    workers,
    post: (path, body, token = kioskToken(DEMO_KIOSK_ID, clock)) =>
      request(`${serverUrl}${path}`, json('POST', body, { authorization: `Bearer ${token}` })),
    get: (path, token) => request(`${serverUrl}${path}`, { headers: { authorization: `Bearer ${token}` } }),
    async pay(txid, mode, amountCents) {
      const answer = await request(`${bankUrl}/bank/payments`, json('POST', { txid, mode, amountCents }));
      if (answer.status !== 200) throw new Error(`the bank refused: ${JSON.stringify(answer.body)}`);
    },
    async faults(faults) {
      const answer = await request(`${bankUrl}/bank/faults`, json('PUT', faults));
      if (answer.status !== 200) throw new Error(`no such fault: ${JSON.stringify(answer.body)}`);
    },
    bankCharges: async () =>
      ((await request(`${bankUrl}/bank/charges?limit=100`, {})).body as { charges: { txid: string }[] })
        .charges,
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
    async stopBank() {
      await bank?.close();
      bank = null;
    },
    async restartBank() {
      await bank?.close();
      bank = await startBank(Number(new URL(bankUrl).port));
    },
    async close() {
      await workers.stop();
      await marker.stop();
      await app.close();
      await reached.close();
      await bank?.close();
      await database.close();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
  await house.until(async () => {
    const token = await fetch(tokenUrl, {
      method: 'POST',
      headers: { authorization: `Basic ${Buffer.from('shop:not-a-secret').toString('base64')}` },
      body: new URLSearchParams({ grant_type: 'client_credentials' }),
    });
    const { access_token } = (await token.json()) as { access_token: string };
    const answer = await request(`${apiBaseUrl}/webhook/7d9f0335-8dcc-4054-9bf9-0dbd61d36906`, {
      headers: { authorization: `Bearer ${access_token}` },
    });
    return answer.status === 200;
  });
  return house;
}
