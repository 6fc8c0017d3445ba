import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { ChargeRequest, ChargeResponse } from '../../domain/protocol/charges.ts';
import { readCustomer } from '../customers/read-customer.ts';
import { startInboxProcessor } from '../webhooks/processor.ts';
import { webhookUrl } from '../webhooks/webhook-url.ts';
import { requestChargeCancellation } from './cancel-charge.ts';
import { type PaymentHouse, startPaymentHouse } from './testing/payment-house.ts';
import { chargeRequest, expectMoneyAddsUp, KIOSK, readPayment, SERVICE } from './testing/payment-steps.ts';

let house: PaymentHouse;

beforeAll(async () => {
  house = await startPaymentHouse();
});
beforeEach(() =>
  house.faults({ online: true, apiDelayMs: 0, timeoutAfterSuccess: false, webhook: 'normal' }),
);
afterEach(() => expectMoneyAddsUp(house.context));
afterAll(() => house.close());

async function charge(request: ChargeRequest = chargeRequest(house.context)): Promise<ChargeResponse> {
  const answer = await house.post('/v1/charges', request);
  expect(answer.status, JSON.stringify(answer.body)).toBe(200);
  return answer.body as ChargeResponse;
}
const payment = (made: ChargeResponse) => readPayment(house.context, made.sessionId);
const isPaid = (made: ChargeResponse) => async () => (await payment(made)).confirmations > 0;
const hasRefund = (made: ChargeResponse, status: string) => async () =>
  (await payment(made)).refunds.some((refund) => refund.status === status);
const webhookPath = () => `${webhookUrl('', house.provider)}/pix`;
const notification = (txid: string) => ({
  pix: [{ endToEndId: 'E'.padEnd(32, '0'), txid, valor: '50.00', horario: '2026-03-10T15:00:00.000Z' }],
});

