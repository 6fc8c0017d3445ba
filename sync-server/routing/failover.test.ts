import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { eventually } from '../../platform/testing/eventually.ts';
import { ManualClock } from '../../platform/testing/manual-clock.ts';
import type { ServerContext } from '../context.ts';
import { CLAIM_MS } from '../payments/charge-attempts.ts';
import { checkCharge } from '../payments/check-charge.ts';
import { chargeCreator } from '../payments/create-charge.ts';
import { findByCharge, findBySession } from '../payments/payment-transaction.ts';
import { ModelBank } from '../payments/testing/model-bank.ts';
import {
  chargeRequest,
  expectMoneyAddsUp,
  KIOSK,
  readPayment,
  SERVICE,
} from '../payments/testing/payment-steps.ts';
import type { CreateChargeOutcome, NationalProvider } from '../providers/provider.ts';
import { watchProvider } from '../providers/provider-health.ts';
import { seedShop, testContext } from '../testing/test-context.ts';
import { createTestDatabase, type TestDatabase } from '../testing/test-database.ts';
import { startInboxProcessor } from '../webhooks/processor.ts';
import { createChargeRouter } from './charge-router.ts';

let database: TestDatabase;
let clock: ManualClock;
let context: ServerContext;
let branch = 10;

/** What a bank does with the next charge; `lost`: it is made, and the answer never comes. */
type Fate = 'made' | 'away' | 'refused' | 'lost' | 'never arrives';

class Bank extends ModelBank {
  fate: Fate = 'made';
  charged = 0;
  readonly #holds: { reached(): void; readonly over: Promise<void> }[] = [];
  override readonly name: string;
  constructor(name: string) {
    branch += 1;
    super(clock, String(branch));
    this.name = name;
  }
  /** One of the next requests for a charge waits, in the order of these calls. */
  holdNext(): { readonly reached: Promise<void>; goOn(): void } {
    const reached = Promise.withResolvers<void>();
    const over = Promise.withResolvers<void>();
    this.#holds.push({ reached: reached.resolve, over: over.promise });
    return { reached: reached.promise, goOn: over.resolve };
  }
  override async createCharge(
    order: Parameters<NationalProvider['createCharge']>[0],
  ): Promise<CreateChargeOutcome> {
    const hold = this.#holds.shift();
    hold?.reached();
    await hold?.over;
    if (order.mayExist) {
      const known = await this.fetchCharge(order);
      if (known.kind === 'found') return { kind: 'created', charge: known.charge };
    }
    switch (this.fate) {
      case 'away':
        return { kind: 'unavailable', detail: `${this.name} is away` };
      case 'refused':
        return { kind: 'rejected', code: 'no', detail: `${this.name} refuses` };
      case 'never arrives':
        return { kind: 'unknown', detail: 'timed out' };
      case 'lost':
      case 'made': {
        const made = await super.createCharge(order);
        this.charged += 1;
        return this.fate === 'made' ? made : { kind: 'unknown', detail: 'timed out' };
      }
    }
  }
}

let first: Bank;
let second: Bank;
let charge: ReturnType<typeof chargeCreator>;

beforeAll(async () => {
  database = await createTestDatabase();
  clock = new ManualClock();
  context = testContext({ db: database.db, clock });
  await seedShop(database.db, clock.nowMs());
});
beforeEach(() => {
  first = new Bank('bacen-pix');
  second = new Bank('pagarme');
  charge = chargeCreator(context, createChargeRouter(context, running()));
});
afterAll(() => database.close());

function running(): Parameters<typeof createChargeRouter>[1] {
  const watched = (bank: Bank) => ({ ...watchProvider(bank, clock), wakeInbox: () => undefined });
  return [watched(first), watched(second)];
}

function attemptsOf(sessionId: string) {
  return database.db.query(
    `SELECT a.provider, a.outcome FROM payment_attempts a JOIN payment_transactions t USING (merchant_id, transaction_id)
     WHERE t.session_id = $1 ORDER BY attempt`,
    [sessionId],
  );
}

