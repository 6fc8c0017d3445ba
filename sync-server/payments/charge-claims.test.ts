import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ManualClock } from '../../platform/testing/manual-clock.ts';
import type { ServerContext } from '../context.ts';
import type { CreateChargeOutcome, NationalProvider } from '../providers/provider.ts';
import { watchProvider } from '../providers/provider-health.ts';
import { createChargeRouter } from '../routing/charge-router.ts';
import { stepDatabase } from '../testing/stepped-database.ts';
import { seedShop, testContext } from '../testing/test-context.ts';
import { createTestDatabase, type TestDatabase } from '../testing/test-database.ts';
import { CLAIM_MS, takeOverAttempt } from './charge-attempts.ts';
import { chargeCreator } from './create-charge.ts';
import { findBySession } from './payment-transaction.ts';
import { ModelBank } from './testing/model-bank.ts';
import { chargeRequest, expectMoneyAddsUp, KIOSK } from './testing/payment-steps.ts';

/** What a bank does with a request for a charge; `lost`: it is made, and the answer never comes. */
type Fate = 'made' | 'away' | 'refused' | 'lost';
const fates = fc.array(fc.constantFrom<Fate>('made', 'away', 'refused', 'lost'), { maxLength: 4 });

/** Two processes that are asked for one session's charge; every element is somebody who acts on their own. */
interface Story {
  readonly banks: readonly [readonly Fate[], readonly Fate[]];
  /** How often the totem asks each process. */
  readonly asks: readonly [number, number];
  /** How often so much time passes that whoever has not renewed a claim is taken for dead. */
  readonly pauses: number;
  readonly scheduler: fc.Scheduler;
}
const story: fc.Arbitrary<Story> = fc.record({
  banks: fc.tuple(fates, fates),
  asks: fc.tuple(fc.integer({ min: 1, max: 2 }), fc.integer({ min: 1, max: 3 })),
  pauses: fc.nat({ max: 4 }),
  scheduler: fc.scheduler(),
});

let clock: ManualClock;
let database: TestDatabase;
let context: ServerContext;
let branch = 5_000;
beforeAll(async () => {
  clock = new ManualClock();
  database = await createTestDatabase();
  context = testContext({ db: database.db, clock });
  await seedShop(database.db, clock.nowMs());
});
afterAll(() => database.close());

/** A request takes time on its way there, between reading and writing, and on its way back. */
class SlowBank extends ModelBank {
  made = 0;
  override readonly name: string;
  readonly #fates: Fate[];
  #step: (label: string) => Promise<void>;
  constructor(name: string, fatesOfBank: readonly Fate[], step: (label: string) => Promise<void>) {
    branch += 1;
    super(clock, String(branch));
    this.name = name;
    this.#fates = [...fatesOfBank];
    this.#step = step;
  }
  /** From now on each request is done at once, and a charge is made. */
  settleDown(): void {
    this.#fates.length = 0;
    this.#step = async () => undefined;
  }
  override async createCharge(
    order: Parameters<NationalProvider['createCharge']>[0],
  ): Promise<CreateChargeOutcome> {
    const fate = this.#fates.shift() ?? 'made';
    await this.#step(`${this.name} is asked`);
    if (order.mayExist) {
      const known = await this.fetchCharge(order);
      if (known.kind === 'found') return { kind: 'created', charge: known.charge };
      await this.#step(`${this.name} is written to`);
    }
    if (fate === 'away') return this.#answer({ kind: 'unavailable', detail: 'away' });
    if (fate === 'refused') return this.#answer({ kind: 'rejected', code: 'no', detail: 'refused' });
    const known = await this.fetchCharge(order);
    if (known.kind === 'not_found') this.made += 1;
    const made = await super.createCharge(order);
    return this.#answer(fate === 'made' ? made : { kind: 'unknown', detail: 'timed out' });
  }
  async #answer(outcome: CreateChargeOutcome): Promise<CreateChargeOutcome> {
    await this.#step(`${this.name} is answered`);
    return outcome;
  }
}