describe('POST /v1/charges', () => {
  test('makes a charge, and answers the same one to a retry', async () => {
    const request = chargeRequest(house.context);
    const made = await charge(request);
    expect(made).toMatchObject({ txid: request.txid, status: 'PENDING', amountCents: SERVICE.amountCents });
    expect(made.brCode).toMatch(/^000201.*br\.gov\.bcb\.pix.*6304[0-9A-F]{4}$/i);
    expect(made.expiresAt - made.serverTime).toBe(300_000);
    expect(await charge(request)).toEqual({ ...made, serverTime: house.clock.nowMs() });
  });

  test.each(['5 hours', '-5 hours'])(
    'tells the end of a charge by its own clock, where the bank’s differs by %s',
    async (difference) => {
      const request = chargeRequest(house.context);
      const made = await charge(request);
      await house.context.db.query(
        `UPDATE payment_transactions SET charge_created_at = charge_created_at + $2::interval,
           charge_expires_at = charge_expires_at + $2::interval WHERE transaction_id = $1`,
        [made.transactionId, difference],
      );
      expect((await charge(request)).expiresAt).toBe(made.expiresAt);
    },
  );

  test('tells an end that no charge of now can have, where its own clock was set back since', async () => {
    const request = chargeRequest(house.context);
    const made = await charge(request);
    await house.context.db.query(
      `WITH ahead AS (UPDATE payment_transitions SET at = at + interval '1 hour' WHERE transaction_id = $1)
       UPDATE payment_transactions SET created_at = created_at + interval '1 hour',
         charge_created_at = charge_created_at + interval '1 hour',
         charge_expires_at = charge_expires_at + interval '1 hour' WHERE transaction_id = $1`,
      [made.transactionId],
    );
    const again = await charge(request);
    expect(again.expiresAt - again.serverTime).toBe(300_000);
  });

  test('ten retries at once make one charge', async () => {
    const request = chargeRequest(house.context);
    const answers = await Promise.all(Array.from({ length: 10 }, () => charge(request)));
    expect(new Set(answers.map((answer) => answer.transactionId)).size).toBe(1);
    expect((await house.bankCharges()).filter((one) => one.txid === request.txid)).toHaveLength(1);
  });

  test.each([
    [404, 'service_unknown', { serviceId: '0198c1a0-0000-7000-8000-0000000000ff' }],
    [409, 'amount_not_in_catalog', { amountCents: SERVICE.amountCents - 1 }],
    [400, 'invalid_request', { txid: 'short' }],
  ])('%d %s', async (status, code, overrides) => {
    const answer = await house.post('/v1/charges', chargeRequest(house.context, overrides));
    expect(answer).toMatchObject({ status, body: { error: { code } } });
  });

  test('409 txid_conflict for the txid of another session, and for other data of the same session', async () => {
    const first = chargeRequest(house.context);
    await charge(first);
    const stolen = await house.post('/v1/charges', chargeRequest(house.context, { txid: first.txid }));
    expect(stolen).toMatchObject({ status: 409, body: { error: { code: 'txid_conflict' } } });
    const changed = await house.post('/v1/charges', {
      ...first,
      txid: chargeRequest(house.context).txid,
    });
    expect(changed).toMatchObject({ status: 409, body: { error: { code: 'txid_conflict' } } });
  });

  test('401 without a token, 403 for an operator', async () => {
    expect((await house.post('/v1/charges', chargeRequest(house.context), 'nobody')).status).toBe(401);
    const operator = await house.post('/v1/charges', chargeRequest(house.context), 'test-operator-token');
    expect(operator.status).toBe(403);
  });

  test('the customer is stored sealed', async () => {
    const request = chargeRequest(house.context, { customer: { name: 'Maria Souza', cpf: '52998224725' } });
    await charge(request);
    const [row] = await house.context.db.query<{ customerId: string; sealed: Buffer | null }>(
      `SELECT customer_id AS "customerId", customer_sealed AS sealed FROM payment_transactions WHERE session_id = $1`,
      [request.sessionId],
    );
    expect(row?.sealed).toBeNull();
    expect(
      await readCustomer(house.context, house.context.db, KIOSK.merchantId, row?.customerId ?? ''),
    ).toMatchObject({ name: 'Maria Souza', document: '52998224725' });
  });

  test('a bank that does it and never answers has one charge, and the customer gets its QR code', async () => {
    await house.faults({ timeoutAfterSuccess: true });
    const made = await charge();
    expect((await house.bankCharges()).filter((one) => one.txid === made.txid)).toHaveLength(1);
    await house.faults({ timeoutAfterSuccess: false });
    await house.pay(made.txid, 'exact');
    await house.until(isPaid(made));
  });

  test('a bank that is away: 503, and the same session has its charge when it is back', async () => {
    await house.faults({ online: false });
    const request = chargeRequest(house.context);
    expect(await house.post('/v1/charges', request)).toMatchObject({
      status: 503,
      body: { error: { code: 'provider_unavailable' } },
    });
    await house.faults({ online: true });
    await charge(request);
  });

  test('a bank whose machine is off: 503 as well', async () => {
    await house.stopBank();
    const request = chargeRequest(house.context);
    expect((await house.post('/v1/charges', request)).status).toBe(503);
    await house.until(async () => house.workers.health.report().status === 'down');
    await house.restartBank();
    await charge(request);
    await house.until(async () => house.workers.health.report().status === 'ok');
  });

  test('a token that ran out is renewed without anyone noticing', async () => {
    await charge();
    house.clock.advance(3_600_000);
    await charge();
  });
});

