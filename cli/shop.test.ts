import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { silentLog } from '../platform/log.ts';
import { systemClock, systemRandom } from '../platform/system.ts';
import { type ProviderSimulator, startProviderSimulator } from '../simulators/provider/provider.ts';
import {
  DEMO_KIOSK_ID,
  DEMO_MERCHANT_ID,
  DEMO_SERVICES,
  DEMO_UNIT_ID,
} from '../sync-server/catalog/demo-shop.ts';
import { auditLedger } from '../sync-server/ledger/audit-ledger.ts';
import { chargeRequest } from '../sync-server/payments/testing/payment-steps.ts';
import { type RunningServer, startServer } from '../sync-server/server.ts';
import { readEvents } from '../sync-server/testing/event-reader.ts';
import { enrolTestKiosks, kioskToken } from '../sync-server/testing/kiosk-identity.ts';
import { MANAGER_TOKEN, testConfig } from '../sync-server/testing/test-context.ts';
import { createTestDatabase, type TestDatabase } from '../sync-server/testing/test-database.ts';
import { totem } from './testing/command-line.ts';

/** A whole server, its bank, and another bank on trial, all over real HTTP. */
const CLIENT = { clientId: 'shop', clientSecret: 'not-a-secret' };
const folders: string[] = [];
let database: TestDatabase;
let bank: ProviderSimulator;
let sandbox: ProviderSimulator;
let server: RunningServer;
const [SERVICE] = DEMO_SERVICES;
const EVENTUALLY = { timeout: 60_000, interval: 50 };

async function startBank(): Promise<ProviderSimulator> {
  const dataDir = mkdtempSync(join(tmpdir(), 'totem-shop-bank-'));
  folders.push(dataDir);
  const clock = systemClock;
  const randomBytes = systemRandom;
  return startProviderSimulator({
    host: '127.0.0.1',
    port: 0,
    dataDir,
    ...CLIENT,
    clock,
    randomBytes,
    log: silentLog,
  });
}
const settingsOf = ({ apiBaseUrl: baseUrl, tokenUrl }: ProviderSimulator) => ({
  provider: 'bacen-pix',
  baseUrl,
  tokenUrl,
  ...CLIENT,
});

beforeAll(async () => {
  database = await createTestDatabase();
  [bank, sandbox] = await Promise.all([startBank(), startBank()]);
  const dataDir = mkdtempSync(join(tmpdir(), 'totem-shop-'));
  folders.push(dataDir);
  const providers = {
    national: [settingsOf(bank)],
    international: null,
    shadow: [{ ...settingsOf(sandbox), sandbox: true as const }],
  };
  const config = testConfig({ dataDir, databaseUrl: database.url, providers });
  server = await startServer(config, { clock: systemClock, randomBytes: systemRandom, log: silentLog });
  await enrolTestKiosks(database.db, Date.now());
});
afterAll(async () => {
  await server.close();
  await Promise.all([bank.close(), sandbox.close()]);
  await database.close();
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

async function run(...args: string[]) {
  const access = ['--server', server.urls.syncServer, '--token', MANAGER_TOKEN, '--json'];
  const { out, exitCode } = await totem(...args, ...access);
  const answer = JSON.parse(out) as { ok: boolean; code?: string; message?: string; data: never };
  return { exitCode, ...answer };
}
async function charge(amountCents: number) {
  const request = chargeRequest({ clock: systemClock, randomBytes: systemRandom }, { amountCents });
  const response = await fetch(`${server.urls.syncServer}/v1/charges`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      authorization: `Bearer ${kioskToken(DEMO_KIOSK_ID, systemClock)}`,
    },
    body: JSON.stringify(request),
  });
  return { status: response.status, request, body: (await response.json()) as never };
}

