import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { ManualClock } from '../../platform/testing/manual-clock.ts';
import type { ServerContext } from '../context.ts';
import { chargeCreator } from '../payments/create-charge.ts';
import { startRefundWorker } from '../payments/refunds.ts';
import { ModelBank } from '../payments/testing/model-bank.ts';
import {
  chargeRequest,
  expectMoneyAddsUp,
  KIOSK,
  readPayment,
  SERVICE,
} from '../payments/testing/payment-steps.ts';
import type { PaymentProvider } from '../providers/provider.ts';
import { watchProvider } from '../providers/provider-health.ts';
import { startPoller } from '../reconciliation/poller.ts';
import { onlyProvider } from '../routing/charge-router.ts';
import { seedShop, testContext } from '../testing/test-context.ts';
import { createTestDatabase, type TestDatabase } from '../testing/test-database.ts';
import { startInboxProcessor } from './processor.ts';

let database: TestDatabase;
let clock: ManualClock;
let context: ServerContext;
let bank: ModelBank;
/** Each test has its own bank, whose Pix are not those of the bank before. */
let branch = 0;

beforeAll(async () => {
  database = await createTestDatabase();
  clock = new ManualClock();
  context = testContext({ db: database.db, clock });
  await seedShop(database.db, clock.nowMs());
});
beforeEach(() => {
  branch += 1;
  bank = new ModelBank(clock, String(branch).padStart(2, '0'));
});
afterAll(() => database.close());

/** The model bank's callbacks are the txid and nothing else. */
async function receive(txid: string): Promise<void> {
  await context.db.query(
    `INSERT INTO webhook_inbox (inbox_id, provider, dedupe_key, received_at, body, headers, status, next_attempt_at)
     VALUES (gen_random_uuid(), 'bacen-pix', gen_random_uuid(), $1, $2, '{}', 'received', $1)`,
    [new Date(clock.nowMs()), Buffer.from(txid)],
  );
}

async function itemOf(txid: string) {
  const [row] = await context.db.query<{ status: string; attempts: number; error: string | null }>(
    'SELECT status, attempts, last_error AS error FROM webhook_inbox WHERE body = $1',
    [Buffer.from(txid)],
  );
  return row;
}

const processOnce = () => startInboxProcessor(context, bank).stop();

test('charges of strangers on one account are forgotten, a day after they were named', async () => {
  const account: PaymentProvider = Object.assign(new ModelBank(clock, '99'), {
    webhooks: {
      ...bank.webhooks,
      read: ({ body }: { body: Uint8Array }) => ({
        kind: 'event' as const,
        type: 'order.paid',
        charges: [{ txid: null, providerChargeId: Buffer.from(body).toString('utf8') }],
        recurrences: [],
      }),
    },
  });
  const named = async () =>
    (await context.db.query<{ id: string }>('SELECT provider_charge_id AS id FROM early_charges')).map(
      ({ id }) => id,
    );
  await receive('ch_stranger');
  await startInboxProcessor(context, account).stop();
  expect(await named()).toEqual(['ch_stranger']);
  await context.db.query("UPDATE webhook_inbox SET status = 'processed' WHERE status = 'received'");
  clock.advance(25 * 60 * 60_000);
  await receive('ch_another');
  await startInboxProcessor(context, account).stop();
  expect(await named()).toEqual(['ch_another']);
  await context.db.query("UPDATE webhook_inbox SET status = 'processed' WHERE status = 'received'");
});

test('while the bank is away an item is tried a bounded number of times, then dead; the poll finds the money', async () => {
  const request = chargeRequest(context);
  await chargeCreator(context, onlyProvider(bank))(KIOSK, request);
  bank.pay(request.txid, SERVICE.amountCents);
  await receive(request.txid);

  bank.reachable = false;
  let turns = 0;
  while ((await itemOf(request.txid))?.status === 'received' && turns < 50) {
    await processOnce();
    clock.advance(5 * 60_000);
    turns += 1;
  }
  expect(await itemOf(request.txid)).toMatchObject({ status: 'dead', attempts: 14 });
  expect((await itemOf(request.txid))?.error).toContain('away');

  bank.reachable = true;
  const watched = watchProvider(bank, clock);
  await startPoller(context, watched.provider, watched.health).stop();
  expect(await readPayment(context, request.sessionId)).toMatchObject({
    status: 'SUCCEEDED',
    confirmations: 1,
  });
  await expectMoneyAddsUp(context);
});

test('each failure waits twice as long as the one before', async () => {
  const request = chargeRequest(context);
  await chargeCreator(context, onlyProvider(bank))(KIOSK, request);
  bank.reachable = false;
  await receive(request.txid);
  const waits: number[] = [];
  for (let attempt = 1; attempt <= 5; attempt += 1) {
    let waitedMs = 0;
    while ((await itemOf(request.txid))?.attempts !== attempt) {
      await processOnce();
      if ((await itemOf(request.txid))?.attempts === attempt) break;
      clock.advance(1_000);
      waitedMs += 1_000;
    }
    waits.push(waitedMs);
  }
  expect(waits).toEqual([0, 1_000, 2_000, 4_000, 8_000]);
});

test('a poller whose bank is away pauses, says so, and gives the check back', async () => {
  const request = chargeRequest(context);
  await chargeCreator(context, onlyProvider(bank))(KIOSK, request);
  clock.advance(4_000);
  bank.reachable = false;
  const watched = watchProvider(bank, clock);
  await startPoller(context, watched.provider, watched.health).stop();
  expect(watched.health.report()).toMatchObject({ status: 'down', lastError: 'the model bank is away' });
  expect(watched.health.pausedUntilMs()).toBeGreaterThan(clock.nowMs());
  const [row] = await context.db.query<{ checks: number; nextAt: Date }>(
    'SELECT check_count AS checks, next_check_at AS "nextAt" FROM payment_transactions WHERE session_id = $1',
    [request.sessionId],
  );
  expect(row).toEqual({ checks: 0, nextAt: new Date(watched.health.pausedUntilMs()) });

  bank.reachable = true;
  clock.advance(1_000);
  await startPoller(context, watched.provider, watched.health).stop();
  expect(watched.health.report()).toMatchObject({ status: 'ok', downSince: null });
});