test.each(['away', 'refused'] as const)(
  'a provider that is %s is stood in for, and both attempts are kept',
  async (fate) => {
    first.fate = fate;
    const request = chargeRequest(context);
    expect(await charge(KIOSK, request)).toMatchObject({ ok: true });
    expect(await attemptsOf(request.sessionId)).toEqual([
      { provider: 'bacen-pix', outcome: fate === 'away' ? 'unavailable' : 'rejected' },
      { provider: 'pagarme', outcome: 'created' },
    ]);
    expect([first.charged, second.charged]).toEqual([0, 1]);
  },
);

test.each(['lost', 'never arrives'] as const)(
  'after an answer that is %s no other provider is asked, ever',
  async (fate) => {
    first.fate = fate;
    const request = chargeRequest(context);
    expect(await charge(KIOSK, request)).toMatchObject({ ok: false, code: 'provider_unavailable' });
    first.fate = 'away';
    expect(await charge(KIOSK, request)).toMatchObject(fate === 'lost' ? { ok: true } : { ok: false });
    expect(second.charged).toBe(0);
    first.fate = 'made';
    expect(await charge(KIOSK, request)).toMatchObject({ ok: true });
    expect([first.charged, second.charged]).toEqual([1, 0]);
  },
);

test('a server that dies between the charge and its being written down asks no other provider', async () => {
  const request = chargeRequest(context);
  const providers = running();
  let transactions = 0;
  const dying: ServerContext = {
    ...context,
    db: {
      ...context.db,
      // The first one writes down the charge that is to be made, the second what was answered.
      transaction(work) {
        transactions += 1;
        return transactions === 2 ? Promise.reject(new Error('killed')) : context.db.transaction(work);
      },
    },
  };
  const dies = chargeCreator(dying, createChargeRouter(dying, providers));
  await expect(dies(KIOSK, request)).rejects.toThrow('killed');
  // It begins anew, in a moment in which it would rather ask another; not before its claim has run out.
  first.fate = 'refused';
  expect(await charge(KIOSK, request)).toMatchObject({ ok: false, code: 'provider_unavailable' });
  clock.advance(CLAIM_MS);
  expect(await charge(KIOSK, request)).toMatchObject({ ok: true });
  expect([first.charged, second.charged]).toEqual([1, 0]);
});

test('a retry at another process is told to ask again while the first is at work, and asks nobody itself', async () => {
  const other = chargeCreator(context, createChargeRouter(context, running()));
  const request = chargeRequest(context);
  const [atFirst, atSecond] = [first.holdNext(), second.holdNext()];
  first.fate = 'away';
  const slow = charge(KIOSK, request);
  await atFirst.reached;
  for (const passedMs of [0, CLAIM_MS, CLAIM_MS]) {
    clock.advance(passedMs);
    await claimIsFresh(request.sessionId);
    expect(await other(KIOSK, request)).toMatchObject({ ok: false, code: 'provider_unavailable' });
  }
  atFirst.goOn();
  await atSecond.reached;
  expect(await other(KIOSK, request)).toMatchObject({ ok: false, code: 'provider_unavailable' });
  atSecond.goOn();
  const shown = await slow;
  expect(shown).toMatchObject({ ok: true });
  expect(await other(KIOSK, request)).toEqual(shown);
  expect([first.charged, second.charged]).toEqual([0, 1]);
});

/** Who is at work says so by a write that nobody waits for. */
const claimIsFresh = (sessionId: string) =>
  eventually(async () => {
    const [row] = await database.db.query<{ at: Date }>(
      `SELECT claimed_at AS at FROM payment_attempts JOIN payment_transactions USING (merchant_id, transaction_id, provider)
       WHERE session_id = $1`,
      [sessionId],
    );
    expect(clock.nowMs() - (row?.at.getTime() ?? 0)).toBeLessThan(CLAIM_MS);
  });

