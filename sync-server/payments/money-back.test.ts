import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { ticketIdOfSession } from '../../domain/ids.ts';
import { eventually } from '../../platform/testing/eventually.ts';
import { ManualClock } from '../../platform/testing/manual-clock.ts';
import type { ServerContext } from '../context.ts';
import type { ProviderChargeRefund, ProviderDispute } from '../providers/provider.ts';
import { onlyProvider } from '../routing/charge-router.ts';
import { seedShop, testContext } from '../testing/test-context.ts';
import { createTestDatabase, type TestDatabase } from '../testing/test-database.ts';
import { applyProviderCharge } from './apply-provider-charge.ts';
import { chargeCreator } from './create-charge.ts';
import { markTickets, startTicketMarker } from './mark-tickets.ts';
import { findBySession, type PaymentTransaction } from './payment-transaction.ts';
import { startRefundWorker } from './refunds.ts';
import { requestRefund } from './request-refund.ts';
import { retryRefunds } from './retry-refund.ts';
import { ModelBank } from './testing/model-bank.ts';
import { chargeRequest, expectMoneyAddsUp, KIOSK, readPayment, SERVICE } from './testing/payment-steps.ts';

let database: TestDatabase;
let clock: ManualClock;
let context: ServerContext;
let bank: ModelBank;
let branch = 60;

beforeAll(async () => {
  database = await createTestDatabase();
  clock = new ManualClock();
  context = testContext({ db: database.db, clock });
  await seedShop(database.db, clock.nowMs());
});
beforeEach(() => {
  branch += 1;
  bank = new ModelBank(clock, String(branch));
});
afterAll(() => database.close());

async function openCharge(): Promise<PaymentTransaction> {
  const request = chargeRequest(context);
  await chargeCreator(context, onlyProvider(bank))(KIOSK, request);
  const payment = await findBySession(context.db, KIOSK.merchantId, request.sessionId);
  if (payment === undefined) throw new Error('no charge was made');
  return payment;
}

async function paidCharge(): Promise<PaymentTransaction> {
  const payment = await openCharge();
  bank.pay(payment.txid, SERVICE.amountCents);
  await tell(payment);
  return payment;
}

interface WentBack {
  readonly refunds?: readonly ProviderChargeRefund[];
  readonly disputes?: readonly ProviderDispute[];
}

/** The provider's answer, with what it took back. */
function tell(payment: PaymentTransaction, { refunds = [], disputes = [] }: WentBack = {}): Promise<void> {
  return applyProviderCharge(
    context,
    payment,
    { ...bank.chargeOf(payment.txid), refunds, disputes },
    'webhook',
  );
}

const receiptOf = ({ txid }: PaymentTransaction): string => bank.chargeOf(txid).receipts[0]?.receiptId ?? '';
let serial = 0;
function refund(
  payment: PaymentTransaction,
  amountCents: number,
  status: 'processing' | 'settled' | 'refused' = 'settled',
) {
  serial += 1;
  return {
    refundId: `D${serial}`,
    receiptId: receiptOf(payment),
    amountCents,
    status,
    providerStatus: status,
    reason: null,
    initiatedBy: 'provider',
  } as const;
}
function dispute(
  payment: PaymentTransaction,
  status: ProviderDispute['status'],
  disputeId = `dp_${receiptOf(payment)}`,
) {
  return {
    disputeId,
    receiptId: receiptOf(payment),
    kind: 'med',
    status,
    amountCents: payment.amountCents,
    reason: 'MED_FRAUDE',
    openedAtMs: clock.nowMs(),
  } as const;
}

const statusOf = async ({ sessionId }: PaymentTransaction) => (await readPayment(context, sessionId)).status;