describe('money', () => {
  test('exact: paid by the webhook, without waiting for the poll', async () => {
    const made = await charge();
    const before = house.clock.nowMs();
    await house.pay(made.txid, 'exact');
    await house.until(isPaid(made), 2_000);
    expect(house.clock.nowMs() - before).toBeLessThan(4_000);
    expect(await payment(made)).toMatchObject({
      status: 'SUCCEEDED',
      late: false,
      confirmations: 1,
      refunds: [],
    });
  });

  test('webhook lost: the poll finds it', async () => {
    await house.faults({ webhook: 'lost' });
    const made = await charge();
    await house.pay(made.txid, 'exact');
    await house.until(isPaid(made), 10_000);
    expect(await payment(made)).toMatchObject({ confirmations: 1, late: false });
  });

  test('late: paid after the expiry, the ticket still comes', async () => {
    const made = await charge();
    await house.pay(made.txid, 'late');
    house.clock.advance(300_000);
    expect(await payment(made)).toMatchObject({ confirmations: 0 });
    await house.until(isPaid(made));
    expect(await payment(made)).toMatchObject({ status: 'SUCCEEDED', late: true, confirmations: 1 });
  });

  test('twice: one ticket, and the second Pix goes back and arrives', async () => {
    const made = await charge();
    await house.pay(made.txid, 'twice');
    await house.until(hasRefund(made, 'settled'));
    expect(await payment(made)).toMatchObject({
      confirmations: 1,
      refunds: [{ reason: 'surplus', cents: SERVICE.amountCents }],
    });
  });

  test('another amount: never paid, and all of it goes back', async () => {
    const made = await charge();
    await house.pay(made.txid, 'other_amount', 4_999);
    await house.until(hasRefund(made, 'settled'));
    const stored = await payment(made);
    expect(stored).toMatchObject({ status: 'FAILED', ticketNumber: null, confirmations: 0 });
    expect(stored.refunds).toEqual([{ reason: 'wrong_amount', status: 'settled', cents: 4_999 }]);
    expect(stored.feedKinds).toEqual(['refund.changed', 'refund.changed', 'refund.changed']);
  });

  test('a refund whose answer is lost is not made twice', async () => {
    const made = await charge();
    await house.faults({ timeoutAfterSuccess: true });
    await house.pay(made.txid, 'other_amount', 777);
    await house.until(async () => (await payment(made)).refunds.length > 0);
    await house.until(hasRefund(made, 'settled'));
    expect((await payment(made)).refunds).toEqual([
      { reason: 'wrong_amount', status: 'settled', cents: 777 },
    ]);
  });

  test('cancelled: the bank takes no more money for it', async () => {
    const made = await charge();
    await cancel(made);
    await house.until(async () => (await payment(made)).status === 'CANCELED');
    await expect(house.pay(made.txid, 'exact')).rejects.toThrow('charge_removed');
    const again = await house.post('/v1/charges', {
      ...chargeRequest(house.context),
      sessionId: made.sessionId,
      txid: made.txid,
    });
    expect(again).toMatchObject({ status: 409, body: { error: { code: 'charge_closed' } } });
  });

  test('cancelled while the money was on its way: paid', async () => {
    const made = await charge();
    await Promise.all([house.pay(made.txid, 'exact'), cancel(made)]);
    await house.until(isPaid(made));
    expect(await payment(made)).toMatchObject({ status: 'SUCCEEDED', confirmations: 1 });
  });

  test('webhook and poll at once: one confirmation, one number, one entry', async () => {
    const made = await charge();
    await house.pay(made.txid, 'exact');
    house.clock.advance(4_000);
    await Promise.all(Array.from({ length: 5 }, () => house.post(webhookPath(), notification(made.txid))));
    await house.until(isPaid(made));
    await house.until(inboxIsEmpty);
    expect((await payment(made)).confirmations).toBe(1);
  });
});

