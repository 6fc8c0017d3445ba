import { afterAll, beforeAll, expect, test } from 'vitest';
import { ManualClock } from '../platform/testing/manual-clock.ts';
import { DEMO_MERCHANT_ID } from '../sync-server/catalog/demo-shop.ts';
import { type App, createApp } from '../sync-server/http/app.ts';
import { ModelBank } from '../sync-server/payments/testing/model-bank.ts';
import type { ProviderRecurrence } from '../sync-server/providers/recurrence.ts';
import { keepRecurrence } from '../sync-server/recurring/keep-recurrence.ts';
import { registerRecurringRoutes } from '../sync-server/recurring/recurring-routes.ts';
import { MANAGER_TOKEN, OPERATOR_TOKEN, seedShop, testContext } from '../sync-server/testing/test-context.ts';
import { createTestDatabase, type TestDatabase } from '../sync-server/testing/test-database.ts';
import { totem } from './testing/command-line.ts';

const clock = new ManualClock();
let database: TestDatabase;
let app: App;
let server: string;

beforeAll(async () => {
  database = await createTestDatabase();
  await seedShop(database.db, clock.nowMs());
  const context = testContext({ db: database.db, clock });
  app = await createApp(context);
  registerRecurringRoutes(app, context, [Object.assign(new ModelBank(clock), { name: 'stripe' })]);
  server = await app.listen({ port: 0, host: '127.0.0.1' });
  const key = { merchantId: DEMO_MERCHANT_ID, provider: 'stripe', kind: 'charge', id: 'in_1' } as const;
  const receipt = { endToEndId: null, txid: null, pixKey: null, feeCents: null, paidAtMs: clock.nowMs() };
  const charge: ProviderRecurrence = {
    ...{ kind: 'charge', id: 'in_1', agreementId: 'sub_1', reference: null, dueOn: null, currency: 'USD' },
    ...{ status: 'paid', providerStatus: 'paid', amountCents: 2_500 },
    receipts: [{ ...receipt, receiptId: 'ch_1', amountCents: 2_500 }],
    refunds: [
      {
        ...{ refundId: 're_1', receiptId: 'ch_1', amountCents: 700, reason: null },
        ...{ status: 'settled', providerStatus: 'succeeded', initiatedBy: 'provider' },
      },
    ],
    disputes: [],
  };
  await keepRecurrence(context, key, charge, 'webhook', clock.nowMs());
});
afterAll(async () => {
  await app.close();
  await database.close();
});

const list = (token: string, ...args: string[]) =>
  totem('recurring', 'list', ...args, '--server', server, '--token', token);

test('what came and what went back of it is listed, also as JSON, and chosen by agreement', async () => {
  const { out, exitCode } = await list(MANAGER_TOKEN);
  expect(exitCode).toBe(0);
  expect(out).toMatch(
    /^charge\s+in_1\s+paid\s+25\.00 USD came, 7\.00 USD went back\n {2}payment ch_1 {2}25\.00 USD {2}18\.00 USD may go back\n {2}refund settled 7\.00 USD/,
  );
  const json = await list(MANAGER_TOKEN, '--agreement', 'sub_1', '--json');
  expect(JSON.parse(json.out)).toMatchObject({
    ok: true,
    data: { recurrences: [{ id: 'in_1', returnedCents: 700, returns: [{ returnId: 're_1' }] }] },
  });
  expect((await list(MANAGER_TOKEN, '--agreement', 'sub_2')).out).toBe('nothing recurring');
});

test('nobody but a manager may look', async () => {
  expect(await list(OPERATOR_TOKEN)).toMatchObject({ exitCode: 1, out: '' });
});

test('a part is sent back, once for one id, and what is refused is told', async () => {
  const requestId = crypto.randomUUID();
  const refund = (...args: string[]) =>
    totem(
      'recurring',
      'refund',
      '--note',
      'Plano cancelado',
      ...args,
      '--server',
      server,
      '--token',
      MANAGER_TOKEN,
    );
  const asked = ['--receipt', 'ch_1', '--cents', '500', '--request-id', requestId];
  const { out, exitCode } = await refund(...asked);
  expect(exitCode).toBe(0);
  expect(out).toContain(`M${requestId.replaceAll('-', '')} is on its way`);
  expect((await refund(...asked)).out).toBe(out);
  expect((await list(MANAGER_TOKEN)).out).toMatch(
    /13\.00 USD may go back\n {2}asked back M\w+ requested 5\.00 USD {2}Plano/,
  );
  const tooMuch = await refund('--receipt', 'ch_1', '--cents', '1301', '--json');
  expect(JSON.parse(tooMuch.out)).toMatchObject({ ok: false, code: 'too_much' });
  const again = await totem('recurring', 'retry', 'M1', '--server', server, '--token', MANAGER_TOKEN);
  expect(again.out).toBe('0 of 1 go on');
});

test('the agreements are listed, and charges of none are counted', async () => {
  const answer = await totem('recurring', 'subscriptions', '--server', server, '--token', MANAGER_TOKEN);
  expect(answer.out).toBe('no subscriptions\n1 charges name no agreement that is known');
});