/** The ticket of the payment, waiting in the queue. */
async function queueTicket(payment: PaymentTransaction, status = 'in_queue'): Promise<void> {
  await context.db.query(
    `INSERT INTO tickets (merchant_id, ticket_id, unit_id, kiosk_id, session_id, transaction_id, number, prefix, label,
       business_day, service_id, service_name, status, issued_at, received_at)
     SELECT merchant_id, $3, unit_id, kiosk_id, session_id, transaction_id, ticket_number, service_prefix,
       service_prefix || ticket_number, ticket_business_day, service_id, service_name, $4, now(), now()
     FROM payment_transactions WHERE merchant_id = $1 AND transaction_id = $2`,
    [payment.merchantId, payment.transactionId, ticketIdOfSession(payment.sessionId), status],
  );
}
/** As a server does it: the worker is there before anything is asked for, and hears of it. */
describe('a refund that had arrived and came back to the provider', () => {
  const cents = async (account: string): Promise<number> => {
    const [row] = await context.db.query<{ cents: number }>(
      `SELECT coalesce(sum(amount_cents), 0)::int AS cents FROM ledger_postings p
       JOIN ledger_entries e USING (merchant_id, entry_id) WHERE account_code = $1`,
      [account],
    );
    return row?.cents ?? 0;
  };
  const columns = async ({ transactionId }: PaymentTransaction) => {
    const [row] = await context.db.query(
      'SELECT status, refunded_cents AS "refundedCents", refunded_at AS "refundedAt" FROM payment_transactions WHERE transaction_id = $1',
      [transactionId],
    );
    return row;
  };

  test('of a sale: the money is the merchant’s again, until it is sent once more', async () => {
    const payment = await paidCharge();
    const [returns, receivable] = [await cents('sales_returns'), await cents('receivable:bacen-pix')];
    const part = refund(payment, 300);
    const rest = refund(payment, SERVICE.amountCents - 300);
    await tell(payment, { refunds: [part, rest] });
    expect(await columns(payment)).toMatchObject({ status: 'REFUNDED' });
    const back = { refunds: [part, { ...rest, status: 'refused' as const }] };
    await Promise.all([tell(payment, back), tell(payment, back)]);
    // What was read before it came back is told late.
    await tell(payment, { refunds: [part, rest] });
    expect(await columns(payment)).toMatchObject({ status: 'PARTIALLY_REFUNDED', refundedCents: 300 });
    expect(await cents('sales_returns')).toBe(returns + 300);
    expect(await cents('receivable:bacen-pix')).toBe(receivable - 300);
    await expectMoneyAddsUp(context);
    const again = refund(payment, SERVICE.amountCents - 300);
    await tell(payment, { refunds: [part, { ...rest, status: 'refused' }, again] });
    expect(await columns(payment)).toMatchObject({ status: 'REFUNDED', refundedCents: SERVICE.amountCents });
    await expectMoneyAddsUp(context);
  });

  test('ours, of money that bought nothing: it is owed again, and asked for under another id', async () => {
    const payment = await paidCharge();
    bank.pay(payment.txid, 700);
    await tell(payment);
    const owed = await cents('refunds_payable');
    await startRefundWorker(context, bank, { pausedUntilMs: () => 0 }).stop();
    const [sent] = await context.db.query<{ id: string; receipt: string }>(
      `SELECT refund_id AS id, receipt_id AS receipt FROM refunds WHERE transaction_id = $1 AND status = 'settled'`,
      [payment.transactionId],
    );
    if (sent === undefined) throw new Error('nothing was sent back');
    expect(await cents('refunds_payable')).toBe(owed + 700);
    const told = { refundId: sent.id, receiptId: sent.receipt, amountCents: 700, initiatedBy: 'us' } as const;
    const came = { ...told, status: 'refused', providerStatus: 'failed', reason: 'card closed' } as const;
    await tell(payment, { refunds: [came] });
    expect(await cents('refunds_payable')).toBe(owed);
    await expectMoneyAddsUp(context);
    const [next] = await retryRefunds(context, payment.merchantId, [sent.id]);
    expect(next).not.toBe(sent.id);
    await startRefundWorker(context, bank, { pausedUntilMs: () => 0 }).stop();
    expect(await cents('refunds_payable')).toBe(owed + 700);
    await expectMoneyAddsUp(context);
  });
});