describe('webhooks', () => {
  test('a hundred copies, mixed with those of other charges, change nothing twice', async () => {
    await house.faults({ webhook: 'lost' });
    const all = [await charge(), await charge(), await charge()];
    for (const made of all) await house.pay(made.txid, 'exact');
    const copies = all
      .flatMap((made) => Array.from({ length: 100 }, (_, index) => ({ made, order: (index * 7919) % 101 })))
      .sort((a, b) => a.order - b.order);
    const answers = await Promise.all(
      copies.map(({ made }) => house.post(webhookPath(), notification(made.txid))),
    );
    expect(answers.every((answer) => answer.status === 200)).toBe(true);
    for (const made of all) await house.until(isPaid(made));
    for (const made of all) expect((await payment(made)).confirmations).toBe(1);
    for (const made of all)
      expect(await inboxOf(made.txid)).toMatchObject([{ status: 'processed', deliveries: 100 }]);
  });

  test('a webhook that lies is only a hint: nothing is paid', async () => {
    const made = await charge();
    await house.post(webhookPath(), notification(made.txid));
    await house.until(inboxIsEmpty);
    expect(await payment(made)).toMatchObject({ status: 'PENDING', confirmations: 0 });
  });

  test('one that overtakes our own row is tried again', async () => {
    const request = chargeRequest(house.context);
    await house.post(webhookPath(), notification(request.txid));
    await house.until(async () => (await inboxOf(request.txid))[0]?.attempts === 1);
    await charge(request);
    await house.until(async () => (await inboxOf(request.txid))[0]?.status === 'processed');
    expect(await inboxOf(request.txid)).toMatchObject([{ outcome: 'applied' }]);
  });

  test('an unknown txid is kept and acknowledged', async () => {
    const { txid } = chargeRequest(house.context);
    expect((await house.post(webhookPath(), notification(txid))).status).toBe(200);
    await house.until(async () => (await inboxOf(txid))[0]?.status === 'processed', 120_000);
    expect(await inboxOf(txid)).toMatchObject([{ outcome: 'unknown_charge' }]);
  });

  test('an unreadable body is kept as it came, dead, with its reason', async () => {
    const answer = await fetch(`${house.serverUrl}${webhookPath()}`, { method: 'POST', body: 'não é JSON' });
    expect(answer.status).toBe(200);
    await house.until(async () => (await inboxOf('não é JSON')).length === 1);
    await house.until(async () => (await inboxOf('não é JSON'))[0]?.status === 'dead');
    expect(await inboxOf('não é JSON')).toMatchObject([{ error: 'not a Pix callback: (body)' }]);
  });

  test('any other address is 404, and stores nothing', async () => {
    const before = await inboxCount();
    for (const path of ['/v1/webhooks/bacen-pix/guess/pix', '/v1/webhooks/bacen-pix/guess'])
      expect((await house.post(path, notification('x'))).status).toBe(404);
    expect(await inboxCount()).toBe(before);
  });

  test('a body of more than 256 KiB is refused', async () => {
    const answer = await house.post(webhookPath(), { pix: 'x'.repeat(257 * 1024) });
    expect(answer.status).toBe(413);
  });
});

describe('restart', () => {
  test('what another process left unfinished in the inbox is done', async () => {
    await house.faults({ webhook: 'lost' });
    const made = await charge();
    await house.pay(made.txid, 'exact');
    await house.context.db.query(
      `INSERT INTO webhook_inbox (inbox_id, provider, dedupe_key, received_at, body, headers, status, next_attempt_at)
       VALUES (gen_random_uuid(), 'bacen-pix', gen_random_uuid(), $1, $2, '{}', 'received', $1)`,
      [new Date(house.clock.nowMs()), Buffer.from(JSON.stringify(notification(made.txid)))],
    );
    // Before the poll would find the money: a process that starts looks into the inbox at once.
    const next = startInboxProcessor(house.context, house.provider);
    await house.until(isPaid(made), 2_000);
    await next.stop();
  });
});

function cancel(made: ChargeResponse): Promise<void> {
  return house.context.db.transaction((transaction) =>
    requestChargeCancellation(
      house.context,
      transaction,
      KIOSK.merchantId,
      [made.sessionId],
      house.clock.nowMs(),
    ),
  );
}

async function inboxIsEmpty(): Promise<boolean> {
  const [row] = await house.context.db.query<{ open: number }>(
    "SELECT count(*)::int AS open FROM webhook_inbox WHERE status = 'received' AND attempts = 0",
  );
  return row?.open === 0;
}

async function inboxCount(): Promise<number> {
  const [row] = await house.context.db.query<{ all: number }>(
    'SELECT count(*)::int AS all FROM webhook_inbox',
  );
  return row?.all ?? 0;
}

function inboxOf(
  text: string,
): Promise<{ status: string; attempts: number; outcome: string | null; error: string | null }[]> {
  return house.context.db.query(
    `SELECT status, attempts, outcome, deliveries, last_error AS error FROM webhook_inbox
     WHERE position($1 IN convert_from(body, 'UTF8')) > 0`,
    [text],
  );
}
