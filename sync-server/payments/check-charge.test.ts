import { afterAll, beforeAll, expect, test } from 'vitest';
import { ManualClock } from '../../platform/testing/manual-clock.ts';
import type { ServerContext } from '../context.ts';
import type { ChargeRef, FetchChargeOutcome, ProviderCharge } from '../providers/provider.ts';
import { onlyProvider } from '../routing/charge-router.ts';
import { seedShop, testContext } from '../testing/test-context.ts';
import { createTestDatabase, type TestDatabase } from '../testing/test-database.ts';
import { checkCharge } from './check-charge.ts';
import { chargeCreator } from './create-charge.ts';
import { findBySession, type PaymentTransaction } from './payment-transaction.ts';
import { ModelBank } from './testing/model-bank.ts';
import { chargeRequest, KIOSK, readPayment } from './testing/payment-steps.ts';

let database: TestDatabase;
let context: ServerContext;
let clock: ManualClock;

beforeAll(async () => {
  database = await createTestDatabase();
  clock = new ManualClock();
  context = testContext({ db: database.db, clock });
  await seedShop(database.db, clock.nowMs());
});
afterAll(() => database.close());

/** A provider that leaves the taking of authorised money to us. */
class AuthorisingBank extends ModelBank {
  captures = 0;
  captured: 'PROCESSING' | 'lost' = 'PROCESSING';
  status: ProviderCharge['status'] = 'AUTHORIZED';

  override async fetchCharge(ref: Pick<ChargeRef, 'txid'>) {
    const read = await super.fetchCharge(ref);
    return read.kind === 'found' ? { ...read, charge: { ...read.charge, status: this.status } } : read;
  }

  async captureCharge(ref: ChargeRef): Promise<FetchChargeOutcome | { kind: 'unknown'; detail: string }> {
    this.captures += 1;
    if (this.captured === 'lost') return { kind: 'unknown', detail: 'no answer' };
    this.status = 'PROCESSING';
    return this.fetchCharge(ref);
  }
}

async function sale(bank: AuthorisingBank): Promise<PaymentTransaction> {
  const request = chargeRequest(context);
  await chargeCreator(context, onlyProvider(bank))(KIOSK, request);
  return read(request.sessionId);
}

async function read(sessionId: string): Promise<PaymentTransaction> {
  const payment = await findBySession(context.db, KIOSK.merchantId, sessionId);
  if (payment === undefined) throw new Error('no payment');
  return payment;
}

test('money that the customer has authorised is taken once', async () => {
  const bank = new AuthorisingBank(clock, '01');
  const payment = await sale(bank);
  expect(await checkCharge(context, bank, payment, 'poll')).toEqual({ kind: 'applied' });
  await checkCharge(context, bank, await read(payment.sessionId), 'poll');
  expect(bank.captures).toBe(1);
});

test('when the answer is lost nothing is applied, and it is asked for again', async () => {
  const bank = new AuthorisingBank(clock, '02');
  const payment = await sale(bank);
  bank.captured = 'lost';
  expect(await checkCharge(context, bank, payment, 'poll')).toMatchObject({ kind: 'unavailable' });
  bank.captured = 'PROCESSING';
  expect(await checkCharge(context, bank, payment, 'poll')).toEqual({ kind: 'applied' });
  expect(bank.captures).toBe(2);
});

test.each([
  ['was given up', `cancel_requested_at = now()`],
  ['has an ending', `status = 'EXPIRED'`],
])('of a charge that %s nothing is taken', async (_name, change) => {
  const bank = new AuthorisingBank(clock, '03');
  const payment = await sale(bank);
  await context.db.query(`UPDATE payment_transactions SET ${change} WHERE session_id = $1`, [
    payment.sessionId,
  ]);
  await checkCharge(context, bank, await read(payment.sessionId), 'poll');
  expect(bank.captures).toBe(0);
  expect(await readPayment(context, payment.sessionId)).toMatchObject({ ticketNumber: null });
});
