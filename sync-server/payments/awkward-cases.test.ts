import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { encodeStaticBrCode } from '../../domain/br-code.ts';
import { ticketIdOfSession } from '../../domain/ids.ts';
import type { ChargeResponse } from '../../domain/protocol/charges.ts';
import type { FeedPage } from '../../domain/protocol/feed.ts';
import type { QueueResult } from '../../domain/protocol/queue.ts';
import type { OutboxEvent } from '../../domain/protocol/sync.ts';
import { DEMO_COUNTERS, DEMO_KIOSK_ID, DEMO_PIX_KEY } from '../catalog/demo-shop.ts';
import { kioskToken } from '../testing/kiosk-identity.ts';
import { outboxEvent } from '../testing/paid-session.ts';
import { MANAGER_TOKEN, OPERATOR_TOKEN } from '../testing/test-context.ts';
import { type LyingBank, startLyingBank } from './testing/lying-bank.ts';
import { type PaymentHouse, startPaymentHouse } from './testing/payment-house.ts';
import { chargeRequest, expectMoneyAddsUp, readPayment, SERVICE } from './testing/payment-steps.ts';

const PRICE = SERVICE.amountCents;
const [COUNTER] = DEMO_COUNTERS;

let house: PaymentHouse;
let bank: LyingBank;

beforeAll(async () => {
  house = await startPaymentHouse(async (bankUrl) => {
    bank = await startLyingBank(bankUrl);
    return bank;
  });
});
beforeEach(async () => {
  bank.lie(null);
  await house.faults({ online: true, timeoutAfterSuccess: false, webhook: 'normal' });
  await house.context.db.query("UPDATE merchants SET late_money = 'ticket'");
});
afterEach(() => expectMoneyAddsUp(house.context));
afterAll(() => house.close());

async function charge(): Promise<ChargeResponse> {
  const answer = await house.post('/v1/charges', chargeRequest(house.context));
  expect(answer.status, JSON.stringify(answer.body)).toBe(200);
  return answer.body as ChargeResponse;
}
const payment = (made: ChargeResponse) => readPayment(house.context, made.sessionId);
const isPaid = (made: ChargeResponse) => async () => (await payment(made)).confirmations > 0;
const hasRefund = (made: ChargeResponse, status: string) => async () =>
  (await payment(made)).refunds.some((refund) => refund.status === status);

async function paidCharge(): Promise<ChargeResponse> {
  const made = await charge();
  await house.pay(made.txid, 'exact');
  await house.until(isPaid(made));
  return made;
}

/** What the session's totem, and by it the customer, is told; in its order. */
async function toldToTotem({ sessionId }: ChargeResponse): Promise<Record<string, unknown>[]> {
  const all: Record<string, unknown>[] = [];
  for (let after = 0; ; ) {
    const { body } = await house.get(`/v1/feed?after=${after}`, kioskToken(DEMO_KIOSK_ID, house.clock));
    const { entries } = body as FeedPage;
    const last = entries.at(-1);
    if (last === undefined) return all;
    for (const { kind, payload } of entries) {
      const told = payload as Record<string, unknown>;
      if (told['sessionId'] === sessionId) all.push({ kind, ...told });
    }
    after = last.seq;
  }
}

/** Of the session's entries in the ledger, debit positive. */
async function ledgerOf({ transactionId }: ChargeResponse): Promise<Record<string, number>> {
  const rows = await house.context.db.query<{ code: string; cents: number }>(
    `SELECT account_code AS code, sum(amount_cents)::bigint AS cents
     FROM ledger_postings JOIN ledger_entries USING (merchant_id, entry_id)
     WHERE transaction_id = $1 GROUP BY account_code HAVING sum(amount_cents) <> 0`,
    [transactionId],
  );
  return Object.fromEntries(rows.map(({ code, cents }) => [code, cents]));
}

async function push(...events: OutboxEvent[]): Promise<void> {
  const answer = await house.post('/v1/sync/push', { events });
  expect(answer).toMatchObject({
    status: 200,
    body: { results: events.map(() => ({ outcome: 'applied' })) },
  });
}

