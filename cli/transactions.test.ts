import { expect, test } from 'vitest';
import { ManualClock } from '../platform/testing/manual-clock.ts';
import { createApp } from '../sync-server/http/app.ts';
import { applyProviderCharge } from '../sync-server/payments/apply-provider-charge.ts';
import { chargeCreator } from '../sync-server/payments/create-charge.ts';
import { findBySession } from '../sync-server/payments/payment-transaction.ts';
import { ModelBank } from '../sync-server/payments/testing/model-bank.ts';
import { chargeRequest, KIOSK, SERVICE } from '../sync-server/payments/testing/payment-steps.ts';
import { registerTransactionRoutes } from '../sync-server/payments/transaction-routes.ts';
import { onlyProvider } from '../sync-server/routing/charge-router.ts';
import { MANAGER_TOKEN, seedShop, testContext } from '../sync-server/testing/test-context.ts';
import { createTestDatabase } from '../sync-server/testing/test-database.ts';
import { totem } from './testing/command-line.ts';

test('a payment is shown with what it learnt of its provider, and without who paid', async () => {
  const clock = new ManualClock();
  const database = await createTestDatabase();
  await seedShop(database.db, clock.nowMs());
  const context = testContext({ db: database.db, clock });
  const app = await createApp(context);
  registerTransactionRoutes(app, context);
  const server = await app.listen({ port: 0, host: '127.0.0.1' });
  try {
    const bank = new ModelBank(clock);
    const request = chargeRequest(context);
    await chargeCreator(context, onlyProvider(bank))(KIOSK, request);
    const payment = await findBySession(context.db, KIOSK.merchantId, request.sessionId);
    if (payment === undefined) throw new Error('no charge');
    bank.pay(payment.txid, SERVICE.amountCents);
    const facts = {
      payer: { name: 'Maria Souza', email: 'maria@example.com' },
      customerId: 'cus_1',
      installments: 3,
      orderId: 'or_1',
      card: { brand: 'visa', last4: '4242', expMonth: 7, expYear: 2031 },
    };
    await applyProviderCharge(context, payment, { ...bank.chargeOf(payment.txid), facts }, 'webhook');
    const { out, exitCode } = await totem(
      'transactions',
      'show',
      payment.transactionId,
      '--server',
      server,
      '--token',
      MANAGER_TOKEN,
    );
    expect(exitCode).toBe(0);
    for (const word of [
      '3 instalments',
      'visa **** 4242 07/2031',
      'order or_1',
      'there cus_1',
      'session completed',
    ])
      expect(out).toContain(word);
    expect(out).toContain('routed to bacen-pix');
    expect(out).not.toMatch(/Maria|maria@/);
  } finally {
    await app.close();
    await database.close();
  }
});
