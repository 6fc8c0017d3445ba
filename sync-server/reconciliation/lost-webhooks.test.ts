import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ManualClock } from '../../platform/testing/manual-clock.ts';
import { DEMO_MERCHANT_ID, DEMO_PIX_KEY } from '../catalog/demo-shop.ts';
import type { ServerContext } from '../context.ts';
import { checkCharge } from '../payments/check-charge.ts';
import { chargeCreator } from '../payments/create-charge.ts';
import { findBySession } from '../payments/payment-transaction.ts';
import { chargeRequest, expectMoneyAddsUp, KIOSK, SERVICE } from '../payments/testing/payment-steps.ts';
import { watchProvider } from '../providers/provider-health.ts';
import { onlyProvider } from '../routing/charge-router.ts';
import { seedShop, testContext } from '../testing/test-context.ts';
import { createTestDatabase, type TestDatabase } from '../testing/test-database.ts';
import { SWEEP_EVERY_MS, startSweeper } from './sweeper.ts';
import { ListingBank } from './testing/listing-bank.ts';

const RUNS = 25;
const MINUTE_MS = 60_000;

let database: TestDatabase;
let clock: ManualClock;
let context: ServerContext;
let branch = 0;

beforeAll(async () => {
  database = await createTestDatabase();
  clock = new ManualClock();
  context = testContext({ db: database.db, clock });
  await seedShop(database.db, clock.nowMs());
  // A key is swept from its first charge on.
  await chargeCreator(context, onlyProvider(new ListingBank(clock)))(KIOSK, chargeRequest(context));
});
afterAll(() => database.close());

