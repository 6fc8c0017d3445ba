import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { encodeStaticBrCode } from '../../domain/br-code.ts';
import { ManualClock } from '../../platform/testing/manual-clock.ts';
import { DEMO_PIX_KEY } from '../catalog/demo-shop.ts';
import type { ServerContext } from '../context.ts';
import { chargeCreator } from '../payments/create-charge.ts';
import { findByCharge } from '../payments/payment-transaction.ts';
import { ModelBank } from '../payments/testing/model-bank.ts';
import { chargeRequest, expectMoneyAddsUp, KIOSK, SERVICE } from '../payments/testing/payment-steps.ts';
import type { ChargeOrder, ChargeRef, CreateChargeOutcome, ProviderCharge } from '../providers/provider.ts';
import { seedShop, testContext } from '../testing/test-context.ts';
import { createTestDatabase, type TestDatabase } from '../testing/test-database.ts';
import { onlyProvider } from './charge-router.ts';
import { cancelLeftOpen, SHADOW_TIMEOUT_MS } from './shadow-charge.ts';
import { isDrawn, type ShadowMirror, startShadowMirror } from './shadow-mirror.ts';
import { readShadowReport } from './shadow-report.ts';

/** Answers as the test says, and keeps what it was asked. */
class Trial extends ModelBank {
  override readonly name = 'pagarme';
  readonly orders: ChargeOrder[] = [];
  readonly cancelled: string[] = [];
  answer: (charge: ProviderCharge) => CreateChargeOutcome | Promise<CreateChargeOutcome> = (charge) => ({
    kind: 'created',
    charge,
  });
  override async createCharge(order: ChargeOrder): Promise<CreateChargeOutcome> {
    this.orders.push(order);
    const made = await super.createCharge(order);
    return made.kind === 'created' ? this.answer(made.charge) : made;
  }
  override async cancelCharge(charge: Pick<ChargeRef, 'txid'>) {
    this.cancelled.push(charge.txid);
    return super.cancelCharge(charge);
  }
}

const clock = new ManualClock();
let database: TestDatabase;
let context: ServerContext;
let bank: ModelBank;
let trial: Trial;
let shadows: ShadowMirror;
let branch = 50;

beforeAll(async () => {
  database = await createTestDatabase();
  context = testContext({ db: database.db, clock });
  await seedShop(database.db, clock.nowMs());
});
beforeEach(async () => {
  // Results of another test are of another day.
  clock.advance(48 * 60 * 60_000);
  branch += 1;
  bank = new ModelBank(clock, String(branch));
  trial = new Trial(clock);
  shadows = startShadowMirror(context, [{ provider: trial, pixKey: null }]);
  await share(10_000);
});
afterEach(async () => {
  await expectMoneyAddsUp(context);
  const stopping = shadows.stop();
  await vi.waitFor(() => expect(clock.pendingTasks).toBeGreaterThan(0));
  clock.advance(10_000);
  await stopping;
});
afterAll(() => database.close());

async function share(shareBp: number): Promise<void> {
  await database.db.query(
    `INSERT INTO shadow_rules VALUES ($1, 'pagarme', $2, now(), 'test')
     ON CONFLICT (merchant_id, provider) DO UPDATE SET share_bp = excluded.share_bp`,
    [KIOSK.merchantId, shareBp],
  );
}
async function sell() {
  const request = chargeRequest(context);
  const result = await chargeCreator(context, onlyProvider(bank), shadows)(KIOSK, request);
  expect(result).toMatchObject({ ok: true, charge: { txid: request.txid } });
  return request;
}
function resultOf({ sessionId }: { readonly sessionId: string }) {
  return database.db.query<{
    outcome: string | null;
    differences: { field: string }[];
    detail: string;
    cancelled: boolean;
  }>(
    `SELECT s.outcome, s.detail, s.differences, s.cancelled_at IS NOT NULL AS cancelled
     FROM shadow_results s JOIN payment_transactions USING (merchant_id, transaction_id) WHERE session_id = $1`,
    [sessionId],
  );
}
const eventually = (request: { readonly sessionId: string }, expected: object) =>
  vi.waitFor(async () => expect(await resultOf(request)).toMatchObject([expected]), { timeout: 20_000 });