/** The totem issues the ticket that the confirmation names. */
async function issued(made: ChargeResponse): Promise<OutboxEvent> {
  const told = (await toldToTotem(made)).find(({ kind }) => kind === 'payment.confirmed');
  const ticket = told?.['ticket'] as Record<string, unknown>;
  const atMs = house.clock.nowMs();
  return outboxEvent(
    'ticket.issued',
    {
      ticketId: ticketIdOfSession(made.sessionId),
      sessionId: made.sessionId,
      issuedAt: atMs,
      ...ticket,
    } as never,
    atMs,
  );
}
const queued = ({ sessionId }: ChargeResponse, delivery: 'printed' | 'screen' = 'printed'): OutboxEvent =>
  outboxEvent(
    'ticket.queued',
    { ticketId: ticketIdOfSession(sessionId), delivery, queuedAt: house.clock.nowMs() },
    house.clock.nowMs(),
  );

async function inQueue(made: ChargeResponse): Promise<void> {
  await push(await issued(made), queued(made));
}

/** As operators see it. */
async function ticketOf({ sessionId }: ChargeResponse): Promise<Record<string, unknown> | undefined> {
  const { body } = await house.get('/v1/queue', OPERATOR_TOKEN);
  return (body as { tickets: Record<string, unknown>[] }).tickets.find(
    (one) => one['sessionId'] === sessionId,
  );
}

async function command(kind: string, made?: ChargeResponse): Promise<QueueResult> {
  const { body } = await house.post(
    '/v1/queue/commands',
    {
      kind: `queue.${kind}`,
      commandId: randomUUID(),
      counter: COUNTER,
      ...(made === undefined ? {} : { ticketId: ticketIdOfSession(made.sessionId) }),
    },
    OPERATOR_TOKEN,
  );
  return body as QueueResult;
}

/** Through the counter, so that the queue is empty for the next case. */
async function serve(made: ChargeResponse): Promise<void> {
  expect(await command('call_next')).toMatchObject({ ok: true, ticket: { sessionId: made.sessionId } });
  expect(await command('start', made)).toMatchObject({ ok: true });
  expect(await command('complete', made)).toMatchObject({ ok: true });
}

async function managerSees(): Promise<{ refundsOpen: number; issues: { sessionId: string }[] }> {
  return (await house.get('/v1/integration/status', MANAGER_TOKEN)).body as never;
}
async function managerRefunds({ transactionId }: ChargeResponse): Promise<unknown[]> {
  const { body } = await house.get('/v1/refunds', MANAGER_TOKEN);
  return (body as { refunds: { transactionId: string }[] }).refunds.filter(
    (one) => one.transactionId === transactionId,
  );
}
const refundWhole = ({ transactionId }: ChargeResponse) =>
  house.post(
    '/v1/refunds',
    { requestId: randomUUID(), transactionId, note: 'Desistência do cliente' },
    MANAGER_TOKEN,
  );

const SOLD = { 'receivable:bacen-pix': PRICE, sales: -PRICE };
const SOLD_AND_RETURNED = { sales: -PRICE, sales_returns: PRICE };

test('1. paid, and the webhook never comes: found by asking, one ticket', async () => {
  await house.faults({ webhook: 'lost' });
  const made = await charge();
  const paidAtMs = house.clock.nowMs();
  await house.pay(made.txid, 'exact');
  await house.until(isPaid(made), 10_000);
  expect(house.clock.nowMs() - paidAtMs).toBeLessThanOrEqual(10_000);
  expect(await payment(made)).toMatchObject({ status: 'SUCCEEDED', late: false, refunds: [] });
  expect(await ledgerOf(made)).toEqual(SOLD);
  expect(await toldToTotem(made)).toMatchObject([
    { kind: 'payment.confirmed', late: false, amountCents: PRICE },
  ]);
  expect((await managerSees()).issues).toContainEqual(expect.objectContaining({ sessionId: made.sessionId }));
  await inQueue(made);
  expect((await managerSees()).issues).not.toContainEqual(
    expect.objectContaining({ sessionId: made.sessionId }),
  );
  await serve(made);
});