test('a price changed at the desk, now or at its moment, reaches the totem by itself and the old one is refused', async () => {
  const feed = await readEvents(`${server.urls.syncServer}/v1/feed?after=1`, {
    authorization: `Bearer ${kioskToken(DEMO_KIOSK_ID, systemClock)}`,
  });
  await feed.next();
  const nextPrice = async (): Promise<number> => {
    const entry = JSON.parse((await feed.next()).data) as {
      payload: { catalog: { services: { serviceId: string; amountCents: number }[] } };
    };
    const services = entry.payload.catalog.services;
    return services.find(({ serviceId }) => serviceId === SERVICE.serviceId)?.amountCents ?? 0;
  };
  expect(await run('catalog', 'service-price', SERVICE.serviceId, '--cents', '5100')).toMatchObject({
    exitCode: 0,
  });
  expect(await nextPrice()).toBe(5_100);
  expect(await charge(5_000)).toMatchObject({
    status: 409,
    body: { error: { code: 'amount_not_in_catalog' } },
  });
  const from = new Date(Date.now() + 1_500).toISOString();
  await run('catalog', 'service-price', SERVICE.serviceId, '--cents', '5000', '--from', from);
  expect(await run('catalog', 'list', DEMO_UNIT_ID)).toMatchObject({
    data: { services: expect.arrayContaining([expect.objectContaining({ planned: [expect.anything()] })]) },
  });
  expect(await nextPrice()).toBe(5_000);
  feed.close();
  expect(await run('catalog', 'service-history', SERVICE.serviceId)).toMatchObject({
    data: { planned: [{ status: 'applied' }], prices: [{ version: 3 }, { version: 2 }, { version: 1 }] },
  });
});

test('a unit and a service are made, changed, and taken off sale', async () => {
  const made = await run(
    'catalog',
    'unit-add',
    '--name',
    'Unidade Sul',
    '--city',
    'Santos',
    '--counter',
    'Sala 1',
    'Sala 2',
  );
  const { units } = made.data as { units: { unitId: string; name: string }[] };
  const unitId = units.find(({ name }) => name === 'Unidade Sul')?.unitId ?? '';
  expect(await run('catalog', 'unit-change', unitId, '--city', 'São Vicente')).toMatchObject({ ok: true });
  const add = ['catalog', 'service-add', unitId, '--name', 'Raio X', '--prefix', 'R', '--cents', '8000'];
  const added = await run(...add, '--minutes', '15', '--pay-at-counter', 'yes');
  expect(added).toMatchObject({
    data: { services: [{ estimatedMinutes: 15, payAtCounter: true, pix: true }] },
  });
  const { services } = added.data as { services: { serviceId: string }[] };
  const serviceId = services[0]?.serviceId ?? '';
  expect(await run(...add)).toMatchObject({ code: 'prefix_taken', exitCode: 1 });
  expect(await run('catalog', 'service-change', serviceId, '--pix', 'maybe')).toMatchObject({
    code: 'invalid_request',
  });
  expect(await run('catalog', 'service-change', serviceId, '--pix', 'no')).toMatchObject({ ok: true });
  expect(await run('catalog', 'service-off', serviceId)).toMatchObject({
    data: { services: [{ active: false }] },
  });
  expect(await run('catalog', 'service-on', serviceId)).toMatchObject({
    data: { services: [{ active: true }] },
  });
  const { out } = await totem(
    'catalog',
    'list',
    unitId,
    '--server',
    server.urls.syncServer,
    '--token',
    MANAGER_TOKEN,
  );
  expect(out).toContain('80.00 BRL  counter');
});

