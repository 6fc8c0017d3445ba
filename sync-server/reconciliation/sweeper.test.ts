import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { ManualClock } from '../../platform/testing/manual-clock.ts';
import { DEMO_MERCHANT_ID, DEMO_PIX_KEY } from '../catalog/demo-shop.ts';
import type { ServerContext } from '../context.ts';
import { checkCharge } from '../payments/check-charge.ts';
import { chargeCreator } from '../payments/create-charge.ts';
import { findBySession } from '../payments/payment-transaction.ts';
import {
  chargeRequest,
  expectMoneyAddsUp,
  KIOSK,
  readPayment,
  SERVICE,
} from '../payments/testing/payment-steps.ts';
import type { ProviderReceipt } from '../providers/provider.ts';
import { watchProvider } from '../providers/provider-health.ts';
import { onlyProvider } from '../routing/charge-router.ts';
import { seedShop, testContext } from '../testing/test-context.ts';
import { createTestDatabase, type TestDatabase } from '../testing/test-database.ts';
import { listSuspense } from './resolve-suspense.ts';
import { SWEEP_EVERY_MS, startSweeper } from './sweeper.ts';
import { ListingBank } from './testing/listing-bank.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

let database: TestDatabase;
let clock: ManualClock;
let context: ServerContext;
let bank: ListingBank;
let branch = 0;

beforeAll(async () => {
  database = await createTestDatabase();
});
beforeEach(async () => {
  branch += 1;
  // Each test a day of its own: what the one before left in the books is out of reach.
  clock = new ManualClock(Date.UTC(2026, 2, 10 + 3 * branch, 15));
  context = testContext({ db: database.db, clock });
  if (branch === 1) await seedShop(database.db, clock.nowMs());
  await database.db.query('DELETE FROM receipt_sweeps');
  bank = new ListingBank(clock, String(branch).padStart(2, '0'));
});
afterEach(() => expectMoneyAddsUp(context));
afterAll(() => database.close());

/** A charge that nobody asks about any more: no webhook, no poll. */
async function forgottenCharge(): Promise<{ readonly txid: string; readonly sessionId: string }> {
  const request = chargeRequest(context);
  const made = await chargeCreator(context, onlyProvider(bank))(KIOSK, request);
  expect(made.ok).toBe(true);
  await context.db.query('UPDATE payment_transactions SET next_check_at = NULL WHERE session_id = $1', [
    request.sessionId,
  ]);
  return request;
}

/** One look, when the next is due. */
async function sweep(): Promise<void> {
  clock.advance(SWEEP_EVERY_MS);
  await runOnce(context);
}

async function runOnce(...processes: readonly ServerContext[]): Promise<void> {
  const watched = watchProvider(bank, clock);
  const atRest = clock.pendingTasks + processes.length;
  const sweepers = processes.map((process) => startSweeper(process, watched.provider, watched.health));
  // Each rests when it has done what was due.
  while (clock.pendingTasks < atRest) await new Promise((resolve) => setImmediate(resolve));
  await Promise.all(sweepers.map((sweeper) => sweeper.stop()));
}

let foreign = 0;
function foreignReceipt(change: Partial<ProviderReceipt> = {}): ProviderReceipt {
  foreign += 1;
  const id = `E${'9'.repeat(20)}${String(foreign).padStart(11, '0')}`;
  return bank.receive({
    receiptId: id,
    endToEndId: id,
    txid: null,
    pixKey: DEMO_PIX_KEY,
    amountCents: 1_234,
    paidAtMs: clock.nowMs(),
    feeCents: null,
    ...change,
  });
}

const inSuspense = async (status: 'open' | 'resolved' = 'open') =>
  (await listSuspense(context.db, DEMO_MERCHANT_ID, { status, limit: 200 }, clock.nowMs())).items.filter(
    ({ paidAt }) => paidAt > clock.nowMs() - 30 * HOUR_MS,
  );

async function cursor(): Promise<number> {
  const [row] = await context.db.query<{ at: Date }>('SELECT swept_to AS at FROM receipt_sweeps');
  if (row === undefined) throw new Error('nothing is swept');
  return row.at.getTime();
}