/** A process stands still at the first provider, another takes its claim over, and then both are answered. */
async function takenForDead(rewrite: (sql: string) => string) {
  const changed: ServerContext = {
    ...context,
    db: { ...context.db, query: (sql, parameters) => context.db.query(rewrite(sql), parameters) },
  };
  const processOn = () => chargeCreator(changed, createChargeRouter(changed, running()));
  const request = chargeRequest(context);
  const [atFirst, againAtFirst] = [first.holdNext(), first.holdNext()];
  first.fate = 'away';
  const slow = processOn()(KIOSK, request);
  await atFirst.reached;
  // Nothing was renewed meanwhile.
  await database.db.query('UPDATE payment_attempts SET claimed_at = $1 WHERE claimed_at IS NOT NULL', [
    new Date(clock.nowMs() - CLAIM_MS),
  ]);
  const retry = processOn()(KIOSK, request);
  await againAtFirst.reached;
  atFirst.goOn();
  const slowly = await slow;
  first.fate = 'made';
  againAtFirst.goOn();
  return { slowly, retried: await retry, charged: [first.charged, second.charged] };
}

test('who was taken for dead gives its provider up no more: the charge stays where another may have made it', async () => {
  const { slowly, retried, charged } = await takenForDead((sql) => sql);
  expect(slowly).toMatchObject({ ok: false, code: 'provider_unavailable' });
  expect(retried).toMatchObject({ ok: true });
  expect(charged).toEqual([1, 0]);
});

test('twin: where any claim ends an attempt, both providers have an open charge', async () => {
  const byAnyClaim = (sql: string) =>
    sql.replace('AND claim = $4 AND outcome IS NULL', 'AND $4 > 0 AND outcome IS NULL');
  expect((await takenForDead(byAnyClaim)).charged).toEqual([1, 1]);
});

test('a txid that another session has, even at a provider that was given up, is refused by name', async () => {
  const request = chargeRequest(context);
  first.fate = 'away';
  expect(await charge(KIOSK, request)).toMatchObject({ ok: true });
  clock.advance(60_000);
  first.fate = 'made';
  const stranger = { ...chargeRequest(context), txid: request.txid };
  expect(await charge(KIOSK, stranger)).toMatchObject({ ok: false, code: 'txid_conflict' });
  expect(await findBySession(context.db, KIOSK.merchantId, stranger.sessionId)).toBeUndefined();
  expect([first.charged, second.charged]).toEqual([0, 1]);
});

test('a txid that another session has at the provider that would stand in is refused by name, too', async () => {
  const request = chargeRequest(context);
  Object.assign(first, { needsAuthorisationPage: true });
  expect(await charge(KIOSK, request)).toMatchObject({ ok: true });
  Object.assign(first, { needsAuthorisationPage: undefined });
  first.fate = 'away';
  const stranger = { ...chargeRequest(context), txid: request.txid };
  expect(await charge(KIOSK, stranger)).toMatchObject({ ok: false, code: 'txid_conflict' });
  expect([first.charged, second.charged]).toEqual([0, 1]);
});

test('when all are away the charge is refused for now, and the retry begins anew', async () => {
  first.fate = 'away';
  second.fate = 'away';
  const request = chargeRequest(context);
  expect(await charge(KIOSK, request)).toMatchObject({ ok: false, code: 'provider_unavailable' });
  second.fate = 'made';
  expect(await charge(KIOSK, request)).toMatchObject({ ok: true });
  expect([first.charged, second.charged]).toEqual([0, 1]);
});

test('a provider that does not answer is passed over while it is paused, and asked again later', async () => {
  first.fate = 'away';
  await charge(KIOSK, chargeRequest(context));
  first.fate = 'made';
  await charge(KIOSK, chargeRequest(context));
  expect([first.charged, second.charged]).toEqual([0, 2]);
  clock.advance(60_000);
  await charge(KIOSK, chargeRequest(context));
  expect([first.charged, second.charged]).toEqual([1, 2]);
});