test('a charge is made again at the provider on trial, compared, and withdrawn at once; it is nobody’s', async () => {
  const request = await sell();
  await eventually(request, { outcome: 'same', differences: [], cancelled: true });
  const [order] = trial.orders;
  expect(order).toMatchObject({
    amountCents: SERVICE.amountCents,
    pixKey: DEMO_PIX_KEY,
    customer: null,
    split: [],
  });
  expect(order?.txid).toMatch(/^SHADOW[0-9a-f]{26}$/);
  expect(trial.cancelled).toEqual([order?.txid]);
  // Whoever pays it all the same pays no charge that this server knows.
  expect(
    await findByCharge(database.db, 'pagarme', { txid: order?.txid ?? '', providerChargeId: null }),
  ).toEqual([]);
  // The same session again is the same charge, and no second trial.
  await chargeCreator(context, onlyProvider(bank), shadows)(KIOSK, request);
  expect(trial.orders).toHaveLength(1);
});

test('what the live provider did not make is not mirrored', async () => {
  bank.reachable = false;
  await chargeCreator(context, onlyProvider(bank), shadows)(KIOSK, chargeRequest(context));
  bank.reachable = true;
  await eventually(await sell(), { outcome: 'same' });
  expect(trial.orders).toHaveLength(1);
});

test('lies are told field by field, and believed by nobody', async () => {
  const payee = { merchantName: 'Outro', merchantCity: 'Recife' };
  const lie = encodeStaticBrCode({ ...payee, key: 'ladrao@example.com', amountCents: 1 });
  trial.answer = (charge) => ({
    kind: 'created',
    charge: {
      ...charge,
      amountCents: 1,
      currency: 'USD',
      status: 'SUCCEEDED',
      expiresAtMs: Number.NaN,
      brCode: lie.ok ? lie.brCode : null,
      receipts: [
        {
          receiptId: 'E1',
          endToEndId: 'E1',
          txid: charge.txid,
          pixKey: charge.pixKey,
          amountCents: SERVICE.amountCents,
          paidAtMs: clock.nowMs(),
          feeCents: null,
        },
      ],
    },
  });
  const request = await sell();
  await eventually(request, { outcome: 'different', cancelled: true });
  const [row] = await resultOf(request);
  expect(row?.differences.map(({ field }) => field)).toEqual([
    'amountCents',
    'currency',
    'status',
    'receipts',
    'expiresSeconds',
    'brCode.form',
    'brCode.receiver',
    'brCode.city',
    'brCode.amountCents',
    'brCode.key',
  ]);
  const [payment] = await database.db.query(
    'SELECT status, paid_at FROM payment_transactions WHERE session_id = $1',
    [request.sessionId],
  );
  expect(payment).toEqual({ status: 'PENDING', paid_at: null });
});

test.each<[string, () => CreateChargeOutcome, string]>([
  [
    'throws',
    () => {
      throw new TypeError('the driver is broken');
    },
    'failed',
  ],
  ['answers nonsense', () => ({ kind: 'created' }) as never, 'failed'],
  ['refuses', () => ({ kind: 'rejected', code: 'no', detail: 'no sandbox' }), 'rejected'],
  ['is away', () => ({ kind: 'unavailable', detail: 'away' }), 'unavailable'],
])(
  'one that %s is written down, and the customer has the code all the same',
  async (_name, answer, outcome) => {
    trial.answer = answer;
    await eventually(await sell(), { outcome, cancelled: true });
  },
);