test('money whose webhook and polls are lost is found in the list, and goes the way of a webhook', async () => {
  const { txid, sessionId } = await forgottenCharge();
  await sweep();
  bank.pay(txid, SERVICE.amountCents);
  await sweep();
  expect(await readPayment(context, sessionId)).toMatchObject({ status: 'SUCCEEDED', confirmations: 1 });
  const [step] = await context.db.query(
    `SELECT cause FROM payment_transitions JOIN payment_transactions USING (merchant_id, transaction_id)
     WHERE session_id = $1 AND to_status = 'SUCCEEDED'`,
    [sessionId],
  );
  expect(step).toEqual({ cause: 'sweep' });
  await sweep();
  expect(await readPayment(context, sessionId)).toMatchObject({ confirmations: 1, refunds: [] });
});

test('a second Pix and a wrong amount are found too, and go back', async () => {
  const twice = await forgottenCharge();
  const wrong = await forgottenCharge();
  await sweep();
  bank.pay(twice.txid, SERVICE.amountCents);
  bank.pay(twice.txid, SERVICE.amountCents);
  bank.pay(wrong.txid, 1);
  await sweep();
  expect((await readPayment(context, twice.sessionId)).refunds).toMatchObject([{ reason: 'surplus' }]);
  expect((await readPayment(context, wrong.sessionId)).refunds).toMatchObject([{ reason: 'wrong_amount' }]);
  expect(await inSuspense()).toEqual([]);
});

test('what belongs to no charge of ours is held in suspense, once, with its age', async () => {
  await forgottenCharge();
  await sweep();
  const loose = foreignReceipt();
  const elsewhere = foreignReceipt({ txid: 'somebodyelse0000000000000001' });
  foreignReceipt({ pixKey: 'another@key.com.br' });
  await sweep();
  await sweep();
  clock.advance(HOUR_MS);
  expect(await inSuspense()).toMatchObject([
    { receiptId: loose.receiptId, reason: 'no_txid', amountCents: 1_234, foundBy: 'sweep', owner: null },
    { receiptId: elsewhere.receiptId, reason: 'foreign_txid' },
  ]);
  expect((await inSuspense())[0]?.ageSeconds).toBe(3_660);
});

test('a receipt that the list tells of late is found by the overlap', async () => {
  const { txid, sessionId } = await forgottenCharge();
  await sweep();
  await sweep();
  bank.listLagMs = 4 * MINUTE_MS;
  const { paidAtMs } = bank.pay(txid, SERVICE.amountCents);
  for (let minute = 1; minute <= 5; minute += 1) await sweep();
  expect(await readPayment(context, sessionId)).toMatchObject({ status: 'SUCCEEDED' });

  // The twin: in each of these looks, none that began where the one before ended would have seen it.
  const seen = await Promise.all(
    bank.spans.slice(-5).map(async ({ pixKey, toMs }, index, spans) => {
      const fromMs = spans[index - 1]?.toMs ?? toMs - SWEEP_EVERY_MS;
      return paidAtMs >= fromMs && paidAtMs < toMs && toMs >= paidAtMs + bank.listLagMs
        ? await bank.listReceipts({ pixKey, fromMs, toMs })
        : null;
    }),
  );
  expect(seen).toEqual([null, null, null, null, null]);
});

test('one that is hours late is found by the look far back, within the hour', async () => {
  const { txid, sessionId } = await forgottenCharge();
  await sweep();
  bank.listLagMs = 5 * HOUR_MS;
  bank.pay(txid, SERVICE.amountCents);
  for (let hour = 0; hour < 6; hour += 1) {
    clock.advance(HOUR_MS - SWEEP_EVERY_MS);
    await sweep();
  }
  expect(await readPayment(context, sessionId)).toMatchObject({ status: 'SUCCEEDED' });
});