type Step =
  | { readonly kind: 'charge' }
  /** Of the charge of this number, if there is one; `told`: its webhook comes. */
  | { readonly kind: 'pay'; readonly charge: number; readonly cents: number; readonly told: boolean }
  | { readonly kind: 'stranger'; readonly txid: string | null }
  | { readonly kind: 'sweep'; readonly processes: number }
  | { readonly kind: 'lag'; readonly ms: number }
  | { readonly kind: 'reach'; readonly bank: boolean; readonly list: boolean }
  | { readonly kind: 'clock'; readonly ms: number };

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 3, arbitrary: fc.constant<Step>({ kind: 'charge' }) },
  {
    weight: 6,
    arbitrary: fc.record<Step & { kind: 'pay' }>({
      kind: fc.constant('pay'),
      charge: fc.nat(5),
      cents: fc.constantFrom(SERVICE.amountCents, SERVICE.amountCents, 1),
      told: fc.boolean(),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record<Step & { kind: 'stranger' }>({
      kind: fc.constant('stranger'),
      txid: fc.constantFrom(null, 'somebodyelse0000000000000001'),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record<Step & { kind: 'sweep' }>({
      kind: fc.constant('sweep'),
      processes: fc.constantFrom(1, 1, 2),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record<Step & { kind: 'lag' }>({ kind: fc.constant('lag'), ms: fc.nat(12 * MINUTE_MS) }),
  },
  {
    weight: 1,
    arbitrary: fc.record<Step & { kind: 'reach' }>({
      kind: fc.constant('reach'),
      bank: fc.boolean(),
      list: fc.boolean(),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record<Step & { kind: 'clock' }>({
      kind: fc.constant('clock'),
      ms: fc.integer({ min: 1, max: 10 * MINUTE_MS }),
    }),
  },
);

async function sweep(bank: ListingBank, processes: number): Promise<void> {
  clock.advance(SWEEP_EVERY_MS);
  const watched = watchProvider(bank, clock);
  const atRest = clock.pendingTasks + processes;
  const sweepers = Array.from({ length: processes }, () =>
    startSweeper(context, watched.provider, watched.health),
  );
  while (clock.pendingTasks < atRest) await new Promise((resolve) => setImmediate(resolve));
  await Promise.all(sweepers.map((sweeper) => sweeper.stop()));
}

/** Where each receipt of the bank came to, in one word for each place that it has. */
async function places(bank: ListingBank): Promise<Record<string, string>> {
  const rows = await context.db.query<{ id: string; place: string }>(
    `SELECT receipt_id AS id, CASE WHEN disposition = 'settles' THEN
         CASE WHEN t.settled_receipt_id = receipt_id AND t.ticket_number IS NOT NULL THEN 'ticket' ELSE 'broken' END
       WHEN EXISTS (SELECT FROM refunds f WHERE f.merchant_id = r.merchant_id AND f.receipt_id = r.receipt_id
         AND f.amount_cents = r.amount_cents) THEN 'refund' ELSE 'broken' END AS place
     FROM receipts r JOIN payment_transactions t USING (merchant_id, transaction_id)
     UNION ALL SELECT receipt_id, 'suspense' FROM suspense_items WHERE status = 'open'`,
  );
  return Object.fromEntries(
    bank.everything.map(({ receiptId }) => [
      receiptId,
      rows
        .filter(({ id }) => id === receiptId)
        .map(({ place }) => place)
        .join(' and '),
    ]),
  );
}

/** Plays a history out, then lets the bank answer and the sweeps come round. */
async function play(steps: readonly Step[], isSwept: boolean): Promise<Record<string, string>> {
  branch += 1;
  clock.advance(2 * 24 * 60 * MINUTE_MS);
  const bank = new ListingBank(clock, String(branch).padStart(3, '0'));
  const charges: { readonly txid: string; readonly sessionId: string }[] = [];
  for (const each of steps) {
    if (each.kind === 'charge') {
      const request = chargeRequest(context);
      const made = await chargeCreator(context, onlyProvider(bank))(KIOSK, request);
      if (made.ok) charges.push(request);
    } else if (each.kind === 'pay') {
      const charge = charges[each.charge];
      if (charge === undefined) continue;
      bank.pay(charge.txid, each.cents);
      const payment = await findBySession(context.db, DEMO_MERCHANT_ID, charge.sessionId);
      if (each.told && payment !== undefined) await checkCharge(context, bank, payment, 'webhook');
    } else if (each.kind === 'stranger') {
      const id = `E${branch}${'9'.repeat(20)}${bank.everything.length}`;
      bank.receive({
        receiptId: id,
        endToEndId: id,
        txid: each.txid,
        pixKey: DEMO_PIX_KEY,
        amountCents: 999,
        paidAtMs: clock.nowMs(),
        feeCents: null,
      });
    } else if (each.kind === 'sweep') {
      if (isSwept) await sweep(bank, each.processes);
    } else if (each.kind === 'lag') bank.listLagMs = each.ms;
    else if (each.kind === 'reach') {
      bank.reachable = each.bank;
      bank.listReachable = each.list;
    } else clock.advance(each.ms);
    clock.advance(1);
  }
  bank.reachable = true;
  bank.listReachable = true;
  // Longer than the longest lag of the list, and than a charge is waited for.
  for (let minute = 0; isSwept && minute < 14; minute += 1) await sweep(bank, 1);
  return places(bank);
}

test('whatever webhooks are lost: each receipt is a ticket, a refund or in suspense, and never two of them', {
  timeout: 300_000,
}, async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 30 }), async (steps) => {
      const found = await play(steps, true);
      for (const place of Object.values(found)) expect(['ticket', 'refund', 'suspense']).toContain(place);
      await expectMoneyAddsUp(context);
    }),
    { numRuns: RUNS },
  );
});

test('the twin: without sweeps a lost webhook leaves its money without a place', async () => {
  const paid: Step = { kind: 'pay', charge: 0, cents: SERVICE.amountCents, told: false };
  expect(Object.values(await play([{ kind: 'charge' }, paid], false))).toEqual(['']);
  expect(Object.values(await play([{ kind: 'charge' }, paid], true))).toEqual(['ticket']);
});