async function play(told: Story, rewrite?: (sql: string) => string): Promise<void> {
  const stage = stepDatabase(database.db, told.scheduler, rewrite);
  const first = new SlowBank('bacen-pix', told.banks[0], stage.step);
  const second = new SlowBank('pagarme', told.banks[1], stage.step);
  const running = (bank: SlowBank) => ({ ...watchProvider(bank, clock), wakeInbox: () => undefined });
  const processOn = (at: ServerContext) =>
    chargeCreator(at, createChargeRouter(at, [running(first), running(second)]));
  const request = chargeRequest(context);
  const totem = async (name: string, times: number): Promise<void> => {
    const charge = processOn(testContext({ db: stage.as(name), clock }));
    for (let time = 0; time < times; time += 1) await charge(KIOSK, request);
  };
  const pausing = async (): Promise<void> => {
    for (let pause = 0; pause < told.pauses; pause += 1) {
      await stage.step('clock');
      clock.advance(CLAIM_MS);
    }
  };
  const actors = [totem('one', told.asks[0]), totem('other', told.asks[1]), pausing()];
  await stage.run(actors);
  const ends = await Promise.allSettled(actors);
  expect(first.made + second.made, 'open charges').toBeLessThanOrEqual(1);
  for (const end of ends) if (end.status === 'rejected') throw end.reason;
  // However it went, the totem gets its charge in the end, and it is the only one.
  first.settleDown();
  second.settleDown();
  clock.advance(CLAIM_MS);
  expect(await processOn(context)(KIOSK, request)).toMatchObject({ ok: true });
  expect(first.made + second.made, 'charges in the end').toBe(1);
}

test('in every order of their steps two processes open one charge at one bank', async () => {
  await fc.assert(
    fc.asyncProperty(story, (told) => play(told)),
    { numRuns: 40 },
  );
  await expectMoneyAddsUp(context);
});

/** Stories in which the first bank says that it cannot, and somebody else asks it, too. */
const failovers: fc.Arbitrary<Story> = fc.record({
  banks: fc.constant<Story['banks']>([['away'], []]),
  asks: fc.constant<Story['asks']>([1, 3]),
  pauses: fc.integer({ min: 1, max: 3 }),
  scheduler: fc.scheduler(),
});

async function whatGoesWrong(rewrite: (sql: string) => string): Promise<string[]> {
  const wrong = new Set<string>();
  await fc.assert(
    fc.asyncProperty(failovers, (told) =>
      play(told, rewrite).catch((error: unknown) => {
        wrong.add(error instanceof Error ? error.message : String(error));
      }),
    ),
    { seed: 20_261_122, numRuns: 60 },
  );
  return [...wrong].map((message) => message.split(':')[0] ?? '');
}

/** Nobody renews a claim: whoever is slow is taken for dead. */
const standsStill = (sql: string) =>
  sql.replace('SET claimed_at = $5', 'SET claimed_at = least(claimed_at, $5)');

test.each([
  ['just now, by a server whose clock is half a second ahead, is held', 500, 'held'],
  ['before the clock was set back by an hour is over', 3_600_000, { mayExist: true }],
])('an attempt that was claimed %s', async (_when, aheadMs, expected) => {
  const asked = Promise.withResolvers<void>();
  const bank = new SlowBank('bacen-pix', [], async () => {
    asked.resolve();
    await new Promise(() => undefined);
  });
  const ahead = testContext({ db: database.db, clock: new ManualClock(clock.nowMs() + aheadMs) });
  const request = chargeRequest(context);
  const running = { ...watchProvider(bank, ahead.clock), wakeInbox: () => undefined };
  void chargeCreator(ahead, createChargeRouter(ahead, [running]))(KIOSK, request);
  await asked.promise;
  const payment = await findBySession(database.db, KIOSK.merchantId, request.sessionId);
  if (payment === undefined) throw new Error('the attempt has a transaction');
  const taken = await takeOverAttempt(context, payment);
  if (typeof expected === 'string') expect(taken).toBe(expected);
  else expect(taken).toMatchObject(expected);
});

test('where everybody who is slow is taken for dead, still nothing goes wrong', async () => {
  expect(await whatGoesWrong(standsStill)).toEqual([]);
});

test('twin: where what has just ended may be taken over, both banks have an open charge', async () => {
  const whatever = (sql: string) => standsStill(sql).replace('AND claim < $4 AND outcome IS NULL', '');
  expect(await whatGoesWrong(whatever)).toContain('open charges');
});
