import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { ChargeRequest } from '../../domain/protocol/charges.ts';
import { systemClock } from '../../platform/system.ts';
import { kioskAuthorization } from '../testing/kiosk-identity.ts';
import { openShopProcess, type ShopProcess } from '../testing/shop-process.ts';
import { chargeRequest, expectMoneyAddsUp, KIOSK, readPayment } from './testing/payment-steps.ts';

const SALES = 24;
const KILLS = 4;

let shop: ShopProcess;

beforeAll(async () => {
  shop = await openShopProcess();
  await shop.start();
});
afterAll(() => shop.close());

/** As a kiosk does: the same session again, until there is a charge. */
async function chargeWithPatience(request: ChargeRequest): Promise<void> {
  for (let attempt = 0; attempt < 100; attempt += 1) {
    const response = await fetch(`${shop.url}/v1/charges`, {
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
  const request = chargeRequest(shop.context);
  await chargeWithPatience(request);
  const mode = index % 5 === 0 ? 'twice' : 'exact';
  const paid = await fetch(`${shop.bank.bankUrl}/bank/payments`, {
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
    await shop.kill();
    await shop.start();
  }
  const sales = await selling;
  expect(sales).toHaveLength(SALES);

  const isDone = async (sale: { sessionId: string; pix: number }): Promise<boolean> => {
    const stored = await readPayment(shop.context, sale.sessionId);
    const settled = stored.refunds.filter((refund) => refund.status === 'settled').length;
    return stored.confirmations === 1 && settled === sale.pix - 1;
  };
  await expect
    .poll(async () => (await Promise.all(sales.map(isDone))).filter((done) => !done).length, {
      timeout: 60_000,
      interval: 250,
    })
    .toBe(0);
  await expectMoneyAddsUp(shop.context);
});
