import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { ManualClock } from '../../platform/testing/manual-clock.ts';
import type { ServerContext } from '../context.ts';
import { onlyProvider } from '../routing/charge-router.ts';
import { seedShop, testContext } from '../testing/test-context.ts';
import { createTestDatabase, type TestDatabase } from '../testing/test-database.ts';
import { applyProviderCharge } from './apply-provider-charge.ts';
import { chargeCreator } from './create-charge.ts';
import { findBySession, lockTransaction, type PaymentTransaction } from './payment-transaction.ts';
import { refundIdOf } from './record-receipts.ts';
import { lookAgainAtRefunds, startRefundWorker } from './refunds.ts';
import { requestRefund } from './request-refund.ts';
import { refundIdOfRound, retryRefunds, successorOf } from './retry-refund.ts';
import { ModelBank } from './testing/model-bank.ts';
import { chargeRequest, expectMoneyAddsUp, KIOSK, readPayment, SERVICE } from './testing/payment-steps.ts';

const HEALTHY = { pausedUntilMs: () => 0 };

/** Its answers about a refund can be held back. */
class SlowBank extends ModelBank {
  held: Promise<void> = Promise.resolve();
  asked = 0;
  override async requestRefund(order: { refundId: string; amountCents: number }) {
    const answer = await super.requestRefund(order);
    this.asked += 1;
    await this.held;
    return answer;
  }
  override async fetchRefund(refund: { refundId: string }) {
    const answer = await super.fetchRefund(refund);
    this.asked += 1;
    await this.held;
    return answer;
  }
}

let database: TestDatabase;
const takenBack: unknown[] = [];
let clock: ManualClock;
let context: ServerContext;
let bank: SlowBank;
let branch = 30;

beforeAll(async () => {
  database = await createTestDatabase((error) => takenBack.push(error));
  clock = new ManualClock();
  context = testContext({ db: database.db, clock });
  await seedShop(database.db, clock.nowMs());
});
beforeEach(() => {
  branch += 1;
  bank = new SlowBank(clock, String(branch));
});
afterAll(() => database.close());

async function paidCharge(): Promise<PaymentTransaction> {
  const request = chargeRequest(context);
  await chargeCreator(context, onlyProvider(bank))(KIOSK, request);
  const payment = await findBySession(context.db, KIOSK.merchantId, request.sessionId);
  if (payment === undefined) throw new Error('no charge was made');
  bank.pay(payment.txid, SERVICE.amountCents);
  await applyProviderCharge(context, payment, bank.chargeOf(payment.txid), 'webhook');
  return payment;
}

async function ask(payment: PaymentTransaction, amountCents: number | null): Promise<string> {
  const { merchantId, transactionId } = payment;
  const request = {
    requestId: crypto.randomUUID(),
    transactionId,
    amountCents,
    note: 'Atendimento cancelado',
  };
  const asked = await requestRefund(context, merchantId, request, 'manager');
  if (!asked.ok) throw new Error(asked.code);
  return asked.refundId;
}

/** Until nothing is due any more: a worker that is stopped at once takes one step. */
async function work(): Promise<void> {
  const due = () =>
    context.db.query('SELECT 1 FROM refunds WHERE next_attempt_at <= $1', [new Date(clock.nowMs())]);
  while ((await due()).length > 0) await startRefundWorker(context, bank, HEALTHY).stop();
}

/** Until our own attempts are used up, about a day later. */
async function giveUp(): Promise<void> {
  for (let attempt = 0; attempt < 61; attempt += 1) {
    await work();
    clock.advance(31 * 60_000);
  }
}

const retry = ({ merchantId }: PaymentTransaction, ...refundIds: string[]) =>
  retryRefunds(context, merchantId, refundIds);
const refundsOf = async ({ sessionId }: PaymentTransaction) =>
  (await readPayment(context, sessionId)).refunds;