test('while the list is away the cursor stays; what came meanwhile is found afterwards', async () => {
  const { txid, sessionId } = await forgottenCharge();
  await sweep();
  await sweep();
  const before = await cursor();
  bank.listReachable = false;
  bank.pay(txid, SERVICE.amountCents);
  for (let minute = 0; minute < 30; minute += 1) await sweep();
  expect(await cursor()).toBe(before);
  bank.listReachable = true;
  await sweep();
  expect(await readPayment(context, sessionId)).toMatchObject({ status: 'SUCCEEDED' });
  expect(await cursor()).toBe(clock.nowMs());
});

test('the cursor does not pass money whose charge cannot be read', async () => {
  const { txid, sessionId } = await forgottenCharge();
  await sweep();
  const { paidAtMs } = bank.pay(txid, SERVICE.amountCents);
  const fetchCharge = bank.fetchCharge.bind(bank);
  bank.fetchCharge = async () => ({ kind: 'unavailable', detail: 'the model bank is away' });
  for (let minute = 0; minute < 30; minute += 1) await sweep();
  expect(await cursor()).toBe(paidAtMs);
  expect(await inSuspense()).toEqual([]);
  bank.fetchCharge = fetchCharge as typeof bank.fetchCharge;
  await sweep();
  expect(await readPayment(context, sessionId)).toMatchObject({ status: 'SUCCEEDED' });
});

test('a charge that does not tell of the money is waited for, then it is in suspense; told after all, it is released', async () => {
  const { txid, sessionId } = await forgottenCharge();
  await sweep();
  const fetchCharge = bank.fetchCharge.bind(bank);
  const stale = bank.chargeOf(txid);
  const { receiptId } = bank.pay(txid, SERVICE.amountCents);
  bank.fetchCharge = (async () => ({ kind: 'found', charge: stale })) as typeof bank.fetchCharge;
  for (let minute = 0; minute < 9; minute += 1) await sweep();
  expect(await inSuspense()).toEqual([]);
  for (let minute = 0; minute < 3; minute += 1) await sweep();
  expect(await inSuspense()).toMatchObject([{ receiptId, reason: 'not_in_charge' }]);
  await expectMoneyAddsUp(context);

  bank.fetchCharge = fetchCharge as typeof bank.fetchCharge;
  const payment = await findBySession(context.db, DEMO_MERCHANT_ID, sessionId);
  if (payment === undefined) throw new Error('no payment');
  await checkCharge(context, bank, payment, 'poll');
  expect(await readPayment(context, sessionId)).toMatchObject({ status: 'SUCCEEDED', refunds: [] });
  expect(await inSuspense()).toEqual([]);
  expect(await inSuspense('resolved')).toMatchObject([{ receiptId, resolution: 'released' }]);
});

test('a clock that is set back stops no sweep', async () => {
  const { txid, sessionId } = await forgottenCharge();
  await sweep();
  await sweep();
  clock.leap(-3 * HOUR_MS);
  bank.pay(txid, SERVICE.amountCents);
  await sweep();
  expect(await readPayment(context, sessionId)).toMatchObject({ status: 'SUCCEEDED' });
});

test('a server that was away for days goes through them one span after the other', async () => {
  const { txid, sessionId } = await forgottenCharge();
  await sweep();
  await sweep();
  bank.pay(txid, SERVICE.amountCents);
  bank.spans.length = 0;
  clock.advance(70 * HOUR_MS);
  await sweep();
  expect(await readPayment(context, sessionId)).toMatchObject({ status: 'SUCCEEDED' });
  expect(bank.spans.length).toBeGreaterThan(2);
  for (const { fromMs, toMs } of bank.spans) expect(toMs - fromMs).toBeLessThanOrEqual(26 * HOUR_MS);
  expect(await cursor()).toBe(clock.nowMs());
});

test('two processes share the sweeps; what both find has one place', async () => {
  await forgottenCharge();
  await sweep();
  const { receiptId } = foreignReceipt();
  clock.advance(SWEEP_EVERY_MS);
  bank.spans.length = 0;
  await runOnce(context, testContext({ db: database.db, clock }));
  expect(bank.spans).toHaveLength(1);
  expect(await inSuspense()).toMatchObject([{ receiptId }]);
});
