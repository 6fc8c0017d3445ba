import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { ChargeRequest } from '../../domain/protocol/charges.ts';
import { silentLog } from '../../platform/log.ts';
import type { ServiceMessage } from '../../platform/service.ts';
import { systemClock, systemRandom } from '../../platform/system.ts';
import { type ProviderSimulator, startProviderSimulator } from '../../simulators/provider/provider.ts';
import type { ServerContext } from '../context.ts';
import { kioskAuthorization } from '../testing/kiosk-identity.ts';
import { seedShop, testContext } from '../testing/test-context.ts';
import { createTestDatabase, type TestDatabase } from '../testing/test-database.ts';
import { chargeRequest, expectMoneyAddsUp, KIOSK, readPayment } from './testing/payment-steps.ts';

const CLIENT = { clientId: 'shop', clientSecret: 'not-a-secret' };
const SALES = 24;
const KILLS = 4;

let folder: string;
let database: TestDatabase;
let bank: ProviderSimulator;
let context: ServerContext;
let server: ChildProcess | undefined;
let serverUrl = '';
let port = '0';

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'totem-crash-'));
  writeFileSync(join(folder, 'access.json'), '[]');
  database = await createTestDatabase();
  await seedShop(database.db, systemClock.nowMs());
  context = testContext({ db: database.db, clock: systemClock });
  bank = await startProviderSimulator({
    host: '127.0.0.1',
    port: 0,
    dataDir: join(folder, 'bank'),
    ...CLIENT,
    clock: systemClock,
    randomBytes: systemRandom,
    log: silentLog,
  });
  await startServer();
});
afterAll(async () => {
  await killServer();
  await bank.close();
  await database.close();
  rmSync(folder, { recursive: true, force: true });
});

/** The real process, on one port for all of its lives: that is where the bank sends its callbacks. */
async function startServer(): Promise<void> {
  server = fork('sync-server/main.ts', {
    execArgv: [],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    env: {
      ...process.env,
      TOTEM_LOG: 'silent',
      TOTEM_SERVER_PORT: port,
      TOTEM_DATA_DIR: join(folder, 'server'),
      DATABASE_URL: database.url,
      TOTEM_ACCESS_FILE: join(folder, 'access.json'),
      TOTEM_PIX_BASE_URL: bank.apiBaseUrl,
      TOTEM_PIX_TOKEN_URL: bank.tokenUrl,
      TOTEM_PIX_CLIENT_ID: CLIENT.clientId,
      TOTEM_PIX_CLIENT_SECRET: CLIENT.clientSecret,
    },
  });
  const [message] = (await once(server, 'message')) as [ServiceMessage];
  if (message.kind !== 'ready') throw new Error(message.message);
  serverUrl = message.addresses['syncServer'] ?? '';
  port = new URL(serverUrl).port;
}

async function killServer(): Promise<void> {
  if (server === undefined) return;
  const gone = once(server, 'close');
  server.kill('SIGKILL');
  await gone;
  server = undefined;
}

/** As a kiosk does: the same session again, until there is a charge. */
async function chargeWithPatience(request: ChargeRequest): Promise<void> {
  for (let attempt = 0; attempt < 100; attempt += 1) {
    const response = await fetch(`${serverUrl}/v1/charges`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...kioskAuthorization(KIOSK.kioskId, systemClock) },
      body: JSON.stringify(request),
      signal: AbortSignal.timeout(3_000),
    }).catch(() => undefined);
    if (response?.status === 200) return;
    await delay(100);
  }
  throw new Error(`no charge for ${request.sessionId}`);
}

async function sell(index: number): Promise<{ sessionId: string; pix: number }> {
  const request = chargeRequest(context);
  await chargeWithPatience(request);
  const mode = index % 5 === 0 ? 'twice' : 'exact';
  const paid = await fetch(`${bank.bankUrl}/bank/payments`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ txid: request.txid, mode }),
  });
  expect(paid.status).toBe(200);
  return { sessionId: request.sessionId, pix: mode === 'twice' ? 2 : 1 };
}

test(`${SALES} sales while the server is killed ${KILLS} times: each paid once, each Pix accounted for`, async () => {
  const selling = (async () => {
    const sales: { sessionId: string; pix: number }[] = [];
    const sellers = Array.from({ length: 4 }, async (_, seller) => {
      for (let index = seller; index < SALES; index += 4) {
        sales.push(await sell(index));
        await delay(60);
      }
    });
    await Promise.all(sellers);
    return sales;
  })();
  for (let kill = 0; kill < KILLS; kill += 1) {
    await delay(150 + kill * 130);
    await killServer();
    await startServer();
  }
  const sales = await selling;
  expect(sales).toHaveLength(SALES);

  const isDone = async (sale: { sessionId: string; pix: number }): Promise<boolean> => {
    const stored = await readPayment(context, sale.sessionId);
    const settled = stored.refunds.filter((refund) => refund.status === 'settled').length;
    return stored.confirmations === 1 && settled === sale.pix - 1;
  };
  await expect
    .poll(async () => (await Promise.all(sales.map(isDone))).filter((done) => !done).length, {
      timeout: 60_000,
      interval: 250,
    })
    .toBe(0);
  await expectMoneyAddsUp(context);
}, 120_000);