test('a sale is divided, mirrored to the sandbox, paid and partly sent back; one command tells all of it', async () => {
  await run('splits', 'recipient', 'plataforma', '--name', 'Plataforma', '--kind', 'platform');
  expect(await run('splits', 'recipient', 'x', '--name', 'X', '--provider-id', 'bacen-pix=1')).toMatchObject({
    code: 'provider_unknown',
  });
  expect(await run('splits', 'add', 'plataforma', '--percent', '2.55', '--cents', '30')).toMatchObject({
    data: { rules: [{ percentBp: 255, fixedCents: 30 }] },
  });
  expect(await run('routing', 'shadow', 'bacen-pix', '--percent', '100')).toMatchObject({
    data: { shadows: [{ provider: 'bacen-pix', shareBp: 10_000 }] },
  });
  const { request, status } = await charge(5_000);
  expect(status).toBe(200);
  const paid = await fetch(`${bank.bankUrl}/bank/payments`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ txid: request.txid, mode: 'exact' }),
  });
  expect(paid.status).toBe(200);
  const show = () => run('transactions', 'show', request.txid);
  await vi.waitFor(
    async () => expect(await show()).toMatchObject({ data: { status: 'SUCCEEDED' } }),
    EVENTUALLY,
  );
  expect((await run('splits', 'list')).data).toMatchObject({
    recipients: [{ payable: [{ currency: 'BRL', amountCents: 157 }] }],
  });
  const pay = (...args: string[]) => run('splits', 'pay', 'plataforma', '--by', 'Financeiro', ...args);
  expect(await pay('--cents', '158')).toMatchObject({ code: 'more_than_owed' });
  const { payoutId } = (await pay('--cents', '100', '--note', 'TED 1')).data as { payoutId: string };
  expect((await run('splits', 'payouts', '--recipient', 'plataforma')).data).toMatchObject({
    payouts: [{ payoutId, amountCents: 100, provider: null, by: 'Financeiro', note: 'TED 1' }],
  });
  expect(await run('splits', 'reverse', payoutId, '--by', 'Gestor')).toMatchObject({
    data: { reversedBy: 'Gestor' },
  });
  const { transactionId } = (await show()).data as { transactionId: string };
  await run('refunds', 'create', '--transaction', transactionId, '--cents', '2500', '--note', 'Metade');
  await vi.waitFor(
    async () => expect(await show()).toMatchObject({ data: { status: 'PARTIALLY_REFUNDED' } }),
    EVENTUALLY,
  );
  expect((await show()).data).toMatchObject({
    attempts: [{ attempt: 1, provider: 'bacen-pix', outcome: 'created' }],
    transitions: [
      { from: null, to: 'CREATED' },
      { to: 'PENDING' },
      { to: 'SUCCEEDED' },
      { to: 'PARTIALLY_REFUNDED' },
    ],
    receipts: [{ amountCents: 5_000, disposition: 'settles' }],
    refunds: [{ amountCents: 2_500, status: 'settled', reason: 'requested', note: 'Metade' }],
    disputes: [],
    splits: [{ recipient: 'plataforma', amountCents: 157, returnedCents: 78 }],
  });
  expect(await run('transactions', 'show', crypto.randomUUID())).toMatchObject({
    code: 'unknown_transaction',
  });
  expect((await auditLedger(database.db)).findings).toEqual([]);

  const report = () => run('routing', 'shadow-report');
  await vi.waitFor(
    async () => expect(await report()).toMatchObject({ data: { providers: [{ mirrored: 1, leftOpen: 0 }] } }),
    EVENTUALLY,
  );
  expect(await report()).toMatchObject({ data: { providers: [{ outcomes: { same: 1 } }], examples: [] } });
  const { charges } = (await (await fetch(`${sandbox.bankUrl}/bank/charges?limit=10`)).json()) as {
    charges: { txid: string; state: string }[];
  };
  expect(charges).toMatchObject([{ txid: expect.stringMatching(/^SHADOW/), state: 'removed' }]);
});

test('rules of routing are made, explained and ended', async () => {
  expect(await run('routing', 'add', 'stripe')).toMatchObject({ code: 'provider_unknown' });
  expect(await run('routing', 'add', 'bacen-pix', '--from', '8h')).toMatchObject({ code: 'invalid_request' });
  const added = await run(
    'routing',
    'add',
    'bacen-pix',
    '--from',
    '22:00',
    '--until',
    '06:00',
    '--min-cents',
    '100',
  );
  const { rules } = added.data as { rules: { ruleId: string }[] };
  expect(rules).toMatchObject([{ fromMinute: 1_320, untilMinute: 360 }]);
  const explain = ['routing', 'explain', '--unit', DEMO_UNIT_ID, '--cents', '5000', '--at'];
  expect(await run(...explain, '2026-06-10T23:00-03:00')).toMatchObject({
    data: { localTime: '23:00', rules: [{ miss: null }], first: [{ provider: 'bacen-pix', chance: 1 }] },
  });
  expect(await run(...explain, '2026-06-10T12:00-03:00')).toMatchObject({
    data: { rules: [{ miss: 'other_time' }] },
  });
  expect(await run('routing', 'remove', rules[0]?.ruleId ?? '')).toMatchObject({ data: { rules: [] } });
});

test('a merchant is made in the database itself, once', async () => {
  const merchantId = crypto.randomUUID();
  const add = (name: string, key = 'loja@example.com') =>
    totem(
      'catalog',
      'merchant-add',
      '--name',
      name,
      '--pix-key',
      key,
      '--merchant-id',
      merchantId,
      '--database-url',
      database.url,
    );
  expect(await add('Padaria', 'no key!')).toMatchObject({ exitCode: 1 });
  expect(await add('Padaria')).toMatchObject({ exitCode: 0, out: expect.stringContaining(merchantId) });
  expect(await add('Padaria')).toMatchObject({ exitCode: 0 });
  expect(await add('Outra')).toMatchObject({
    exitCode: 1,
    err: expect.stringContaining('merchant_conflict'),
  });
  const merchants = await database.db.query('SELECT name, late_money FROM merchants WHERE merchant_id = $1', [
    merchantId,
  ]);
  expect(merchants).toEqual([{ name: 'Padaria', late_money: 'ticket' }]);
  expect(merchantId).not.toBe(DEMO_MERCHANT_ID);
});