describe('a refund that was given up and is taken up again', () => {
  test('while the provider still had it under way: it is asked about, and no second one is asked for', async () => {
    const payment = await paidCharge();
    bank.refundsEndAs = 'processing';
    const refundId = await ask(payment, 1_000);
    await giveUp();
    expect(await refundsOf(payment)).toMatchObject([{ status: 'failed' }]);
    expect(await retry(payment, refundId)).toEqual([refundId]);
    bank.settleRefunds('settled');
    await work();
    expect(await refundsOf(payment)).toEqual([{ reason: 'requested', status: 'settled', cents: 1_000 }]);
    await expectMoneyAddsUp(context);
  });

  test('goes on, whatever a worker says that looked at it before', async () => {
    const payment = await paidCharge();
    bank.reachable = false;
    const refundId = await ask(payment, null);
    await giveUp();
    bank.reachable = true;
    await lookAgainAtRefunds(context, payment, clock.nowMs());
    bank.asked = 0;
    let answer = (): void => undefined;
    bank.held = new Promise((resolve) => {
      answer = resolve;
    });
    const worker = startRefundWorker(context, bank, HEALTHY);
    await expect.poll(() => bank.asked).toBe(1);
    expect(await retry(payment, refundId)).toEqual([refundId]);
    answer();
    await worker.stop();
    expect(await refundsOf(payment)).not.toMatchObject([{ status: 'failed' }]);
    await work();
    expect(await refundsOf(payment)).toMatchObject([{ status: 'settled' }]);
    await expectMoneyAddsUp(context);
  });

  test('is passed over when the money went back by another one meanwhile', async () => {
    const payment = await paidCharge();
    bank.refundsEndAs = 'refused';
    const refused = await ask(payment, null);
    await work();
    bank.refundsEndAs = 'settled';
    await ask(payment, 600);
    await work();
    expect(await retry(payment, refused)).toEqual([]);
    expect((await refundsOf(payment)).map(({ status }) => status).sort()).toEqual(['failed', 'settled']);
    await expectMoneyAddsUp(context);
  });

  test('is not looked at any more once another has taken its place', async () => {
    const payment = await paidCharge();
    bank.refundsEndAs = 'refused';
    const refused = await ask(payment, null);
    await work();
    bank.refundsEndAs = 'settled';
    expect(await retry(payment, refused)).toEqual([`${refused}2`]);
    await work();
    // As a provider answers that tells the total alone: all of it is back, so each of them is.
    bank.settleRefunds('settled');
    await lookAgainAtRefunds(context, payment, clock.nowMs());
    await work();
    expect((await refundsOf(payment)).map(({ status }) => status).sort()).toEqual(['failed', 'settled']);
    await expectMoneyAddsUp(context);
  });

  test('counts once in what the provider tells as a total: what is above it went back by hand', async () => {
    const payment = await paidCharge();
    bank.refundsEndAs = 'refused';
    const refused = await ask(payment, 1_000);
    await work();
    bank.refundsEndAs = 'settled';
    await retry(payment, refused);
    await work();
    const charge = bank.chargeOf(payment.txid);
    const total = {
      refundId: 'total',
      isTotal: true,
      receiptId: charge.receipts[0]?.receiptId ?? '',
      amountCents: 1_500,
      status: 'settled',
      providerStatus: 'refunded',
      reason: null,
      initiatedBy: 'provider',
    } as const;
    await applyProviderCharge(context, payment, { ...charge, refunds: [total] }, 'webhook');
    expect(await refundsOf(payment)).toContainEqual({ reason: 'by_provider', status: 'settled', cents: 500 });
    await expectMoneyAddsUp(context);
  });

  test('twice at once is taken up once', async () => {
    const payment = await paidCharge();
    bank.refundsEndAs = 'refused';
    const refused = await ask(payment, null);
    await work();
    const answers = await Promise.all([retry(payment, refused), retry(payment, refused)]);
    expect(answers.flat()).toEqual([`${refused}2`]);
  });
});

test('a refund that settles waits for its payment first, as whoever asks for refunds does', async () => {
  const payment = await paidCharge();
  const refundId = await ask(payment, null);
  let answer = (): void => undefined;
  bank.held = new Promise((resolve) => {
    answer = resolve;
  });
  const worker = startRefundWorker(context, bank, HEALTHY);
  await expect.poll(() => bank.asked).toBe(1);
  await context.db.transaction(async (transaction) => {
    await lockTransaction(transaction, payment);
    answer();
    const waiting = () =>
      context.db.query(
        `SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
      );
    await expect.poll(async () => (await waiting()).length).toBe(1);
    await transaction.query('SELECT 1 FROM refunds WHERE refund_id = $1 FOR UPDATE', [refundId]);
  });
  await worker.stop();
  expect(takenBack).toEqual([]);
  expect(await refundsOf(payment)).toMatchObject([{ status: 'settled' }]);
});

describe('the id under which it goes on', () => {
  const pix = `R${'E'.repeat(32)}`;

  test('fits API Pix, round after round', () => {
    expect(successorOf(pix)).toBe(`${pix}2`);
    expect(successorOf(`${pix}9`)).toBe(`${pix}10`);
    expect(refundIdOfRound(pix, 99)).toMatch(/^[a-zA-Z0-9]{1,35}$/);
  });

  test('is never that of another receipt', () => {
    const receipt = fc.oneof(
      fc.nat().map((order) => `appmax:${order}`),
      fc.stringMatching(/^pagarme:ch_[a-zA-Z0-9]{4,40}$/),
      fc.stringMatching(/^ch_[a-zA-Z0-9]{24,30}$/),
    );
    fc.assert(
      fc.property(
        receipt,
        fc.string({ minLength: 1, maxLength: 2 }),
        fc.integer({ min: 1, max: 12 }),
        (id, more, rounds) => {
          const ids = [refundIdOf(id)];
          for (let round = 1; round <= rounds; round += 1) ids.push(successorOf(ids.at(-1) ?? ''));
          expect(new Set(ids).size).toBe(rounds + 1);
          for (const digits of [more, '2', '22']) {
            const others = refundIdOf(`${id}${digits.replace(/[^a-zA-Z0-9]/g, '7')}`);
            expect(ids).not.toContain(others);
          }
          for (const each of ids) expect(each).toMatch(/^[a-zA-Z0-9_]{1,64}$/);
        },
      ),
    );
  });
});
