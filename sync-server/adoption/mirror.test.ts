import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { ChargeResponse } from '../../domain/protocol/charges.ts';
import { DEMO_MERCHANT_ID } from '../catalog/demo-shop.ts';
import { eraseCustomer } from '../customers/erase-customer.ts';
import { tablesHolding } from '../customers/testing/clear-text.ts';
import { openDatabase } from '../db/database.ts';
import { type PaymentHouse, startPaymentHouse } from '../payments/testing/payment-house.ts';
import { chargeRequest, expectMoneyAddsUp, readPayment } from '../payments/testing/payment-steps.ts';
import { MANAGER_TOKEN, OPERATOR_TOKEN } from '../testing/test-context.ts';
import { createMirror } from './mirror.ts';

let house: PaymentHouse;
beforeAll(async () => {
  house = await startPaymentHouse();
});
beforeEach(() => switchTo('on'));
afterEach(() => expectMoneyAddsUp(house.context));
afterAll(() => house.close());

const PERSON = { nome: 'Maria Aparecida Souza', email: 'maria.old@example.com', cpf: '529.982.247-25' };
const old = (id: string, values: Record<string, unknown> = {}) => ({
  kind: 'transaction' as const,
  row: {
    id,
    provider: 'PAGARME',
    status: 'paid',
    amount_cents: 1_000,
    created_at: '2025-11-01T12:00:00Z',
    paid_at: '2025-11-01T12:01:00Z',
    ...values,
  },
});
const send = (body: unknown, token = MANAGER_TOKEN) => house.post('/v1/adoption/mirror', body, token);
const switchTo = (mode: string) => house.post('/v1/adoption/switch', { mode }, MANAGER_TOKEN);
const adopted = (key: string) =>
  house.context.db.query(
    `SELECT status, amount_cents AS cents, refunded_cents AS back, customer_id IS NOT NULL AS "hasCustomer"
     FROM adopted_transactions WHERE old_key = $1`,
    [key],
  );

/** A sale from its charge to its confirmation. */
async function sell(): Promise<void> {
  const request = chargeRequest(house.context);
  const { status, body } = await house.post('/v1/charges', request);
  expect(status).toBe(200);
  await house.pay((body as ChargeResponse).txid, 'exact');
  await house.until(async () => (await readPayment(house.context, request.sessionId)).confirmations === 1);
}

test('a row again changes nothing; a newer one moves it on, and money is posted once', async () => {
  expect(await send(old('m1', PERSON))).toMatchObject({
    status: 202,
    body: { outcome: 'mapped', shadow: false },
  });
  expect(await send(old('m1', PERSON))).toMatchObject({ status: 202, body: { outcome: 'unchanged' } });
  expect(
    await send(old('m1', { ...PERSON, status: 'refunded', refunded_at: '2025-11-02T12:00:00Z' })),
  ).toMatchObject({
    body: { outcome: 'mapped' },
  });
  expect(await adopted('m1')).toEqual([{ status: 'REFUNDED', cents: 1_000, back: 1_000, hasCustomer: true }]);
  expect(await house.context.db.query(`SELECT 1 FROM adopted_rows WHERE old_key = 'm1'`)).toHaveLength(2);
});

test('ten at once of one row: it is adopted once', async () => {
  const answers = await Promise.all(Array.from({ length: 10 }, () => send(old('m2'))));
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([202]));
  expect(await adopted('m2')).toHaveLength(1);
  expect(await house.context.db.query(`SELECT 1 FROM adopted_rows WHERE old_key = 'm2'`)).toHaveLength(1);
});

test('switched off nothing is looked at; in the shadow it is judged and nothing is written', async () => {
  await switchTo('off');
  expect(await send(old('m3'))).toMatchObject({ status: 202, body: { outcome: 'off' } });
  await switchTo('shadow');
  expect(await send(old('m3'))).toMatchObject({ status: 202, body: { outcome: 'mapped', shadow: true } });
  expect(await send(old('m4', { status: 'sei lá' }))).toMatchObject({
    body: { outcome: 'unmapped', shadow: true, reasons: ['unknown_status'] },
  });
  expect(await house.context.db.query(`SELECT 1 FROM adopted_rows WHERE old_key IN ('m3', 'm4')`)).toEqual(
    [],
  );
  const { body } = await house.get('/v1/adoption', MANAGER_TOKEN);
  expect(body).toMatchObject({
    mode: 'shadow',
    counts: expect.arrayContaining([expect.objectContaining({ outcome: 'shadow_mapped', count: 1 })]),
  });
});