describe('2. paid after the expiry', () => {
  async function latePaid(): Promise<ChargeResponse> {
    const made = await charge();
    await house.pay(made.txid, 'late');
    house.clock.advance(300_000);
    return made;
  }

  test('of a merchant that gives a ticket: one, and it is told that it is late', async () => {
    const made = await latePaid();
    await house.until(isPaid(made), 600_000);
    expect(await payment(made)).toMatchObject({
      status: 'SUCCEEDED',
      late: true,
      confirmations: 1,
      refunds: [],
    });
    expect(await ledgerOf(made)).toEqual(SOLD);
    expect((await toldToTotem(made)).at(-1)).toMatchObject({ kind: 'payment.confirmed', late: true });
    await inQueue(made);
    await serve(made);
  });

  test('of a merchant that sends it back: no ticket, all goes back, and the customer reads why', async () => {
    await house.context.db.query("UPDATE merchants SET late_money = 'refund'");
    const made = await latePaid();
    await house.until(hasRefund(made, 'settled'), 600_000);
    expect(await payment(made)).toMatchObject({
      ticketNumber: null,
      confirmations: 0,
      refunds: [{ reason: 'late', status: 'settled', cents: PRICE }],
    });
    expect(await ledgerOf(made)).toEqual({});
    expect((await toldToTotem(made)).at(-1)).toMatchObject({
      kind: 'refund.changed',
      reason: 'late',
      status: 'settled',
      refundCents: PRICE,
    });
    expect(await managerRefunds(made)).toMatchObject([
      { reason: 'late', status: 'settled', ticketLabel: null },
    ]);
    expect(await ticketOf(made)).toBeUndefined();
  });
});

describe('3. paid twice', () => {
  test('two Pix on one txid: one ticket, the second goes back', async () => {
    const made = await charge();
    await house.pay(made.txid, 'twice');
    await house.until(hasRefund(made, 'settled'), 120_000);
    expect(await payment(made)).toMatchObject({
      status: 'SUCCEEDED',
      confirmations: 1,
      refunds: [{ reason: 'surplus', status: 'settled', cents: PRICE }],
    });
    expect(await ledgerOf(made)).toEqual(SOLD);
    expect(await managerRefunds(made)).toMatchObject([{ reason: 'surplus', status: 'settled' }]);
    await inQueue(made);
    await serve(made);
  });

  test('the second an hour later, its webhook lost: it goes back all the same', async () => {
    await house.faults({ webhook: 'lost' });
    const made = await paidCharge();
    await inQueue(made);
    bank.lie(({ path, body, status }) => {
      if (!path.endsWith(`/cob/${made.txid}`) || status !== 200) return null;
      const told = body as { pix: Record<string, unknown>[] };
      const second = { ...told.pix[0], endToEndId: `E${'4'.repeat(31)}` };
      return { body: { ...told, pix: [...told.pix, second] } };
    });
    house.clock.advance(3_600_000);
    await house.until(hasRefund(made, 'requested'), 60_000);
    expect(await payment(made)).toMatchObject({
      confirmations: 1,
      refunds: [{ reason: 'surplus', cents: PRICE }],
    });
    expect(await ledgerOf(made)).toEqual({
      'receivable:bacen-pix': 2 * PRICE,
      sales: -PRICE,
      refunds_payable: -PRICE,
    });
    expect((await managerSees()).refundsOpen).toBe(1);
    // The bank's own books know of no such Pix: what it refuses is the manager's to look at, and nothing is hidden.
    await house.context.db.query("UPDATE refunds SET attempts = 60 WHERE status = 'requested'");
    await house.until(hasRefund(made, 'failed'), 3_600_000);
    expect((await managerSees()).refundsOpen).toBe(1);
    await serve(made);
  });
});

test.each([
  ['less', PRICE - 1],
  ['more', PRICE + 1],
])('4. %s than the price: no ticket, all goes back', async (_name, cents) => {
  const made = await charge();
  await house.pay(made.txid, 'other_amount', cents);
  await house.until(hasRefund(made, 'settled'), 120_000);
  expect(await payment(made)).toMatchObject({
    status: 'FAILED',
    ticketNumber: null,
    confirmations: 0,
    refunds: [{ reason: 'wrong_amount', status: 'settled', cents }],
  });
  expect(await ledgerOf(made)).toEqual({});
  expect((await toldToTotem(made)).map(({ status }) => status)).toEqual([
    'requested',
    'processing',
    'settled',
  ]);
  expect((await toldToTotem(made))[0]).toMatchObject({
    reason: 'wrong_amount',
    expectedCents: PRICE,
    receivedCents: cents,
    refundCents: cents,
  });
  expect(await ticketOf(made)).toBeUndefined();
  expect((await managerSees()).issues).not.toContainEqual(
    expect.objectContaining({ sessionId: made.sessionId }),
  );
});

