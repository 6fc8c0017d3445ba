import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { STATUS_RANK } from '../../domain/payment-status.ts';
import { ManualClock } from '../../platform/testing/manual-clock.ts';
import type { ServerContext } from '../context.ts';
import type { ChargeRef, NationalProvider } from '../providers/provider.ts';
import { onlyProvider } from '../routing/charge-router.ts';
import { type SteppedDatabase, stepDatabase } from '../testing/stepped-database.ts';
import { seedShop, testContext } from '../testing/test-context.ts';
import { createTestDatabase, type TestDatabase } from '../testing/test-database.ts';
import { startInboxProcessor } from '../webhooks/processor.ts';
import { requestChargeCancellation } from './cancel-charge.ts';
import { checkCharge } from './check-charge.ts';
import { chargeCreator } from './create-charge.ts';
import { findBySession, type PaymentTransaction } from './payment-transaction.ts';
import { ModelBank } from './testing/model-bank.ts';
import { chargeRequest, expectMoneyAddsUp, KIOSK, readPayment, SERVICE } from './testing/payment-steps.ts';

/** What befalls one charge; every element is somebody who acts on their own. */
interface Story {
  /** What reaches the bank, in cents; `withdraw`: the bank itself closes the charge. */
  readonly bank: readonly (number | 'withdraw')[];
  /** Each tells of the charge once; the bank repeats itself, and comes late. */
  readonly webhooks: number;
  readonly polls: number;
  /** The customer leaves. */
  readonly cancels: boolean;
  /** The charge expires after 300 s; the server waits 15 s more. */
  readonly clockMs: readonly number[];
  readonly scheduler: fc.Scheduler;
}

const story: fc.Arbitrary<Story> = fc.record({
  bank: fc.array(
    fc.oneof(
      { weight: 4, arbitrary: fc.constant(SERVICE.amountCents) },
      { weight: 1, arbitrary: fc.constant(1) },
      { weight: 1, arbitrary: fc.constant('withdraw' as const) },
    ),
    { maxLength: 3 },
  ),
  webhooks: fc.nat({ max: 2 }),
  polls: fc.nat({ max: 2 }),
  cancels: fc.boolean(),
  clockMs: fc.array(fc.constantFrom(1_000, 299_000, 20_000), { maxLength: 3 }),
  scheduler: fc.scheduler(),
});

let clock: ManualClock;
let database: TestDatabase;
let context: ServerContext;
/** Each story has its own bank, whose Pix are not those of another: all branches have the same number of digits. */
let branch = 1_000;
beforeAll(async () => {
  clock = new ManualClock();
  database = await createTestDatabase();
  context = testContext({ db: database.db, clock });
  await seedShop(database.db, clock.nowMs());
});
afterAll(() => database.close());

/** Both ways take time: an answer may be old when it comes. */
function slowly(bank: ModelBank, stage: SteppedDatabase, actor: string): NationalProvider {
  const slow =
    <A extends unknown[], R>(name: string, ask: (...args: A) => Promise<R>) =>
    async (...args: A): Promise<R> => {
      await stage.step(`${actor}: ${name} is asked`);
      const answer = await ask(...args);
      await stage.step(`${actor}: ${name} is answered`);
      return answer;
    };
  return Object.assign(Object.create(bank) as ModelBank, {
    fetchCharge: slow('fetchCharge', (charge: ChargeRef) => bank.fetchCharge(charge)),
    cancelCharge: slow('cancelCharge', (charge: ChargeRef) => bank.cancelCharge(charge)),
  });
}

async function openCharge(bank: ModelBank): Promise<PaymentTransaction> {
  const request = chargeRequest(context);
  expect((await chargeCreator(context, onlyProvider(bank))(KIOSK, request)).ok).toBe(true);
  return read(context, request.sessionId);
}

async function read({ db }: ServerContext, sessionId: string): Promise<PaymentTransaction> {
  const payment = await findBySession(db, KIOSK.merchantId, sessionId);
  if (payment === undefined) throw new Error('the charge has no transaction');
  return payment;
}

