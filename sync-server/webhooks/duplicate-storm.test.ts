import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { ChargeRequest, ChargeResponse } from '../../domain/protocol/charges.ts';
import { systemClock } from '../../platform/system.ts';
import type { ServerContext } from '../context.ts';
import { type PaymentHouse, startPaymentHouse } from '../payments/testing/payment-house.ts';
import { chargeRequest, expectMoneyAddsUp, KIOSK, readPayment } from '../payments/testing/payment-steps.ts';
import { secretPath } from '../providers/secret-path.ts';
import { kioskAuthorization } from '../testing/kiosk-identity.ts';
import { openShopProcess, type ShopProcess } from '../testing/shop-process.ts';
import { webhookUrl } from './webhook-url.ts';

const CONNECTIONS = 32;

/** What the bank tells of one Pix; `round` makes another event of it, of the same charge. */
const notification = (txid: string, round: number): string =>
  JSON.stringify({
    pix: [
      {
        endToEndId: `E${String(round).padStart(31, '0')}`,
        txid,
        valor: '50.00',
        horario: '2026-03-10T15:00:00.000Z',
      },
    ],
  });

/** The same order for the same seed: whatever comes, comes again. */
function shuffled<T>(list: readonly T[], seed: number): T[] {
  let state = seed;
  const random = (): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state;
  };
  return list
    .map((item) => ({ item, at: random() }))
    .sort((a, b) => a.at - b.at)
    .map(({ item }) => item);
}

/** Posts them over so many connections, each again until it is taken, as a bank does. */
async function postAll(url: () => string, bodies: readonly string[]): Promise<void> {
  let next = 0;
  const one = async (): Promise<void> => {
    for (let body = bodies[next++]; body !== undefined; body = bodies[next++])
      for (;;) {
        const answer = await fetch(url(), {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body,
          signal: AbortSignal.timeout(5_000),
        }).catch(() => null);
        await answer?.arrayBuffer().catch(() => null);
        if (answer?.status === 200) break;
        await delay(20);
      }
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, one));
}

async function inboxOf({ db }: ServerContext): Promise<{ rows: number; deliveries: number; open: number }> {
  const [row] = await db.query<{ rows: number; deliveries: number; open: number }>(
    `SELECT count(*)::int AS rows, coalesce(sum(deliveries), 0)::int AS deliveries,
       count(*) FILTER (WHERE status = 'received')::int AS open
     FROM webhook_inbox`,
  );
  if (row === undefined) throw new Error('an aggregate has one row');
  return row;
}

const receiptsOf = async ({ db }: ServerContext): Promise<number> =>
  (await db.query('SELECT receipt_id FROM receipts')).length;

let house: PaymentHouse;
let shop: ShopProcess;

beforeAll(async () => {
  house = await startPaymentHouse();
  shop = await openShopProcess();
  await shop.start();
});
afterAll(async () => {
  await house.close();
  await shop.close();
});

test('10,000 webhooks of 50 charges, in any order: each Pix counted once, one row for each event', async () => {
  const CHARGES = 50;
  const EVENTS_OF_EACH = 4;
  const COPIES = 50;
  await house.faults({ webhook: 'lost' });
  const made: ChargeResponse[] = [];
  for (let index = 0; index < CHARGES; index += 1) {
    const answer = await house.post('/v1/charges', chargeRequest(house.context));
    expect(answer.status).toBe(200);
    made.push(answer.body as ChargeResponse);
  }
  for (const [index, { txid }] of made.entries()) await house.pay(txid, index % 10 === 0 ? 'twice' : 'exact');
  const events = made.flatMap(({ txid }) =>
    Array.from({ length: EVENTS_OF_EACH }, (_, round) => notification(txid, round)),
  );
  const bodies = shuffled(
    events.flatMap((event) => Array<string>(COPIES).fill(event)),
    1,
  );
  expect(bodies).toHaveLength(10_000);
  const heapBefore = process.memoryUsage().heapUsed;
  await postAll(() => `${webhookUrl(house.serverUrl, house.provider)}/pix`, bodies);
  await house.until(async () => (await inboxOf(house.context)).open === 0, 300_000);
  expect(await inboxOf(house.context)).toEqual({ rows: events.length, deliveries: bodies.length, open: 0 });
  // Nothing of a webhook stays in memory: of 10,000 at 200 bytes and their requests this would be tens of megabytes.
  expect(process.memoryUsage().heapUsed - heapBefore).toBeLessThan(256 * 1024 * 1024);
  await house.until(async () => {
    const all = await Promise.all(made.map(({ sessionId }) => readPayment(house.context, sessionId)));
    return all.every(
      ({ confirmations, refunds }) =>
        confirmations === 1 && refunds.every(({ status }) => status === 'settled'),
    );
  }, 300_000);
  expect(await receiptsOf(house.context)).toBe(CHARGES + CHARGES / 10);
  await expectMoneyAddsUp(house.context);
});

test('2,000 webhooks of 20 charges while the server is killed three times: the same', async () => {
  const CHARGES = 20;
  const COPIES = 100;
  const requests: ChargeRequest[] = [];
  for (let index = 0; index < CHARGES; index += 1) {
    const request = chargeRequest(shop.context);
    const answer = await fetch(`${shop.url}/v1/charges`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...kioskAuthorization(KIOSK.kioskId, systemClock) },
      body: JSON.stringify(request),
    });
    expect(answer.status).toBe(200);
    requests.push(request);
  }
  const bank = async (method: string, path: string, body: unknown): Promise<void> => {
    const answer = await fetch(`${shop.bank.bankUrl}${path}`, {
      method,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    expect(answer.status).toBe(200);
  };
  await bank('PUT', '/bank/faults', { webhook: 'lost' });
  for (const { txid } of requests) await bank('POST', '/bank/payments', { txid, mode: 'exact' });
  const bodies = shuffled(
    requests.flatMap(({ txid }) => Array<string>(COPIES).fill(notification(txid, 0))),
    2,
  );
  const path = `/v1/webhooks/bacen-pix/${secretPath('not-a-secret', 'shop')}/pix`;
  const posting = postAll(() => `${shop.url}${path}`, bodies);
  for (let kill = 0; kill < 3; kill += 1) {
    await delay(150 + kill * 100);
    await shop.kill();
    await shop.start();
  }
  await posting;
  await expect
    .poll(
      async () => {
        const all = await Promise.all(requests.map(({ sessionId }) => readPayment(shop.context, sessionId)));
        return all.filter(({ confirmations }) => confirmations !== 1).length;
      },
      { timeout: 60_000, interval: 200 },
    )
    .toBe(0);
  await expect
    .poll(async () => (await inboxOf(shop.context)).open, { timeout: 60_000, interval: 200 })
    .toBe(0);
  const inbox = await inboxOf(shop.context);
  expect(inbox.rows).toBe(CHARGES);
  // One that was stored, and whose answer a kill swallowed, was sent once more.
  expect(inbox.deliveries).toBeGreaterThanOrEqual(bodies.length);
  expect(await receiptsOf(shop.context)).toBe(CHARGES);
  await expectMoneyAddsUp(shop.context);
});