test('a refund that ends with another amount than it was told of on its way is posted and kept as it ended', async () => {
  const payment = await paidCharge();
  const under = refund(payment, 300, 'processing');
  await tell(payment, { refunds: [under] });
  await tell(payment, { refunds: [{ ...under, amountCents: 450, status: 'settled' }] });
  expect((await readPayment(context, payment.sessionId)).refunds).toMatchObject([{ cents: 450 }]);
  await expectMoneyAddsUp(context);
});

test('a ticket is marked by a worker of its own, as soon as its money has gone back', async () => {
  const payment = await paidCharge();
  await queueTicket(payment);
  const marker = startTicketMarker(context);
  await eventually(() => expect(clock.pendingTasks).toBe(1));
  await tell(payment, { refunds: [refund(payment, SERVICE.amountCents)] });
  clock.advance(0);
  await eventually(async () =>
    expect(
      await context.db.query('SELECT status, money_back AS mark FROM tickets WHERE session_id = $1', [
        payment.sessionId,
      ]),
    ).toEqual([{ status: 'voided', mark: 'refunded' }]),
  );
  await marker.stop();
});

async function ticketOf({ sessionId }: PaymentTransaction) {
  await markTickets(context);
  const [row] = await context.db.query(
    'SELECT status, money_back AS "moneyBack" FROM tickets WHERE session_id = $1',
    [sessionId],
  );
  return row;
}

describe('what the provider sends back by itself', () => {
  test('in parts, then whole: the status follows the sum, whatever is told again', async () => {
    const payment = await paidCharge();
    const half = refund(payment, SERVICE.amountCents / 2);
    const rest = refund(payment, SERVICE.amountCents - half.amountCents);
    await tell(payment, { refunds: [half] });
    await tell(payment, { refunds: [half] });
    expect(await statusOf(payment)).toBe('PARTIALLY_REFUNDED');
    await tell(payment, { refunds: [rest, half] });
    expect(await statusOf(payment)).toBe('REFUNDED');
    await expectMoneyAddsUp(context);
  });

  test('is posted when it has settled, and not before; one that is refused changes nothing', async () => {
    const payment = await paidCharge();
    const pending = refund(payment, SERVICE.amountCents, 'processing');
    await tell(payment, { refunds: [pending] });
    await expectMoneyAddsUp(context);
    expect(await statusOf(payment)).toBe('SUCCEEDED');
    await tell(payment, { refunds: [{ ...pending, status: 'refused' }] });
    expect(await statusOf(payment)).toBe('SUCCEEDED');
    await tell(payment, { refunds: [{ ...pending, status: 'settled' }] });
    expect(await statusOf(payment)).toBe('REFUNDED');
    await expectMoneyAddsUp(context);
  });

  test('voids a ticket that waits, and marks one that is served', async () => {
    const waiting = await paidCharge();
    const served = await paidCharge();
    await queueTicket(waiting);
    await queueTicket(served, 'in_progress');
    for (const payment of [waiting, served])
      await tell(payment, { refunds: [refund(payment, SERVICE.amountCents)] });
    expect(await ticketOf(waiting)).toEqual({ status: 'voided', moneyBack: 'refunded' });
    expect(await ticketOf(served)).toEqual({ status: 'in_progress', moneyBack: 'refunded' });
  });

  test('before its ticket came: the ticket is void as soon as it is there', async () => {
    const payment = await paidCharge();
    await tell(payment, { refunds: [refund(payment, SERVICE.amountCents)] });
    expect(await ticketOf(payment)).toBeUndefined();
    await queueTicket(payment);
    expect(await ticketOf(payment)).toEqual({ status: 'voided', moneyBack: 'refunded' });
  });
});

