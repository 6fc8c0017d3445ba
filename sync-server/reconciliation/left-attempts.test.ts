import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { eventually } from '../../platform/testing/eventually.ts';
import { ManualClock } from '../../platform/testing/manual-clock.ts';
import type { ServerContext } from '../context.ts';
import { chargeCreator } from '../payments/create-charge.ts';
import { ModelBank } from '../payments/testing/model-bank.ts';
import {
  chargeRequest,
  expectMoneyAddsUp,
  KIOSK,
  readPayment,
  SERVICE,
} from '../payments/testing/payment-steps.ts';
import type { WorkerLoop } from '../payments/worker-loop.ts';
import type { ChargeRef, CreateChargeOutcome, NationalProvider } from '../providers/provider.ts';
import { watchProvider } from '../providers/provider-health.ts';
import { createChargeRouter } from '../routing/charge-router.ts';
import { seedShop, testContext } from '../testing/test-context.ts';
import { createTestDatabase, type TestDatabase } from '../testing/test-database.ts';
import { startPoller } from './poller.ts';

const MINUTE_MS = 60_000;

/** Refuses each charge; when it lies, it has made it all the same. */
class RefusingBank extends ModelBank {
  lies = true;
  readonly reads: string[] = [];
  override async createCharge(
    order: Parameters<NationalProvider['createCharge']>[0],
  ): Promise<CreateChargeOutcome> {
    if (this.lies) await super.createCharge(order);
    return { kind: 'rejected', code: 'no', detail: 'refused' };
  }
  override async fetchCharge(charge: Pick<ChargeRef, 'txid'>) {
    this.reads.push(charge.txid);
    return super.fetchCharge(charge);
  }
}
class SecondBank extends ModelBank {
  override readonly name = 'pagarme';
}

let database: TestDatabase;
let clock: ManualClock;
let context: ServerContext;
let first: RefusingBank;
let second: SecondBank;
let branch = 700;
let pollers: WorkerLoop[];
beforeAll(async () => {
  database = await createTestDatabase();
  clock = new ManualClock();
  context = testContext({ db: database.db, clock });
  await seedShop(database.db, clock.nowMs());
});
beforeEach(() => {
  branch += 2;
  first = new RefusingBank(clock, String(branch));
  second = new SecondBank(clock, String(branch + 1));
  pollers = [first, second].map((bank) => {
    const watched = watchProvider(bank, clock);
    return startPoller(context, watched.provider, watched.health);
  });
});
afterEach(async () => {
  for (const poller of pollers) await poller.stop();
  await expectMoneyAddsUp(context);
});
afterAll(() => database.close());

/** A charge that the second bank made, after the first had refused it. */
async function chargeAtSecond() {
  const running = (bank: ModelBank) => ({ ...watchProvider(bank, clock), wakeInbox: () => undefined });
  const router = createChargeRouter(context, [running(first), running(second)]);
  const request = chargeRequest(context);
  expect(await chargeCreator(context, router)(KIOSK, request)).toMatchObject({ ok: true });
  return request;
}

/** The pollers rest in between: each look at the clock is one step of theirs. */
const passing = (durationMs: number, assertion: () => Promise<void> | void) =>
  eventually(async () => {
    clock.advance(durationMs / 20);
    for (const poller of pollers) poller.wake();
    await assertion();
  });

test('money at the provider that was given up, told by nobody, is the ticket; that of the other one goes back', async () => {
  const { txid, sessionId } = await chargeAtSecond();
  first.pay(txid, SERVICE.amountCents);
  await passing(2 * MINUTE_MS, async () =>
    expect(await readPayment(context, sessionId)).toMatchObject({ status: 'SUCCEEDED', confirmations: 1 }),
  );
  second.pay(txid, SERVICE.amountCents);
  await passing(20 * MINUTE_MS, async () =>
    expect(await readPayment(context, sessionId)).toMatchObject({
      confirmations: 1,
      refunds: [{ reason: 'surplus', cents: SERVICE.amountCents }],
    }),
  );
});

test('a second payment there, after the ticket, goes back', async () => {
  const { txid, sessionId } = await chargeAtSecond();
  second.pay(txid, SERVICE.amountCents);
  first.pay(txid, SERVICE.amountCents);
  await passing(20 * MINUTE_MS, async () =>
    expect(await readPayment(context, sessionId)).toMatchObject({
      status: 'SUCCEEDED',
      confirmations: 1,
      refunds: [{ reason: 'surplus', cents: SERVICE.amountCents }],
    }),
  );
});

test('a charge that is open there is withdrawn, and read on; the shown one stays open', async () => {
  const { txid, sessionId } = await chargeAtSecond();
  await passing(2 * MINUTE_MS, () => expect(first.chargeOf(txid).status).toBe('CANCELED'));
  expect(second.chargeOf(txid).status).toBe('PENDING');
  // What real banks let through now and then.
  first.pay(txid, SERVICE.amountCents);
  await passing(60 * MINUTE_MS, async () =>
    expect(await readPayment(context, sessionId)).toMatchObject({ status: 'SUCCEEDED', confirmations: 1 }),
  );
});

test('a charge that may be asked for there again is not withdrawn', async () => {
  second.reachable = false;
  const request = chargeRequest(context);
  const running = (bank: ModelBank) => ({ ...watchProvider(bank, clock), wakeInbox: () => undefined });
  const charge = chargeCreator(context, createChargeRouter(context, [running(first), running(second)]));
  expect(await charge(KIOSK, request)).toMatchObject({ ok: false, code: 'provider_unavailable' });
  await passing(4 * MINUTE_MS, () => expect(first.reads.length).toBeGreaterThan(1));
  expect(first.chargeOf(request.txid).status).toBe('PENDING');
  second.reachable = true;
  expect(await charge(KIOSK, request)).toMatchObject({ ok: true });
  await passing(20 * MINUTE_MS, () => expect(first.chargeOf(request.txid).status).toBe('CANCELED'));
  expect(second.chargeOf(request.txid).status).toBe('PENDING');
});

test('what was never made there is asked about once, and nothing changes', async () => {
  first.lies = false;
  const { txid, sessionId } = await chargeAtSecond();
  await passing(4 * MINUTE_MS, () => expect(first.reads).toEqual([txid]));
  clock.advance(60 * MINUTE_MS);
  for (const poller of pollers) await poller.stop();
  expect(first.reads).toEqual([txid]);
  expect(await readPayment(context, sessionId)).toMatchObject({ confirmations: 0, refunds: [] });
});

test('a provider that is away is asked until it answers', async () => {
  const { txid, sessionId } = await chargeAtSecond();
  first.pay(txid, SERVICE.amountCents);
  first.reachable = false;
  await passing(4 * MINUTE_MS, () => expect(first.reads.length).toBeGreaterThan(2));
  expect(await readPayment(context, sessionId)).toMatchObject({ confirmations: 0 });
  first.reachable = true;
  await passing(4 * MINUTE_MS, async () =>
    expect(await readPayment(context, sessionId)).toMatchObject({ status: 'SUCCEEDED', confirmations: 1 }),
  );
});