/** Runs all checks that are planned for a charge, until none is left. */
async function runAllChecks(sessionId: string): Promise<void> {
  for (;;) {
    const [row] = await context.db.query<{ nextAt: Date | null }>(
      'SELECT next_check_at AS "nextAt" FROM payment_transactions WHERE session_id = $1',
      [sessionId],
    );
    if (row?.nextAt == null) return;
    clock.advance(Math.max(0, row.nextAt.getTime() - clock.nowMs()));
    await pollOnce(bank);
  }
}

async function pollOnce(provider: PaymentProvider): Promise<void> {
  const watched = watchProvider(provider, clock);
  await startPoller(context, watched.provider, watched.health).stop();
}

test.each([
  ['a process that dies in it', () => Promise.reject(new Error('killed'))],
  ['a refusal', async () => ({ kind: 'rejected' as const, code: 'AcessoNegado', detail: 'no' })],
])('the last check of a charge is not lost with %s', async (_name, fetchCharge) => {
  const request = chargeRequest(context);
  await chargeCreator(context, onlyProvider(bank))(KIOSK, request);
  bank.pay(request.txid, SERVICE.amountCents);
  // The server was off, longer than a charge is asked about.
  clock.advance(3 * 24 * 60 * 60_000);
  await pollOnce(Object.assign(new ModelBank(clock), { fetchCharge }));
  clock.advance(2 * 60 * 60_000);
  await pollOnce(bank);
  expect(await readPayment(context, request.sessionId)).toMatchObject({ confirmations: 1 });
  await runAllChecks(request.sessionId);
});

test('a second Pix whose webhook is given up, long after the last check, is found by the poll', async () => {
  const request = chargeRequest(context);
  await chargeCreator(context, onlyProvider(bank))(KIOSK, request);
  bank.pay(request.txid, SERVICE.amountCents);
  await runAllChecks(request.sessionId);
  bank.pay(request.txid, SERVICE.amountCents);
  await receive(request.txid);
  bank.reachable = false;
  while ((await itemOf(request.txid))?.status === 'received') {
    await processOnce();
    clock.advance(5 * 60_000);
  }
  bank.reachable = true;
  await runAllChecks(request.sessionId);
  expect((await readPayment(context, request.sessionId)).refunds).toMatchObject([{ reason: 'surplus' }]);
  await expectMoneyAddsUp(context);
});

test('a text that the database does not take is one bad item, and holds up no other', async () => {
  const request = chargeRequest(context);
  await chargeCreator(context, onlyProvider(bank))(KIOSK, request);
  bank.pay(request.txid, SERVICE.amountCents);
  await receive('nul \0 inside');
  await receive(request.txid);
  await processOnce();
  expect(await itemOf(request.txid)).toMatchObject({ status: 'processed' });
  expect(await itemOf('nul \0 inside')).toMatchObject({ status: 'received', attempts: 1 });
});

describe('after the server’s clock was set back by three hours', () => {
  const STEP_MS = 3 * 60 * 60_000;
  /** The process goes on, on a clock that says less. */
  const back = (): ServerContext => ({ ...context, clock: new ManualClock(clock.nowMs() - STEP_MS) });

  test('a webhook that was waiting for its turn is worked off at once', async () => {
    const request = chargeRequest(context);
    await chargeCreator(context, onlyProvider(bank))(KIOSK, request);
    bank.pay(request.txid, SERVICE.amountCents);
    await receive(request.txid);
    await startInboxProcessor(back(), bank).stop();
    expect(await itemOf(request.txid)).toMatchObject({ status: 'processed' });
  });

  test('a charge whose webhook was lost is asked about at once', async () => {
    const request = chargeRequest(context);
    await chargeCreator(context, onlyProvider(bank))(KIOSK, request);
    bank.pay(request.txid, SERVICE.amountCents);
    const watched = watchProvider(bank, clock);
    await startPoller(back(), watched.provider, watched.health).stop();
    expect(await readPayment(context, request.sessionId)).toMatchObject({ confirmations: 1 });
  });

  test('a refund is sent at once', async () => {
    const request = chargeRequest(context);
    await chargeCreator(context, onlyProvider(bank))(KIOSK, request);
    bank.pay(request.txid, SERVICE.amountCents - 1);
    await receive(request.txid);
    await processOnce();
    const watched = watchProvider(bank, clock);
    // Those of the tests before have their turn first, one a run.
    for (let run = 0; run < 4; run += 1)
      await startRefundWorker(back(), watched.provider, watched.health).stop();
    expect((await readPayment(context, request.sessionId)).refunds).toMatchObject([{ status: 'settled' }]);
  });

  test('twin: what is planned as far ahead as plans go waits for its time', async () => {
    const request = chargeRequest(context);
    await chargeCreator(context, onlyProvider(bank))(KIOSK, request);
    bank.pay(request.txid, SERVICE.amountCents);
    await context.db.query('UPDATE payment_transactions SET next_check_at = $1 WHERE session_id = $2', [
      new Date(clock.nowMs() + 60 * 60_000),
      request.sessionId,
    ]);
    await pollOnce(bank);
    expect(await readPayment(context, request.sessionId)).toMatchObject({ confirmations: 0 });
  });
});