describe('a dispute', () => {
  test('that is won gives the payment back, and takes the mark off its ticket', async () => {
    const payment = await paidCharge();
    await queueTicket(payment);
    await tell(payment, { disputes: [dispute(payment, 'open')] });
    expect(await statusOf(payment)).toBe('CHARGEBACK');
    expect(await ticketOf(payment)).toEqual({ status: 'in_queue', moneyBack: 'disputed' });
    await expectMoneyAddsUp(context);
    await tell(payment, { disputes: [dispute(payment, 'won')] });
    expect(await statusOf(payment)).toBe('SUCCEEDED');
    expect(await ticketOf(payment)).toEqual({ status: 'in_queue', moneyBack: null });
    await tell(payment, { disputes: [dispute(payment, 'open')] });
    expect(await statusOf(payment)).toBe('SUCCEEDED');
    await expectMoneyAddsUp(context);
  });

  test('that is lost stays, and its ticket stays marked', async () => {
    const payment = await paidCharge();
    await queueTicket(payment, 'completed');
    await tell(payment, { disputes: [dispute(payment, 'lost')] });
    await tell(payment, { disputes: [dispute(payment, 'won')] });
    expect(await statusOf(payment)).toBe('CHARGEBACK');
    expect(await ticketOf(payment)).toEqual({ status: 'completed', moneyBack: 'disputed' });
    await expectMoneyAddsUp(context);
  });

  test('of a receipt that is not ours is written nowhere', async () => {
    const payment = await paidCharge();
    await tell(payment, { disputes: [{ ...dispute(payment, 'open'), receiptId: 'E-of-another' }] });
    expect(await statusOf(payment)).toBe('SUCCEEDED');
  });
});

describe('a dispute of money that had bought nothing', () => {
  const paidTwice = async () => {
    const payment = await paidCharge();
    await queueTicket(payment);
    bank.pay(payment.txid, SERVICE.amountCents);
    await tell(payment);
    const surplus = bank.chargeOf(payment.txid).receipts[1]?.receiptId ?? '';
    const told = (status: ProviderDispute['status']) =>
      tell(payment, {
        disputes: [{ ...dispute(payment, status, `dp_${surplus}`), receiptId: surplus }],
      });
    return { payment, told };
  };
  const balanceOf = async (account: string) => {
    const [row] = await context.db.query<{ cents: number }>(
      'SELECT coalesce(sum(amount_cents), 0)::bigint AS cents FROM ledger_postings WHERE account_code = $1',
      [account],
    );
    return row?.cents ?? 0;
  };

  test('leaves the sale and its ticket as they are', async () => {
    const { payment, told } = await paidTwice();
    await told('open');
    expect(await statusOf(payment)).toBe('SUCCEEDED');
    expect(await ticketOf(payment)).toEqual({ status: 'in_queue', moneyBack: null });
  });

  test('that is lost is taken from what we owed, not from the sales', async () => {
    const { told } = await paidTwice();
    const returns = await balanceOf('sales_returns');
    const owed = await balanceOf('refunds_payable');
    await told('lost');
    expect(await balanceOf('sales_returns')).toBe(returns);
    expect(await balanceOf('refunds_payable')).toBe(owed + SERVICE.amountCents);
    await expectMoneyAddsUp(context);
  });
});

