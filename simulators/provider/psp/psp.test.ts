import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Clock } from '../../../domain/clock.ts';
import { silentLog } from '../../../platform/log.ts';
import { systemClock, systemRandom } from '../../../platform/system.ts';
import { eventually } from '../../../platform/testing/eventually.ts';
import { ManualClock } from '../../../platform/testing/manual-clock.ts';
import { PAGARME_SECRET_KEY } from '../pagarme/pagarme.ts';
import { type ProviderSimulator, startProviderSimulator } from '../provider.ts';

const DAY_MS = 24 * 60 * 60_000;

let dataDir: string;
let running: ProviderSimulator;
let receiver: Server;
let received: { readonly type: string; readonly data: { readonly code: string; readonly status: string } }[];
let answer: number;

beforeEach(async () => {
  dataDir = mkdtempSync(join(tmpdir(), 'totem-psp-'));
  received = [];
  answer = 200;
  receiver = createServer(async (request, response) => {
    const body = JSON.parse(await text(request)) as (typeof received)[number];
    if (answer === 200) received.push(body);
    response.writeHead(answer).end();
  });
  await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
});
afterEach(async () => {
  await running.close();
  receiver.close();
  receiver.closeAllConnections();
  rmSync(dataDir, { recursive: true });
});

async function start(clock: Clock = systemClock): Promise<void> {
  running = await startProviderSimulator({
    host: '127.0.0.1',
    port: 0,
    dataDir,
    clientId: 'totem',
    clientSecret: 'secret',
    clock,
    randomBytes: systemRandom,
    log: silentLog,
  });
}

async function call(
  method: string,
  path: string,
  body?: unknown,
  headers: Record<string, string> = {},
): Promise<{ readonly status: number; readonly body: Record<string, unknown> }> {
  const basic = Buffer.from(`${PAGARME_SECRET_KEY}:`).toString('base64');
  const response = await fetch(`${running.bankUrl}${path}`, {
    method,
    headers: { 'content-type': 'application/json', authorization: `Basic ${basic}`, ...headers },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

function orderBody(change: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    code: 'order-1',
    items: [{ code: 'a', amount: 1_000, quantity: 1, description: 'Consulta' }],
    customer: {
      name: 'Maria',
      email: 'maria@example.com',
      type: 'individual',
      document: '52998224725',
      phones: { mobile_phone: { country_code: '55', area_code: '11', number: '999999999' } },
    },
    payments: [{ payment_method: 'pix', pix: { expires_in: 300 } }],
    ...change,
  };
}
const post = (body: unknown, key: string) =>
  call('POST', '/pagarme/core/v5/orders', body, { 'idempotency-key': key });

test('orders and owed webhooks outlive the process', async () => {
  await start();
  answer = 500;
  const url = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}`;
  await call('PUT', '/pagarme/dashboard', { webhook: { url, authentication: { kind: 'hub_signature' } } });
  const made = await post(orderBody(), 'k');
  await running.close();
  answer = 200;
  await start();
  const read = await call('GET', `/pagarme/core/v5/orders/${made.body['id']}`);
  expect(read.body).toEqual(made.body);
  await eventually(() =>
    expect(received.map(({ type }) => type).sort()).toEqual(['charge.pending', 'order.created']),
  );
});

test('a key gives the first answer for 24 hours, and is case-sensitive', async () => {
  const clock = new ManualClock();
  await start(clock);
  const first = await post(orderBody(), 'Key');
  expect((await post(orderBody(), 'Key')).body['id']).toBe(first.body['id']);
  expect((await post(orderBody(), 'key')).body['id']).not.toBe(first.body['id']);
  clock.advance(DAY_MS);
  expect((await post(orderBody(), 'Key')).body['id']).not.toBe(first.body['id']);
  const { body } = await call('GET', '/pagarme/core/v5/orders?code=order-1');
  expect(body['paging']).toEqual({ total: 3 });
});

test('an order that cannot be is refused, and a stranger too', async () => {
  await start();
  const customer = { ...(orderBody()['customer'] as object), document: '12345678900' };
  const split = [{ recipient_id: 're_1', amount: 999, type: 'flat' }];
  for (const change of [
    { customer },
    { customer: undefined },
    { payments: [{ payment_method: 'pix', amount: 1, pix: { expires_in: 300 } }] },
    { payments: [{ payment_method: 'pix', pix: { expires_in: 300 }, split }] },
  ])
    expect((await post(orderBody(change), 'k')).status).toBe(422);
  const stranger = await call('GET', '/pagarme/core/v5/orders', undefined, { authorization: 'Basic x' });
  expect(stranger.status).toBe(401);
});

test('a charge that nobody pays is expired when its time has come', async () => {
  const clock = new ManualClock();
  await start(clock);
  const made = await post(orderBody(), 'k');
  clock.advance(300_000);
  const { body } = await call('GET', `/pagarme/core/v5/orders/${made.body['id']}`);
  expect(body).toMatchObject({ status: 'failed', charges: [{ last_transaction: { status: 'expired' } }] });
});
