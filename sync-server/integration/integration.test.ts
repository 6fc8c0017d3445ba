import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { ticketIdOfSession } from '../../domain/ids.ts';
import type { ChargeResponse } from '../../domain/protocol/charges.ts';
import {
  INTEGRATION_TEST_STEPS,
  type IntegrationStatus,
  type IntegrationTestReport,
} from '../../domain/protocol/integration.ts';
import { type PaymentHouse, startPaymentHouse } from '../payments/testing/payment-house.ts';
import { chargeRequest, expectMoneyAddsUp, KIOSK, readPayment } from '../payments/testing/payment-steps.ts';
import { pushEvents } from '../sync/push.ts';
import { MANAGER_TOKEN, testConfig } from '../testing/test-context.ts';
import { payAtSimulator } from './simulated-bank.ts';

let house: PaymentHouse;

beforeAll(async () => {
  house = await startPaymentHouse();
});
beforeEach(() => house.faults({ online: true, webhook: 'normal' }));
afterEach(() => expectMoneyAddsUp(house.context));
afterAll(() => house.close());

async function status(): Promise<IntegrationStatus> {
  const answer = await house.get('/v1/integration/status', MANAGER_TOKEN);
  expect(answer.status).toBe(200);
  return answer.body as IntegrationStatus;
}

async function paidCharge(): Promise<ChargeResponse> {
  const made = (await house.post('/v1/charges', chargeRequest(house.context))).body as ChargeResponse;
  const simulated = await house.post('/v1/webhooks/simulate', { txid: made.txid }, MANAGER_TOKEN);
  expect(simulated.status).toBe(200);
  await house.until(async () => (await readPayment(house.context, made.sessionId)).confirmations === 1);
  return made;
}

/** What the kiosk tells of the ticket that it has issued. */
async function issueTicket(made: ChargeResponse, afterMs: number): Promise<void> {
  const [feed] = await house.context.db.query<{ payload: { paidAt: number; ticket: object } }>(
    "SELECT payload FROM feed WHERE kind = 'payment.confirmed' AND payload->>'sessionId' = $1",
    [made.sessionId],
  );
  if (feed === undefined) throw new Error('the payment is not confirmed');
  const issuedAt = feed.payload.paidAt + afterMs;
  const [result] = await pushEvents(house.context, KIOSK, [
    {
      id: ticketIdOfSession(made.txid),
      kind: 'ticket.issued',
      at: issuedAt,
      v: 1,
      payload: {
        ticketId: ticketIdOfSession(made.sessionId),
        sessionId: made.sessionId,
        ...feed.payload.ticket,
        issuedAt,
      },
    },
  ]);
  expect(result).toMatchObject({ outcome: 'applied' });
}

/** Runs the test while the time goes on, as it does outside. */
async function runTest(): Promise<IntegrationTestReport> {
  let answer: { status: number; body: unknown } | undefined;
  const running = house.post('/v1/integration/test', {}, MANAGER_TOKEN).then((result) => {
    answer = result;
  });
  await house.until(async () => answer !== undefined);
  await running;
  expect(answer?.status, JSON.stringify(answer?.body)).toBe(200);
  return answer?.body as IntegrationTestReport;
}

test('nothing sold yet is healthy', async () => {
  expect(await status()).toMatchObject({
    health: 'healthy',
    sessions: 0,
    paid: 0,
    conversionPercent: 100,
    averageSecondsToTicket: null,
    p95SecondsToTicket: null,
    issues: [],
  });
});

test('paid without ticket is an issue with its age, until the ticket comes', async () => {
  const first = await paidCharge();
  const second = await paidCharge();
  await issueTicket(first, 2_000);
  house.clock.advance(30_000);
  const before = await status();
  expect(before).toMatchObject({
    health: 'critical',
    sessions: 2,
    paid: 2,
    tickets: 1,
    conversionPercent: 50,
  });
  expect(before.issues).toHaveLength(1);
  expect(before.issues[0]).toMatchObject({
    kind: 'paid_without_ticket',
    sessionId: second.sessionId,
    amountCents: second.amountCents,
  });
  expect(before.issues[0]?.ageSeconds).toBeGreaterThanOrEqual(30);

  await issueTicket(second, 4_000);
  expect(await status()).toMatchObject({
    health: 'healthy',
    conversionPercent: 100,
    averageSecondsToTicket: 3,
    p95SecondsToTicket: 3.9,
    issues: [],
  });
});

test('the whole path once: every step ok, and nothing of it in the real shop', async () => {
  const before = await status();
  const report = await runTest();
  expect(report).toMatchObject({ ok: true, failedStep: null });
  expect(report.steps.map((step) => step.step)).toEqual([...INTEGRATION_TEST_STEPS]);
  // The pace of the webhooks is the provider's, whoever's they are.
  const { serverTime: _then, webhooks: _pace, ...same } = before;
  expect(await status()).toMatchObject(same);
  const tickets = await house.context.db.query<{ merchant: string; label: string }>(
    "SELECT merchant_id AS merchant, label FROM tickets WHERE kiosk_id = 'integration-test'",
  );
  expect(tickets).toHaveLength(1);
  expect(tickets[0]?.merchant).not.toBe(KIOSK.merchantId);
  expect((await runTest()).ok).toBe(true);
});

test('a bank that is away fails at the charge', async () => {
  await house.faults({ online: false });
  const report = await runTest();
  expect(report).toMatchObject({ ok: false, failedStep: 'create_charge' });
  expect(report.steps).toHaveLength(1);
});

test('webhooks that do not arrive are named, although the poll finds the money', async () => {
  await house.faults({ online: true, webhook: 'lost' });
  const report = await runTest();
  expect(report).toMatchObject({ ok: false, failedStep: 'receive_webhook' });
});

test('only a manager may run it', async () => {
  expect((await house.post('/v1/integration/test', {})).status).toBe(403);
  expect((await house.post('/v1/webhooks/simulate', { txid: 'x' })).status).toBe(403);
});

test('an unknown charge cannot be simulated', async () => {
  const answer = await house.post('/v1/webhooks/simulate', { txid: 'a'.repeat(32) }, MANAGER_TOKEN);
  expect(answer).toMatchObject({ status: 409, body: { error: { code: 'simulator_refused' } } });
});

test('with a real bank nothing is simulated', async () => {
  expect(await payAtSimulator(testConfig().pix, 'a'.repeat(32))).toMatchObject({ code: 'simulator_only' });
});