describe('a refund that a manager asks for', () => {
  const HEALTHY = { pausedUntilMs: () => 0 };
  const ask = (
    payment: PaymentTransaction,
    amountCents: number | null,
    requestId: string = crypto.randomUUID(),
  ) =>
    requestRefund(
      context,
      payment.merchantId,
      { requestId, transactionId: payment.transactionId, amountCents, note: 'Atendimento cancelado' },
      'manager',
    );
  /** Until nothing is due any more: a worker that is stopped at once takes one step. */
  const work = async (): Promise<void> => {
    const due = () =>
      context.db.query('SELECT 1 FROM refunds WHERE next_attempt_at <= $1', [new Date(clock.nowMs())]);
    while ((await due()).length > 0) await startRefundWorker(context, bank, HEALTHY).stop();
    await startRefundWorker(context, bank, HEALTHY).stop();
  };

  test('in two parts: never more than came, and the ticket that waits is void when all is back', async () => {
    const payment = await paidCharge();
    await queueTicket(payment);
    expect(await ask(payment, 1_000)).toMatchObject({ ok: true });
    await work();
    expect(await statusOf(payment)).toBe('PARTIALLY_REFUNDED');
    expect(await ticketOf(payment)).toEqual({ status: 'in_queue', moneyBack: 'partly_refunded' });
    expect(await ask(payment, SERVICE.amountCents)).toMatchObject({ ok: false, code: 'too_much' });
    expect(await ask(payment, null)).toMatchObject({ ok: true });
    await work();
    expect(await statusOf(payment)).toBe('REFUNDED');
    expect(await ticketOf(payment)).toEqual({ status: 'voided', moneyBack: 'refunded' });
    expect(await ask(payment, null)).toMatchObject({ ok: false, code: 'too_much' });
    await expectMoneyAddsUp(context);
  });

  test('is a part of the total, where the provider tells no more; what is above it went back without us', async () => {
    const payment = await paidCharge();
    await ask(payment, 1_000);
    const total = (amountCents: number) =>
      tell(payment, {
        refunds: [{ ...refund(payment, amountCents), refundId: 'total', isTotal: true }],
      });
    // Told before our own refund is known to have arrived, it is ours all the same.
    await total(1_000);
    await work();
    await total(1_000);
    expect(await statusOf(payment)).toBe('PARTIALLY_REFUNDED');
    await expectMoneyAddsUp(context);
    await total(1_500);
    await total(1_500);
    await total(1_000);
    await expectMoneyAddsUp(context);
    await total(SERVICE.amountCents);
    expect(await statusOf(payment)).toBe('REFUNDED');
    const rows = await context.db.query<{ cents: number; by: string }>(
      `SELECT amount_cents AS cents, initiated_by AS by FROM refunds WHERE transaction_id = $1 ORDER BY amount_cents, by`,
      [payment.transactionId],
    );
    expect(rows.map(({ cents, by }) => [Number(cents), by])).toEqual([
      [500, 'provider'],
      [1_000, 'us'],
      [SERVICE.amountCents - 1_500, 'provider'],
    ]);
    await expectMoneyAddsUp(context);
  });

  test('twice with one requestId is one; with another amount it is refused', async () => {
    const payment = await paidCharge();
    const requestId = crypto.randomUUID();
    const [first, second] = await Promise.all([ask(payment, 700, requestId), ask(payment, 700, requestId)]);
    expect(first).toMatchObject({ ok: true });
    expect(second).toEqual(first);
    expect(await ask(payment, 800, requestId)).toMatchObject({ code: 'request_conflict' });
    expect((await readPayment(context, payment.sessionId)).refunds).toHaveLength(1);
  });

  test('by ten managers at once: no more than came', async () => {
    const payment = await paidCharge();
    const answers = await Promise.all(Array.from({ length: 10 }, () => ask(payment, 2_000)));
    const granted = answers.filter(({ ok }) => ok).length;
    expect(granted).toBe(Math.floor(SERVICE.amountCents / 2_000));
    await work();
    await expectMoneyAddsUp(context);
  });

  test.each([
    ['of what is not paid', 'not_paid', async () => openCharge()],
    [
      'after 90 days',
      'too_late',
      async () => {
        const payment = await paidCharge();
        clock.advance(91 * 24 * 60 * 60_000);
        return payment;
      },
    ],
    [
      'of what is disputed',
      'disputed',
      async () => {
        const payment = await paidCharge();
        await tell(payment, { disputes: [dispute(payment, 'open')] });
        return payment;
      },
    ],
  ])('%s is refused', async (_name, code, prepare) => {
    expect(await ask(await prepare(), null)).toMatchObject({ ok: false, code });
  });

  test('that the provider refused is asked for anew, under another id; one that it never had, under its own', async () => {
    const payment = await paidCharge();
    bank.refundsEndAs = 'refused';
    const asked = await ask(payment, null);
    if (!asked.ok) throw new Error(asked.code);
    await work();
    expect((await readPayment(context, payment.sessionId)).refunds).toMatchObject([{ status: 'failed' }]);
    bank.refundsEndAs = 'settled';
    expect(await retryRefunds(context, payment.merchantId, [asked.refundId])).toEqual([`${asked.refundId}2`]);
    expect(await retryRefunds(context, payment.merchantId, [asked.refundId])).toEqual([]);
    await work();
    expect(await statusOf(payment)).toBe('REFUNDED');
    await expectMoneyAddsUp(context);
  });

  test('that our own attempts gave up goes on when it is taken up again', async () => {
    const payment = await paidCharge();
    bank.reachable = false;
    const asked = await ask(payment, null);
    if (!asked.ok) throw new Error(asked.code);
    for (let attempt = 0; attempt < 61; attempt += 1) {
      await work();
      clock.advance(31 * 60_000);
    }
    expect((await readPayment(context, payment.sessionId)).refunds).toMatchObject([{ status: 'failed' }]);
    bank.reachable = true;
    expect(await retryRefunds(context, payment.merchantId, [asked.refundId])).toEqual([asked.refundId]);
    await work();
    expect(await statusOf(payment)).toBe('REFUNDED');
  });
});