test('one that hangs is not waited for, keeps few places, and is withdrawn from when it answers at last', async () => {
  const answers: (() => void)[] = [];
  trial.answer = (charge) =>
    new Promise((resolve) => {
      answers.push(() => resolve({ kind: 'created', charge }));
    });
  const sold = [await sell(), await sell(), await sell()];
  await vi.waitFor(() => expect(answers).toHaveLength(2));
  clock.advance(SHADOW_TIMEOUT_MS);
  for (const request of sold.slice(0, 2))
    await eventually(request, { outcome: 'timed_out', cancelled: false });
  // The third waits behind them.
  expect(await resultOf(sold[2] ?? { sessionId: '' })).toEqual([]);
  expect(trial.orders).toHaveLength(2);
  for (const answer of answers.splice(0)) answer();
  for (const request of sold.slice(0, 2))
    await eventually(request, { outcome: 'timed_out', cancelled: true });
  await vi.waitFor(() => expect(answers).toHaveLength(1));
  answers[0]?.();
  await eventually(sold[2] ?? { sessionId: '' }, { outcome: 'same' });
});

test('more than the trial can follow is passed over, and counted', async () => {
  trial.answer = () => new Promise(() => undefined);
  for (let index = 0; index < 53; index += 1) await sell();
  await vi.waitFor(() => expect(trial.orders).toHaveLength(2));
  for (let index = 0; index < 3; index += 1) await sell();
  expect(shadows.dropped()).toBeGreaterThan(0);
});

test('only the share that was set is mirrored', async () => {
  await share(5_000);
  const sold = await Promise.all(Array.from({ length: 30 }, () => sell()));
  const ids = await database.db.query<{ id: string }>(
    'SELECT transaction_id AS id FROM payment_transactions WHERE session_id = ANY($1)',
    [sold.map(({ sessionId }) => sessionId)],
  );
  const rule = { provider: 'pagarme', shareBp: 5_000 };
  const drawn = ids.filter(({ id }) => isDrawn(id, rule)).length;
  const mirrored = () =>
    database.db.query('SELECT 1 FROM shadow_results WHERE started_at = $1 AND outcome IS NOT NULL', [
      new Date(clock.nowMs()),
    ]);
  await vi.waitFor(async () => expect(await mirrored()).toHaveLength(drawn), { timeout: 20_000 });
  expect(trial.orders).toHaveLength(drawn);
});

test('the draw falls evenly, and on all where all are asked for', () => {
  const ids = Array.from({ length: 4_000 }, (_, index) => `sale-${index}`);
  const part = (shareBp: number) =>
    ids.filter((id) => isDrawn(id, { provider: 'pagarme', shareBp })).length / 4_000;
  expect([part(0), part(10_000)]).toEqual([0, 1]);
  expect(Math.abs(part(2_500) - 0.25)).toBeLessThan(0.03);
});

test('what a process left open is withdrawn by the next', async () => {
  trial.reachable = true;
  const cancel = trial.cancelCharge.bind(trial);
  trial.cancelCharge = async () => {
    throw new Error('killed here');
  };
  const request = await sell();
  await eventually(request, { outcome: 'same', cancelled: false });
  trial.cancelCharge = cancel;
  await cancelLeftOpen(context, trial);
  expect(await resultOf(request)).toMatchObject([{ cancelled: false }]);
  clock.advance(60_000);
  await cancelLeftOpen(context, trial);
  expect(await resultOf(request)).toMatchObject([{ cancelled: true }]);
});

test('the report counts outcomes and fields, and names examples', async () => {
  const fromMs = clock.nowMs();
  await eventually(await sell(), { outcome: 'same' });
  trial.answer = (charge) => ({ kind: 'created', charge: { ...charge, amountCents: 7 } });
  const other = await sell();
  await eventually(other, { outcome: 'different', cancelled: true });
  const report = await readShadowReport(database.db, KIOSK.merchantId, fromMs);
  expect(report).toMatchObject({
    providers: [
      {
        provider: 'pagarme',
        mirrored: 2,
        outcomes: { same: 1, different: 1 },
        differences: { amountCents: 1 },
        leftOpen: 0,
        latency: { liveP50: 0, shadowP50: 0 },
      },
    ],
    examples: [{ outcome: 'different', differences: [{ field: 'amountCents', live: '5000', shadow: '7' }] }],
  });
  expect(await readShadowReport(database.db, crypto.randomUUID(), 0)).toMatchObject({
    providers: [],
    examples: [],
  });
});
