import { afterAll, beforeAll, expect, test } from 'vitest';
import { ManualClock } from '../platform/testing/manual-clock.ts';
import type { ServerContext } from '../sync-server/context.ts';
import { type App, createApp } from '../sync-server/http/app.ts';
import { applyProviderCharge } from '../sync-server/payments/apply-provider-charge.ts';
import { chargeCreator } from '../sync-server/payments/create-charge.ts';
import { findBySession } from '../sync-server/payments/payment-transaction.ts';
import { registerRefundRoutes } from '../sync-server/payments/refund-routes.ts';
import { startRefundWorker } from '../sync-server/payments/refunds.ts';
import { ModelBank } from '../sync-server/payments/testing/model-bank.ts';
import { chargeRequest, KIOSK, SERVICE } from '../sync-server/payments/testing/payment-steps.ts';
import { onlyProvider } from '../sync-server/routing/charge-router.ts';
import { MANAGER_TOKEN, OPERATOR_TOKEN, seedShop, testContext } from '../sync-server/testing/test-context.ts';
import { createTestDatabase, type TestDatabase } from '../sync-server/testing/test-database.ts';
import { totem } from './testing/command-line.ts';

const clock = new ManualClock();
let database: TestDatabase;
let context: ServerContext;
let bank: ModelBank;
let app: App;
let server: string;

beforeAll(async () => {
  database = await createTestDatabase();
  await seedShop(database.db, clock.nowMs());
  context = testContext({ db: database.db, clock });
  bank = new ModelBank(clock);
  app = await createApp(context);
  registerRefundRoutes(app, context);
  server = await app.listen({ port: 0, host: '127.0.0.1' });
});
afterAll(async () => {
  await app.close();
  await database.close();
});

const asManager = (...args: string[]) =>
  totem('refunds', ...args, '--server', server, '--token', MANAGER_TOKEN, '--json').then(
    ({ out, exitCode }) => ({
      exitCode,
      ...(JSON.parse(out) as { ok: boolean; code?: string; data: Record<string, unknown> }),
    }),
  );
const create = (transactionId: string, ...args: string[]) =>
  asManager('create', '--transaction', transactionId, '--note', 'Consulta desmarcada', ...args);

async function paid(): Promise<string> {
  const request = chargeRequest(context);
  await chargeCreator(context, onlyProvider(bank))(KIOSK, request);
  const payment = await findBySession(context.db, KIOSK.merchantId, request.sessionId);
  if (payment === undefined) throw new Error('no charge');
  bank.pay(payment.txid, SERVICE.amountCents);
  await applyProviderCharge(context, payment, bank.chargeOf(payment.txid), 'webhook');
  return payment.transactionId;
}

test('a refund is asked for in parts, listed, refused beyond what is left, and taken up again', async () => {
  const transactionId = await paid();
  bank.refundsEndAs = 'refused';
  const made = await create(transactionId, '--cents', '1000');
  expect(made).toMatchObject({ ok: true, exitCode: 0 });
  await startRefundWorker(context, bank, { pausedUntilMs: () => 0 }).stop();
  expect(await asManager('list', '--status', 'failed')).toMatchObject({
    data: { total: 1, refunds: [{ refundId: made.data['refundId'], amountCents: 1_000, status: 'failed' }] },
  });
  bank.refundsEndAs = 'settled';
  const retried = await asManager('retry', String(made.data['refundId']), 'R-of-nobody');
  expect(retried.data).toEqual({ refundIds: [`${made.data['refundId']}2`] });
  expect(await create(transactionId)).toMatchObject({ ok: true });
  expect(await create(transactionId)).toMatchObject({ ok: false, code: 'too_much', exitCode: 1 });
});

test('a refund that the bank refuses is closed by a person, once, and the list says who', async () => {
  const transactionId = await paid();
  bank.refundsEndAs = 'refused';
  const made = await create(transactionId);
  // What the tests before left on its way comes first.
  for (let step = 0; step < 4; step += 1)
    await startRefundWorker(context, bank, { pausedUntilMs: () => 0 }).stop();
  const refundId = String(made.data['refundId']);
  const close = () => asManager('returned', refundId, '--by', 'Marta', '--note', 'Pix feito no banco');
  expect(await close()).toMatchObject({ ok: true, exitCode: 0, data: { refundId } });
  expect(await close()).toMatchObject({ ok: true, data: { refundId } });
  const { data } = await asManager('list', '--status', 'settled');
  expect((data['refunds'] as object[])[0]).toMatchObject({ refundId, returned: { by: 'Marta' } });
  const text = await totem('refunds', 'list', '--server', server, '--token', MANAGER_TOKEN);
  expect(text.out).toContain('returned by hand, says Marta: Pix feito no banco');
  expect(await asManager('returned', 'R-of-nobody', '--by', 'Marta', '--note', 'nada')).toMatchObject({
    ok: false,
    code: 'unknown_refund',
    exitCode: 1,
  });
});

test('nonsense is refused before it is sent, and nobody but a manager may ask', async () => {
  expect(await create('none')).toMatchObject({ ok: false, code: 'invalid_request', exitCode: 1 });
  expect(await create(crypto.randomUUID(), '--cents', 'ten')).toMatchObject({ code: 'invalid_request' });
  expect(await create(crypto.randomUUID())).toMatchObject({ code: 'unknown_transaction' });
  const asOperator = await totem('refunds', 'list', '--server', server, '--token', OPERATOR_TOKEN);
  expect(asOperator).toMatchObject({ exitCode: 1, out: '' });
});