describe('money after the charge has ended', () => {
  test('buys its ticket, where the merchant says nothing else', async () => {
    const payment = await openCharge();
    clock.advance(400_000);
    bank.pay(payment.txid, SERVICE.amountCents);
    await tell(payment);
    expect(await readPayment(context, payment.sessionId)).toMatchObject({
      status: 'SUCCEEDED',
      late: true,
      refunds: [],
    });
  });

  test('goes back, and no ticket is made, where the merchant wants that', async () => {
    await context.db.query("UPDATE merchants SET late_money = 'refund'");
    try {
      const payment = await openCharge();
      clock.advance(400_000);
      bank.pay(payment.txid, SERVICE.amountCents);
      await tell(payment);
      expect(await readPayment(context, payment.sessionId)).toMatchObject({
        confirmations: 0,
        ticketNumber: null,
        refunds: [{ reason: 'late', status: 'requested', cents: SERVICE.amountCents }],
      });
      await expectMoneyAddsUp(context);
    } finally {
      await context.db.query("UPDATE merchants SET late_money = 'ticket'");
    }
  });
});

test('in whatever order refunds and disputes are told, the end is the same and the books add up', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.shuffledSubarray(['half', 'rest', 'open', 'won', 'half', 'open'], { minLength: 1 }),
      async (steps) => {
        const payment = await paidCharge();
        const half = refund(payment, SERVICE.amountCents / 2);
        const rest = refund(payment, SERVICE.amountCents - half.amountCents);
        const refunds: ProviderChargeRefund[] = [];
        let end: ProviderDispute['status'] | null = null;
        for (const step of steps) {
          if (step === 'half') refunds.push(half);
          if (step === 'rest') refunds.push(rest);
          if (step === 'open' || step === 'won') end = end === 'won' ? 'won' : step;
          const disputes = step === 'open' || step === 'won' ? [dispute(payment, step)] : [];
          await tell(payment, { refunds, disputes });
        }
        const returned = [...new Set(refunds)].reduce((sum, { amountCents }) => sum + amountCents, 0);
        const byMoney =
          returned === 0 ? 'SUCCEEDED' : returned < SERVICE.amountCents ? 'PARTIALLY_REFUNDED' : 'REFUNDED';
        expect(await statusOf(payment)).toBe(end === 'open' ? 'CHARGEBACK' : byMoney);
      },
    ),
    { numRuns: 30 },
  );
  await expectMoneyAddsUp(context);
});