test('5. events twice, and in the wrong order: the end is the same, nothing is told twice', async () => {
  await house.faults({ webhook: 'duplicate' });
  const made = await charge();
  const before: unknown[] = [];
  bank.lie(({ path, body, method }) => {
    if (method === 'GET' && path.endsWith(`/cob/${made.txid}`)) before.push(body);
    return null;
  });
  await house.until(async () => before.length > 0);
  const [unpaid] = before;
  await house.pay(made.txid, 'exact');
  await house.until(isPaid(made));
  // The bank answers as it did before the money came: an old word undoes nothing.
  bank.lie(({ path, method }) =>
    method === 'GET' && path.endsWith(`/cob/${made.txid}`) ? { body: unpaid } : null,
  );
  house.clock.advance(60_000);
  await house.until(async () => bank.takeCalls().some(({ path }) => path.endsWith(`/cob/${made.txid}`)));
  expect(await payment(made)).toMatchObject({ status: 'SUCCEEDED', confirmations: 1, refunds: [] });
  expect(await toldToTotem(made)).toHaveLength(1);
  expect(await ledgerOf(made)).toEqual(SOLD);
  await inQueue(made);
  await serve(made);
});

test('6. paid, and the paper fails: the ticket stands in the queue, and is called', async () => {
  const made = await paidCharge();
  await push(await issued(made), queued(made, 'screen'));
  const finishedAt = house.clock.nowMs();
  await push(
    outboxEvent(
      'ticket.print_finished',
      {
        ticketId: ticketIdOfSession(made.sessionId),
        jobId: randomUUID(),
        copyNumber: 1,
        attempts: 3,
        outcome: 'failed',
        detail: 'paper_out',
        finishedAt,
      },
      finishedAt,
    ),
  );
  expect(await ticketOf(made)).toMatchObject({ status: 'in_queue', delivery: 'screen', moneyBack: null });
  expect(await payment(made)).toMatchObject({ status: 'SUCCEEDED', confirmations: 1, refunds: [] });
  expect(await ledgerOf(made)).toEqual(SOLD);
  await serve(made);
});

test('7. the making of the charge is not answered: one charge, which is paid once', async () => {
  await house.faults({ timeoutAfterSuccess: true });
  const request = chargeRequest(house.context);
  let answer = await house.post('/v1/charges', request);
  for (let attempt = 0; attempt < 10 && answer.status !== 200; attempt += 1) {
    expect(answer).toMatchObject({ status: 503, body: { error: { code: 'provider_unavailable' } } });
    house.clock.advance(2_000);
    answer = await house.post('/v1/charges', request);
  }
  await house.faults({ timeoutAfterSuccess: false });
  const made = answer.body as ChargeResponse;
  expect((await house.bankCharges()).filter(({ txid }) => txid === request.txid)).toHaveLength(1);
  await house.pay(made.txid, 'exact');
  await house.until(isPaid(made));
  expect(await ledgerOf(made)).toEqual(SOLD);
  await inQueue(made);
  await serve(made);
});

