import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { summarise } from '../../domain/audit-summary.ts';
import type { AuditReport } from '../../domain/protocol/audit.ts';
import { ManualClock } from '../../platform/testing/manual-clock.ts';
import { nextRandom } from '../../platform/testing/park-miller.ts';
import { DEMO_MERCHANT_ID } from '../catalog/demo-shop.ts';
import type { ServerContext } from '../context.ts';
import { checkCharge } from '../payments/check-charge.ts';
import { chargeCreator } from '../payments/create-charge.ts';
import { findBySession } from '../payments/payment-transaction.ts';
import { ModelBank } from '../payments/testing/model-bank.ts';
import { chargeRequest, KIOSK, SERVICE } from '../payments/testing/payment-steps.ts';
import { putInSuspense } from '../reconciliation/suspense.ts';
import { onlyProvider } from '../routing/charge-router.ts';
import { seedShop, testContext } from '../testing/test-context.ts';
import { createTestDatabase, type TestDatabase } from '../testing/test-database.ts';
import { readAuditReport } from './audit-report.ts';

const DAY_MS = 24 * 3_600_000;
const SEED = 20_260_310;
const SALES = 40;

let database: TestDatabase;
let context: ServerContext;
let bank: ModelBank;
const clock = new ManualClock();
let report: AuditReport;

/** What happened, as the test itself counts it. */
const told = { paid: 0, unpaid: 0, surplus: 0, wrong: 0, thisWeek: 0, oldestPaidMs: 0 };

beforeAll(async () => {
  database = await createTestDatabase();
  await seedShop(database.db, clock.nowMs());
  context = testContext({ db: database.db, clock });
  bank = new ModelBank(clock);
  let state = SEED;
  const chance = (): number => {
    state = nextRandom(state);
    return state % 100;
  };
  for (let sale = 0; sale < SALES; sale += 1) {
    const request = chargeRequest(context);
    await chargeCreator(context, onlyProvider(bank))(KIOSK, request);
    if (sale >= SALES / 2) told.thisWeek += 1;
    const fate = chance();
    if (fate < 60) {
      bank.pay(request.txid, SERVICE.amountCents);
      if (told.paid === 0) told.oldestPaidMs = clock.nowMs();
      told.paid += 1;
      if (fate < 20) {
        bank.pay(request.txid, SERVICE.amountCents);
        told.surplus += 1;
      }
    } else if (fate < 75) {
      bank.pay(request.txid, SERVICE.amountCents - 100);
      told.wrong += 1;
      told.unpaid += 1;
    } else told.unpaid += 1;
    const payment = await findBySession(context.db, DEMO_MERCHANT_ID, request.sessionId);
    if (payment === undefined) throw new Error('no payment');
    await checkCharge(context, bank, payment, 'poll');
    clock.advance(60_000);
    if (sale === SALES / 2 - 1) clock.advance(20 * DAY_MS);
  }
  for (const [days, owner] of [
    [40, null],
    [10, 'Finance'],
    [3, 'Finance'],
    [0, null],
  ] as const)
    await suspend(days, owner);
  report = await readAuditReport(database.db, DEMO_MERCHANT_ID, clock.nowMs());
});
afterAll(() => database.close());

async function suspend(daysAgo: number, owner: string | null): Promise<void> {
  const receiptId = randomUUID();
  await putInSuspense(context, {
    merchantId: DEMO_MERCHANT_ID,
    provider: bank.name,
    receipt: {
      receiptId,
      endToEndId: null,
      txid: null,
      pixKey: null,
      amountCents: 1_000 + daysAgo,
      paidAtMs: clock.nowMs(),
    },
    reason: 'no_txid',
    foundBy: 'sweep',
    suggestedReceiptId: null,
  });
  await context.db.query('UPDATE suspense_items SET owner = $2, found_at = $3 WHERE receipt_id = $1', [
    receiptId,
    owner,
    new Date(clock.nowMs() - daysAgo * DAY_MS - 1_000),
  ]);
}

test('fill rates are of all transactions, and of the last seven days', () => {
  const { overall, last7Days } = report.fillRates;
  expect(overall.transactions).toBe(SALES);
  expect(last7Days.transactions).toBe(told.thisWeek);
  expect(overall.status).toEqual({ of: SALES, have: SALES, percent: 100 });
  expect(overall.provider).toEqual({ of: SALES, have: SALES, percent: 100 });
  expect(report.withoutCustomer).toEqual([
    { provider: bank.name, transactions: SALES, without: SALES - overall.customer.have },
  ]);
  expect(report.sessions.checkout).toEqual({ of: SALES, have: SALES, percent: 100 });
});

test('a provider is compared by what has ended, its volume and how fast it told', () => {
  const [provider] = report.providers;
  expect(provider).toMatchObject({
    provider: bank.name,
    transactions: SALES,
    volume: [{ currency: 'BRL', cents: told.paid * SERVICE.amountCents }],
    withoutWebhook: told.paid + told.surplus + told.wrong,
    webhookP50Ms: null,
    readBackP50Ms: 0,
  });
  expect(provider?.succeeded.have).toBe(told.paid);
});

