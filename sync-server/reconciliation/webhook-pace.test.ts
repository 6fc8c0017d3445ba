import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { ManualClock } from '../../platform/testing/manual-clock.ts';
import { DEMO_MERCHANT_ID } from '../catalog/demo-shop.ts';
import type { ServerContext } from '../context.ts';
import { checkCharge } from '../payments/check-charge.ts';
import { chargeCreator } from '../payments/create-charge.ts';
import { findBySession } from '../payments/payment-transaction.ts';
import { ModelBank } from '../payments/testing/model-bank.ts';
import { chargeRequest, KIOSK, SERVICE } from '../payments/testing/payment-steps.ts';
import { onlyProvider } from '../routing/charge-router.ts';
import { seedShop, testContext } from '../testing/test-context.ts';
import { createTestDatabase, type TestDatabase } from '../testing/test-database.ts';
import { startInboxProcessor } from '../webhooks/processor.ts';
import { askingPace, readWebhookPace } from './webhook-pace.ts';

let database: TestDatabase;
let clock: ManualClock;
let context: ServerContext;
let bank: ModelBank;

beforeAll(async () => {
  database = await createTestDatabase();
  clock = new ManualClock();
  context = testContext({ db: database.db, clock });
  await seedShop(database.db, clock.nowMs());
  bank = new ModelBank(clock);
});
beforeEach(async () => {
  // A window holds the newest fifty: each test starts with its own.
  await database.db.query("UPDATE receipts SET provider = 'another'");
});
afterAll(() => database.close());

/** A sale whose webhook comes so long after the payment, and whose poll sees it first where that is asked for. */
async function sale(webhookAfterMs: number | null, isPolledFirst = false): Promise<void> {
  const request = chargeRequest(context);
  await chargeCreator(context, onlyProvider(bank))(KIOSK, request);
  bank.pay(request.txid, SERVICE.amountCents);
  if (isPolledFirst) await poll(request.sessionId);
  if (webhookAfterMs === null) return poll(request.sessionId);
  clock.advance(webhookAfterMs);
  await context.db.query(
    `INSERT INTO webhook_inbox (inbox_id, provider, dedupe_key, received_at, body, headers, status, next_attempt_at)
     VALUES (gen_random_uuid(), 'bacen-pix', gen_random_uuid(), $1, $2, '{}', 'received', $1)`,
    [new Date(clock.nowMs()), Buffer.from(request.txid)],
  );
  await startInboxProcessor(context, bank).stop();
}

async function poll(sessionId: string): Promise<void> {
  const payment = await findBySession(context.db, DEMO_MERCHANT_ID, sessionId);
  if (payment === undefined) throw new Error('no payment');
  await checkCharge(context, bank, payment, 'poll');
}

const pace = () => readWebhookPace(context.db, 'bacen-pix', clock.nowMs());
/** After its creation a new charge is first looked at. */
async function firstCheckMs(): Promise<number> {
  const request = chargeRequest(context);
  await chargeCreator(context, onlyProvider(bank))(KIOSK, request);
  const [row] = await context.db.query<{ ms: number }>(
    `SELECT (extract(epoch FROM next_check_at - created_at) * 1000)::float8 AS ms FROM payment_transactions
     WHERE session_id = $1`,
    [request.sessionId],
  );
  return row?.ms ?? Number.NaN;
}

test('nothing is known of a new provider: it is asked after four seconds', async () => {
  expect(await pace()).toEqual({ provider: 'bacen-pix', receipts: 0, missing: 0, p50Ms: null, p90Ms: null });
  expect(await firstCheckMs()).toBe(4_000);
});

test('is measured from the payment to the webhook, also where a poll saw the money first', async () => {
  for (const ms of [300, 100, 200, 6_000, 500]) await sale(ms, ms === 6_000);
  expect(await pace()).toMatchObject({ receipts: 5, missing: 0, p50Ms: 300, p90Ms: 6_000 });
  expect(await firstCheckMs()).toBe(7_000);
});

test('fast webhooks: asked after two seconds', async () => {
  for (let n = 0; n < 6; n += 1) await sale(150);
  expect(await firstCheckMs()).toBe(2_000);
});

test('webhooks that do not come: asked after four seconds, and again every four', async () => {
  for (let n = 0; n < 6; n += 1) await sale(null);
  expect(await pace()).toMatchObject({ receipts: 0 });
  // They might still come.
  clock.advance(60_000);
  expect(await pace()).toMatchObject({ receipts: 6, missing: 6, p90Ms: null });
  expect(askingPace(await pace())).toEqual({ firstMs: 4_000, steadyMs: 4_000 });
});

test('one that comes after a minute and more is as good as none', async () => {
  for (let n = 0; n < 6; n += 1) await sale(90_000, true);
  expect(await pace()).toMatchObject({ receipts: 6, missing: 6 });
});

test('the newest fifty count: a provider that mends itself is believed again', async () => {
  for (let n = 0; n < 6; n += 1) await sale(null);
  clock.advance(60_000);
  for (let n = 0; n < 50; n += 1) await sale(400);
  expect(await pace()).toMatchObject({ receipts: 50, missing: 0, p90Ms: 400 });
});

describe('whatever is measured', () => {
  test.each([
    [
      { receipts: 50, missing: 0, p90Ms: 0 },
      { firstMs: 2_000, steadyMs: null },
    ],
    [
      { receipts: 50, missing: 25, p90Ms: 3_500 },
      { firstMs: 4_500, steadyMs: null },
    ],
    [
      { receipts: 50, missing: 26, p90Ms: 3_500 },
      { firstMs: 4_000, steadyMs: 4_000 },
    ],
    // Of a provider whose clock is hours behind.
    [
      { receipts: 50, missing: 0, p90Ms: 7_200_000 },
      { firstMs: 10_000, steadyMs: null },
    ],
    [
      { receipts: 4, missing: 4, p90Ms: null },
      { firstMs: 4_000, steadyMs: null },
    ],
  ] as const)('%j', (measured, asked) => {
    expect(askingPace(measured)).toEqual(asked);
  });
});