test('only a manager may', async () => {
  expect((await send(old('m5'), OPERATOR_TOKEN)).status).toBe(403);
  expect((await house.post('/v1/adoption/switch', { mode: 'on' }, OPERATOR_TOKEN)).status).toBe(403);
  expect((await house.post('/v1/adoption/switch', { mode: 'maybe' }, MANAGER_TOKEN)).status).toBe(400);
});

describe('sales go on', () => {
  test('while rows are bad in every way', async () => {
    const bad = [
      old('b1', { amount_cents: 'doze', status: '\u0000' }),
      old('b2', { created_at: 'ontem', paid_at: null }),
      old('b3', { raw_payload: '{"broken":' }),
      old('b4', { provider: { name: 'x' } }),
      old('\u0000\uFFFD', {}),
      { kind: 'transaction', row: {} },
      { kind: 'customer', row: { nome: 'Ana' } },
      { kind: 'session', row: { id: 's', status: 'abandonado' } },
    ];
    const [answers] = await Promise.all([Promise.all(bad.map((row) => send(row))), sell()]);
    for (const { status, body } of answers) {
      expect(status).toBe(202);
      expect(body).not.toMatchObject({ outcome: 'mapped' });
    }
    for (const row of bad) expect((await send(row)).body).not.toMatchObject({ outcome: 'failed' });
  });

  test('while the mirror waits for a lock: it answers, and holds two connections at most', async () => {
    const blocker = await house.context.db.connect({ statementTimeoutMs: 0, onBroken: () => undefined });
    try {
      await blocker.query('BEGIN');
      await blocker.query('LOCK TABLE adopted_rows IN ACCESS EXCLUSIVE MODE');
      const answers = Promise.all(Array.from({ length: 8 }, (_, at) => send(old(`w${at}`))));
      await sell();
      const outcomes = (await answers).map(({ body }) => (body as { outcome: string }).outcome).toSorted();
      expect(outcomes).toEqual([...Array<string>(6).fill('busy'), 'failed', 'failed']);
    } finally {
      await blocker.close();
    }
    await house.until(
      async () => (await send(old('w0'))).body !== null && (await adopted('w0')).length === 1,
    );
    const { body } = await house.get('/v1/adoption', MANAGER_TOKEN);
    expect((body as { failures: number }).failures).toBeGreaterThanOrEqual(8);
  });

  test('while the mirror’s database is away', async () => {
    const gone = openDatabase('postgres://nobody@127.0.0.1:9/nothing', () => undefined);
    const mirror = createMirror({ ...house.context, db: gone });
    const told = { ...old('g1'), source: 'legacy', timeZone: 'America/Sao_Paulo' };
    const [outcome] = await Promise.all([mirror.take(DEMO_MERCHANT_ID, told), sell()]);
    expect(outcome).toEqual({ outcome: 'failed', shadow: false, reasons: ['try_again'] });
    await gone.close();
  });
});

test('who is erased is in no table any more, and the money stays', async () => {
  const words = ['Joaquina Prado', 'joaquina@example.com', '111.444.777-35', '11144477735'];
  const row = old('p1', {
    nome: words[0],
    email: words[1],
    cpf: words[2],
    raw_payload: JSON.stringify({ customer: { id: 'cus_1', name: words[0], email: words[1] } }),
  });
  expect((await send(row)).body).toMatchObject({ outcome: 'mapped' });
  expect(await tablesHolding(house.context.db, words)).toEqual([]);
  const [held] = await house.context.db.query<{ id: string; kept: string }>(
    `SELECT customer_id AS id, raw_kept AS kept FROM adopted_rows WHERE old_key = 'p1'`,
  );
  expect(held?.kept).toBe('person');
  const exported = await house.get(`/v1/customers/${held?.id}/export`, MANAGER_TOKEN);
  expect(exported.body).toMatchObject({
    adopted: [{ old_key: 'p1', amount_cents: 1_000, status: 'SUCCEEDED' }],
  });
  await eraseCustomer(house.context, DEMO_MERCHANT_ID, held?.id ?? '', { reason: 'asked for it', by: 'Ana' });
  expect(
    await house.context.db.query('SELECT 1 FROM person_keys WHERE customer_id = $1', [held?.id]),
  ).toEqual([]);
  expect(await adopted('p1')).toMatchObject([{ status: 'SUCCEEDED', cents: 1_000 }]);
  expect((await send(row)).body).toMatchObject({ outcome: 'unchanged' });
});