test('what was paid and has no ticket is counted, summed and listed, the oldest first', () => {
  const { count, cents, oldestAt, listed } = report.paidWithoutTicket;
  expect(count).toBe(told.paid);
  expect(cents).toEqual([{ currency: 'BRL', cents: told.paid * SERVICE.amountCents }]);
  expect(oldestAt).toBe(told.oldestPaidMs);
  expect(listed).toHaveLength(Math.min(20, told.paid));
  expect(listed[0]?.paidAt).toBe(told.oldestPaidMs);
  expect(report.ticketsWithoutPayment).toEqual({ count: 0, listed: [] });
});

test('money that bought nothing waits until it has gone back', () => {
  const of = (disposition: string) => report.unwantedMoney.find((one) => one.disposition === disposition);
  expect(of('surplus')).toMatchObject({ all: { count: told.surplus }, waiting: { count: told.surplus } });
  expect(of('wrong_amount')?.waiting.cents).toEqual([
    { currency: 'BRL', cents: told.wrong * (SERVICE.amountCents - 100) },
  ]);
  expect(report.refunds.reduce((sum, { money }) => sum + money.count, 0)).toBe(told.surplus + told.wrong);
});

test('suspense is told by age and by who looks after it', () => {
  const { open, ages, owners } = report.suspense;
  expect(open).toMatchObject({ count: 4, cents: [{ currency: 'BRL', cents: 4_053 }] });
  expect(ages.map(({ age, money }) => [age, money.cents[0]?.cents])).toEqual([
    ['under_1_day', 1_000],
    ['1_to_7_days', 1_003],
    ['7_to_30_days', 1_010],
    ['over_30_days', 1_040],
  ]);
  expect(owners.map(({ owner, money }) => [owner, money.count])).toEqual([
    [null, 2],
    ['Finance', 2],
  ]);
});

test('the summary names the worst first, by its thresholds', () => {
  const verdictOf = (name: string) => report.summary.checks.find(({ check }) => check === name);
  expect(report.summary.verdict).toBe('critical');
  expect(report.summary.checks[0]?.verdict).toBe('critical');
  expect(verdictOf('suspense_age')).toMatchObject({ verdict: 'critical', value: 40, unit: 'days' });
  expect(verdictOf('paid_without_ticket')).toMatchObject({ verdict: 'critical' });
  expect(verdictOf('ledger_whole')).toMatchObject({ verdict: 'ok', value: 0 });
  expect(verdictOf('canonical_status')).toMatchObject({ verdict: 'ok', value: 100 });
});

test('a status that is not ours, a ticket that nobody paid and a changed ledger are seen', async () => {
  await database.db.transaction(async (transaction) => {
    await transaction.query('SET LOCAL session_replication_role = replica');
    await transaction.query("UPDATE payment_transactions SET status = 'approved' WHERE paid_at IS NULL");
    await transaction.query('UPDATE ledger_postings SET amount_cents = amount_cents * 2');
    await transaction.query("UPDATE merchants SET pix_key = ' '");
    await transaction.query(
      `INSERT INTO tickets (merchant_id, ticket_id, unit_id, kiosk_id, session_id, transaction_id, number, prefix, label,
         business_day, service_id, service_name, status, issued_at, received_at)
       SELECT merchant_id, transaction_id, unit_id, kiosk_id, session_id, transaction_id, 900, 'A', 'A900', '2026-03-10',
         service_id, service_name, 'in_queue', created_at, created_at
       FROM payment_transactions WHERE paid_at IS NULL LIMIT 1`,
    );
  });
  const after = await readAuditReport(database.db, DEMO_MERCHANT_ID, clock.nowMs());
  expect(after.fillRates.overall.status.have).toBe(told.paid);
  expect(after.ticketsWithoutPayment).toMatchObject({ count: 1, listed: [{ label: 'A900' }] });
  expect(after.unitsWithoutMerchant).toMatchObject([{ transactions: SALES }]);
  expect(after.ledger.findings).toBeGreaterThan(0);
  const critical = after.summary.checks.filter(({ verdict }) => verdict === 'critical');
  expect(critical.map(({ check }) => check)).toEqual(
    expect.arrayContaining(['canonical_status', 'tickets_without_payment', 'ledger_whole']),
  );
});

test('of a merchant that has sold nothing, all is well and nothing is made up', async () => {
  const empty = await createTestDatabase();
  try {
    await seedShop(empty.db, clock.nowMs());
    const figures = await readAuditReport(empty.db, DEMO_MERCHANT_ID, clock.nowMs());
    expect(figures.summary.verdict).toBe('ok');
    expect(figures.fillRates.overall.customer).toEqual({ of: 0, have: 0, percent: null });
    expect(figures.providers).toEqual([]);
    expect(summarise(figures)).toEqual(figures.summary);
  } finally {
    await empty.close();
  }
});