describe('8. the money goes back', () => {
  test('after the service: the ticket stays served, and says so', async () => {
    const made = await paidCharge();
    await inQueue(made);
    await serve(made);
    expect(await refundWhole(made)).toMatchObject({ status: 200 });
    await house.until(async () => (await ticketOf(made))?.['moneyBack'] === 'refunded', 120_000);
    expect(await ticketOf(made)).toMatchObject({ status: 'completed' });
    expect(await payment(made)).toMatchObject({ status: 'REFUNDED', refunds: [{ reason: 'requested' }] });
    expect(await ledgerOf(made)).toEqual(SOLD_AND_RETURNED);
    expect(await managerRefunds(made)).toMatchObject([
      { reason: 'requested', status: 'settled', ticketLabel: expect.stringMatching(/^[A-Z]+\d+$/) },
    ]);
  });

  test('before the service: the ticket is void, and nobody is called with it', async () => {
    const made = await paidCharge();
    await inQueue(made);
    await refundWhole(made);
    await house.until(async () => (await ticketOf(made))?.['status'] === 'voided', 120_000);
    expect(await command('call_next')).toMatchObject({ ok: false, code: 'queue_empty' });
    for (const kind of ['recall', 'start', 'return'])
      expect(await command(kind, made)).toMatchObject({ ok: false });
    expect(await ledgerOf(made)).toEqual(SOLD_AND_RETURNED);
  });

  test('before the totem has told of the ticket: it is void as soon as it stands in the queue', async () => {
    const made = await paidCharge();
    await push(await issued(made));
    await refundWhole(made);
    await house.until(async () => (await payment(made)).status === 'REFUNDED', 120_000);
    await house.until(async () => (await ticketOf(made))?.['moneyBack'] === 'refunded', 60_000);
    await push(queued(made));
    await house.until(async () => (await ticketOf(made))?.['status'] === 'voided', 60_000);
    expect(await command('call_next')).toMatchObject({ ok: false, code: 'queue_empty' });
  });

  test('before there is a ticket: it is no ticket that is missing, and none is made by hand', async () => {
    const made = await paidCharge();
    await refundWhole(made);
    await house.until(async () => (await payment(made)).status === 'REFUNDED', 120_000);
    house.clock.advance(3_600_000);
    expect((await managerSees()).issues).not.toContainEqual(
      expect.objectContaining({ sessionId: made.sessionId }),
    );
    const rescue = await house.post(
      '/v1/queue/commands',
      { kind: 'queue.rescue', commandId: randomUUID(), counter: COUNTER, sessionId: made.sessionId },
      OPERATOR_TOKEN,
    );
    expect(rescue.body).toMatchObject({ ok: false, code: 'not_paid' });
  });

  test.each([
    ['DEVOLVIDO', 'CHARGEBACK', 'disputed', { sales: -PRICE, sales_returns: PRICE }],
    ['NAO_REALIZADO', 'SUCCEEDED', null, SOLD],
  ])(
    'by the payer’s bank (MED), after the service; it ends as %s',
    async (word, status, moneyBack, books) => {
      const made = await paidCharge();
      await inQueue(made);
      await serve(made);
      const claw = (told: string) => {
        bank.lie(({ path, body, status: code }) => {
          if (!path.endsWith(`/cob/${made.txid}`) || code !== 200) return null;
          const known = body as { pix: Record<string, unknown>[] };
          const devolucoes = [
            { id: 'MED1', rtrId: 'D1', valor: '50.00', status: told, natureza: 'MED_FRAUDE', horario: {} },
          ];
          return { body: { ...known, pix: known.pix.map((pix) => ({ ...pix, devolucoes })) } };
        });
      };
      claw('EM_PROCESSAMENTO');
      house.clock.advance(60_000);
      await house.until(async () => (await ticketOf(made))?.['moneyBack'] === 'disputed', 120_000);
      expect(await payment(made)).toMatchObject({ status: 'CHARGEBACK' });
      expect(await ledgerOf(made)).toEqual({ disputed: PRICE, sales: -PRICE });
      expect(await refundWhole(made)).toMatchObject({ status: 409, body: { error: { code: 'disputed' } } });
      claw(word);
      house.clock.advance(3_600_000);
      await house.until(
        async () =>
          JSON.stringify(await ledgerOf(made)) !== JSON.stringify({ disputed: PRICE, sales: -PRICE }),
        120_000,
      );
      await house.until(async () => ((await ticketOf(made))?.['moneyBack'] ?? null) === moneyBack, 120_000);
      expect(await payment(made)).toMatchObject({ status });
      expect(await ledgerOf(made)).toEqual(books);
      expect(await ticketOf(made)).toMatchObject({ status: 'completed' });
    },
  );
});

test('9. money of no charge: held in suspense, with its age, until a person sends it back', async () => {
  await paidCharge();
  const code = encodeStaticBrCode({
    merchantName: 'Loja',
    merchantCity: 'Recife',
    key: DEMO_PIX_KEY,
    amountCents: 1_234,
  });
  if (!code.ok) throw new Error('not encoded');
  const paid = await fetch(`${house.context.config.pix.simulatorBankUrl}/bank/payments`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ brCode: code.brCode, mode: 'exact' }),
  });
  expect(paid.status).toBe(200);
  const suspense = async (status = 'open') =>
    (await house.get(`/v1/suspense?status=${status}`, MANAGER_TOKEN)).body as {
      figures: { open: number; openCents: number };
      items: { receiptId: string; amountCents: number; refundStatus: string | null }[];
    };
  await house.until(async () => (await suspense()).items.length === 1, 600_000);
  const { figures, items } = await suspense();
  expect(figures).toMatchObject({ open: 1, openCents: 1_234 });
  expect(items).toMatchObject([{ amountCents: 1_234, reason: 'no_txid', status: 'open' }]);
  await expectMoneyAddsUp(house.context);
  const answer = await house.post(
    '/v1/suspense/resolve',
    { receiptId: items[0]?.receiptId, resolution: 'refund', by: 'Gestora' },
    MANAGER_TOKEN,
  );
  expect(answer.status).toBe(200);
  await house.until(async () => (await suspense('resolved')).items[0]?.refundStatus === 'settled', 600_000);
  expect((await suspense()).figures.open).toBe(0);
});
