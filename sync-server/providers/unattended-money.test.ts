import { afterAll, beforeAll, expect, test } from 'vitest';
import { ManualClock } from '../../platform/testing/manual-clock.ts';
import type { ServerContext } from '../context.ts';
import { applyProviderCharge } from '../payments/apply-provider-charge.ts';
import { chargeCreator } from '../payments/create-charge.ts';
import { findBySession } from '../payments/payment-transaction.ts';
import { ModelBank } from '../payments/testing/model-bank.ts';
import { chargeRequest, KIOSK, SERVICE } from '../payments/testing/payment-steps.ts';
import { onlyProvider } from '../routing/charge-router.ts';
import { seedShop, testContext } from '../testing/test-context.ts';
import { createTestDatabase, type TestDatabase } from '../testing/test-database.ts';
import { findUnattendedMoney } from './unattended-money.ts';

const clock = new ManualClock();
let database: TestDatabase;
let context: ServerContext;
beforeAll(async () => {
  database = await createTestDatabase();
  context = testContext({ db: database.db, clock });
  await seedShop(database.db, clock.nowMs());
});
afterAll(() => database.close());

test('charges and refunds of a provider that is not named any more are counted, those of the others are not', async () => {
  const bank = new ModelBank(clock);
  const request = chargeRequest(context);
  await chargeCreator(context, onlyProvider(bank))(KIOSK, request);
  const payment = await findBySession(context.db, KIOSK.merchantId, request.sessionId);
  if (payment === undefined) throw new Error('no charge was made');
  bank.pay(request.txid, SERVICE.amountCents + 1);
  await applyProviderCharge(context, payment, bank.chargeOf(request.txid), 'poll');

  expect(await findUnattendedMoney(context.db, ['bacen-pix'])).toEqual([]);
  expect(await findUnattendedMoney(context.db, ['pagarme'])).toEqual([
    { provider: 'bacen-pix', charges: 1, refunds: 1 },
  ]);
});