test('money that comes to an attempt that had been given up is a ticket all the same', async () => {
  first.fate = 'refused';
  const request = chargeRequest(context);
  await charge(KIOSK, request);
  // The bank that refused had made the charge after all, and somebody paid it.
  const transaction = await findBySession(context.db, KIOSK.merchantId, request.sessionId);
  await ModelBank.prototype.createCharge.call(first, {
    ...request,
    pixKey: transaction?.pixKey ?? '',
    expiresSeconds: 300,
    description: '',
    merchantName: '',
    city: '',
    customer: null,
    split: [],
    mayExist: false,
  });
  first.pay(request.txid, SERVICE.amountCents);
  await context.db.query(
    `INSERT INTO webhook_inbox (inbox_id, provider, dedupe_key, received_at, body, headers, status, next_attempt_at)
     VALUES (gen_random_uuid(), 'bacen-pix', gen_random_uuid(), $1, $2, '{}', 'received', $1)`,
    [new Date(clock.nowMs()), Buffer.from(request.txid)],
  );
  await startInboxProcessor(context, first).stop();
  expect(await readPayment(context, request.sessionId)).toMatchObject({
    status: 'SUCCEEDED',
    confirmations: 1,
  });
  // And the charge of the other attempt, paid as well, goes back.
  second.pay(request.txid, SERVICE.amountCents);
  const [payment] = await findByCharge(context.db, 'pagarme', { txid: request.txid, providerChargeId: null });
  if (payment === undefined) throw new Error('the attempt is not found');
  await checkCharge(context, second, payment, 'poll');
  expect((await readPayment(context, request.sessionId)).refunds).toMatchObject([{ reason: 'surplus' }]);
  await expectMoneyAddsUp(context);
});

test('whatever the providers do, one customer is never charged by two at once', async () => {
  const fate = fc.constantFrom<Fate>('made', 'away', 'refused', 'lost', 'never arrives');
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(fate, fate), { minLength: 1, maxLength: 5 }), async (tries) => {
      const request = chargeRequest(context);
      const before = first.charged + second.charged;
      for (const [one, other] of tries) {
        first.fate = one;
        second.fate = other;
        await Promise.all([charge(KIOSK, request), charge(KIOSK, request)]);
        clock.advance(60_000);
      }
      expect(first.charged + second.charged - before).toBeLessThanOrEqual(1);
    }),
    { numRuns: 60 },
  );
});

test('a provider whose page the totem does not show, or whose CPF it lacks, is passed over, and stays so on retries', async () => {
  Object.assign(first, { needsAuthorisationPage: true, needsCustomerCpf: true });
  const cpf = { customer: { cpf: '52998224725' } };
  const page = { showsAuthorisation: true } as const;
  for (const [asks, expected] of [
    [{}, 'pagarme'],
    [cpf, 'pagarme'],
    [page, 'pagarme'],
    [{ ...page, ...cpf }, 'bacen-pix'],
  ] as const) {
    const request = { ...chargeRequest(context), ...asks };
    expect(await charge(KIOSK, request)).toMatchObject({ ok: true });
    expect(await charge(KIOSK, request)).toMatchObject({ ok: true });
    expect(await attemptsOf(request.sessionId)).toEqual([{ provider: expected, outcome: 'created' }]);
  }
});

test('after a clean failure the one that is passed over is not asked in its place', async () => {
  Object.assign(second, { needsAuthorisationPage: true });
  first.fate = 'away';
  expect(await charge(KIOSK, chargeRequest(context))).toMatchObject({ code: 'provider_unavailable' });
  expect(second.charged).toBe(0);
});

test('where nobody fits nothing is written, and who could help it by a CPF is told so', async () => {
  for (const bank of [first, second])
    Object.assign(bank, { needsAuthorisationPage: true, needsCustomerCpf: true });
  const request = chargeRequest(context);
  expect(await charge(KIOSK, request)).toMatchObject({ code: 'provider_rejected' });
  expect(await charge(KIOSK, { ...request, showsAuthorisation: true })).toMatchObject({
    code: 'customer_cpf_required',
  });
  expect(await findBySession(context.db, KIOSK.merchantId, request.sessionId)).toBeUndefined();
});