async function play(told: Story, rewrite?: (sql: string) => string): Promise<void> {
  branch += 1;
  const bank = new ModelBank(clock, String(branch));
  const { txid, sessionId } = await openCharge(bank);
  const stage = stepDatabase(database.db, told.scheduler, rewrite);
  const contextOf = (actor: string): ServerContext => testContext({ db: stage.as(actor), clock });

  const check = async (actor: string, at: ServerContext): Promise<void> => {
    await checkCharge(at, slowly(bank, stage, actor), await read(at, sessionId), 'poll');
  };
  const cancel = async (actor: string): Promise<void> => {
    const at = contextOf(actor);
    await at.db.transaction((transaction) =>
      requestChargeCancellation(at, transaction, KIOSK.merchantId, [sessionId], clock.nowMs()),
    );
    await check(actor, at);
  };
  const webhook = async (actor: string): Promise<void> => {
    const at = contextOf(actor);
    await at.db.query(
      `INSERT INTO webhook_inbox (inbox_id, provider, dedupe_key, received_at, body, headers, status, next_attempt_at)
       VALUES (gen_random_uuid(), $3, gen_random_uuid(), $1, $2, '{}', 'received', $1)`,
      [new Date(clock.nowMs()), Buffer.from(txid), bank.name],
    );
    await startInboxProcessor(at, slowly(bank, stage, actor)).stop();
  };
  const inTurn = async (actor: string, acts: readonly (() => void)[]): Promise<void> => {
    for (const act of acts) {
      await stage.step(actor);
      act();
    }
  };
  const many = (count: number, act: (index: number) => Promise<void>): Promise<void>[] =>
    Array.from({ length: count }, (_, index) => act(index));

  const actors = [
    inTurn(
      'bank',
      told.bank.map((event) => () => {
        if (event === 'withdraw') bank.withdraw(txid);
        else bank.pay(txid, event);
      }),
    ),
    inTurn(
      'clock',
      told.clockMs.map((ms) => () => clock.advance(ms)),
    ),
    ...many(told.webhooks, (index) => webhook(`webhook ${index}`)),
    ...many(told.polls, (index) => check(`poll ${index}`, contextOf(`poll ${index}`))),
    ...many(told.cancels ? 1 : 0, () => cancel('cancel')),
  ];
  await stage.run(actors);
  await Promise.all(actors);
  // The poller goes on asking for a day; one more look stands for it.
  await checkCharge(context, bank, await read(context, sessionId), 'poll');
  await expectOneEnd(bank, txid, sessionId);
}

/** Settled once or never; each Pix a sale or a refund, once; no step back. */
async function expectOneEnd(bank: ModelBank, txid: string, sessionId: string): Promise<void> {
  const { receipts } = bank.chargeOf(txid);
  const exact = receipts.filter(({ amountCents }) => amountCents === SERVICE.amountCents).length;
  const { transactionId, status } = await read(context, sessionId);
  const stored = await readPayment(context, sessionId);
  expect(stored.confirmations).toBe(Math.min(exact, 1));
  expect(stored.ticketNumber === null).toBe(exact === 0);
  if (exact > 0) expect(status, 'a paid charge stays paid').toBe('SUCCEEDED');
  else expect(status).not.toBe('SUCCEEDED');
  expect(stored.refunds).toHaveLength(receipts.length - Math.min(exact, 1));

  const entries = await database.db.query<{ kind: string }>(
    'SELECT kind FROM ledger_entries WHERE transaction_id = $1 ORDER BY kind',
    [transactionId],
  );
  expect(entries.map(({ kind }) => kind)).toEqual([
    ...Array.from({ length: Math.min(exact, 1) }, () => 'sale'),
    ...Array.from({ length: stored.refunds.length }, () => 'unexpected_money'),
  ]);
  const steps = await database.db.query<{
    from: keyof typeof STATUS_RANK | null;
    to: keyof typeof STATUS_RANK;
  }>(
    `SELECT from_status AS "from", to_status AS "to" FROM payment_transitions
     WHERE transaction_id = $1 ORDER BY position`,
    [transactionId],
  );
  for (const [index, { from, to }] of steps.entries()) {
    expect(from).toBe(steps[index - 1]?.to ?? null);
    if (from !== null) expect(STATUS_RANK[to]).toBeGreaterThan(STATUS_RANK[from]);
  }
  expect(steps.at(-1)?.to).toBe(status);
  await expectMoneyAddsUp(context);
}

test('expiry, payment, doubled webhook, poll and cancellation end the same in every order of their steps', async () => {
  await fc.assert(
    fc.asyncProperty(story, (told) => play(told)),
    { numRuns: 40 },
  );
});

test('twin: without the lock of its row a paid charge ends as expired or withdrawn', async () => {
  const wrong = await whatGoesWrong((sql) => sql.replace('FOR UPDATE OF t', ''));
  expect(wrong.filter((message) => message.startsWith('a paid charge stays paid'))).not.toEqual([]);
  // What would count a Pix twice is stopped by the database, too.
  expect(wrong).toContain('duplicate key value violates unique constraint "receipts_one_settles"');
});

/** How each story of a fixed seed ends that does not end well: a twin must not depend on luck. */
async function whatGoesWrong(rewrite: (sql: string) => string): Promise<string[]> {
  const wrong = new Set<string>();
  await fc.assert(
    fc.asyncProperty(story, (told) =>
      play(told, rewrite).catch((error: unknown) => {
        wrong.add(error instanceof Error ? error.message : String(error));
      }),
    ),
    { seed: 20_261_122, numRuns: 25 },
  );
  return [...wrong];
}
