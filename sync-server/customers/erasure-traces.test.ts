import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { newId } from '../../domain/ids.ts';
import { ManualClock } from '../../platform/testing/manual-clock.ts';
import { DEMO_MERCHANT_ID } from '../catalog/demo-shop.ts';
import type { ServerContext } from '../context.ts';
import { expectMoneyAddsUp } from '../payments/testing/payment-steps.ts';
import type { ProviderRecurrence } from '../providers/recurrence.ts';
import { closeReturn } from '../recurring/end-recurring-refund.ts';
import { keepRecurrence } from '../recurring/keep-recurrence.ts';
import { requestRecurringRefund } from '../recurring/request-recurring-refund.ts';
import { seedShop, testContext } from '../testing/test-context.ts';
import { createTestDatabase, type TestDatabase } from '../testing/test-database.ts';
import { eraseCustomer } from './erase-customer.ts';
import { exportCustomer } from './export-customer.ts';
import { findCustomer } from './read-customer.ts';
import { tablesHolding } from './testing/clear-text.ts';

const NAME = 'Benedita Quixabá Trovão';
const CPF = '39053344705';
const EMAIL = 'benedita.trovao@example.org';
/** As people and banks write them. */
const WORDS = [
  NAME,
  'Benedita Quixaba Trovao',
  'Benedita Trovão',
  CPF,
  '390.533.447-05',
  EMAIL,
  '5591987651234',
  '91987651234',
  '98765-1234',
];

const clock = new ManualClock();
let database: TestDatabase;
let context: ServerContext;

beforeAll(async () => {
  database = await createTestDatabase();
  context = testContext({ db: database.db, clock });
  await seedShop(database.db, clock.nowMs());
});
afterEach(() => expectMoneyAddsUp(context));
afterAll(() => database.close());

/** A webhook whose words stand where no field's name gives them away. */
async function webhook(text: string, headers: object = {}): Promise<void> {
  await context.db.query(
    `INSERT INTO webhook_inbox (inbox_id, provider, dedupe_key, received_at, body, headers, status, last_error)
     VALUES ($1::uuid, 'a-bank', $1::text, $2, $3, $4, 'dead', $5)`,
    [newId(clock, context.randomBytes), new Date(clock.nowMs()), Buffer.from(text), headers, `at ${NAME}`],
  );
}

const recurrence = (change: Partial<ProviderRecurrence>): ProviderRecurrence => ({
  ...{
    kind: 'charge',
    id: 'in_1',
    agreementId: 'sub_1',
    reference: null,
    status: 'paid',
    providerStatus: 'paid',
  },
  ...{ amountCents: 2_500, currency: 'USD', dueOn: null, receipts: [] },
  ...change,
});
const keep = (told: ProviderRecurrence) =>
  keepRecurrence(
    context,
    { merchantId: DEMO_MERCHANT_ID, provider: 'stripe', kind: told.kind, id: told.id },
    told,
    'webhook',
    clock.nowMs(),
  );

async function subscribe(): Promise<string> {
  const payer = { name: NAME, email: EMAIL, document: CPF, phone: '+5591987651234' };
  await keep(
    recurrence({
      kind: 'agreement',
      id: 'sub_1',
      agreementId: null,
      facts: { payer, plan: `Plano de ${NAME}` },
    }),
  );
  const receiptId = 'ch_1';
  const money = { receiptId, amountCents: 100, reason: `disse ${EMAIL}` };
  await keep(
    recurrence({
      receipts: [
        {
          ...{ receiptId, endToEndId: null, txid: null, pixKey: null, feeCents: null },
          ...{ amountCents: 2_500, paidAtMs: clock.nowMs() },
        },
      ],
      refunds: [
        {
          ...money,
          refundId: 're_1',
          status: 'refused',
          providerStatus: `para ${NAME}`,
          initiatedBy: 'provider',
        },
      ],
      disputes: [
        { ...money, disputeId: 'du_1', kind: 'chargeback', status: 'won', openedAtMs: clock.nowMs() },
      ],
    }),
  );
  const request = {
    requestId: crypto.randomUUID(),
    receiptId,
    amountCents: 100,
    note: `${NAME}, (91) 98765-1234`,
  };
  const asked = await requestRecurringRefund(
    context,
    DEMO_MERCHANT_ID,
    request,
    new Set(['stripe']),
    'manager',
  );
  expect(asked.ok).toBe(true);
  const close = { receiptId, returnId: 're_1', by: NAME, note: `ligou ${EMAIL}`, sentBack: false };
  expect(await closeReturn(context, DEMO_MERCHANT_ID, close)).toBe(true);
  const found = await findCustomer(context, context.db, DEMO_MERCHANT_ID, 'document', CPF);
  return found?.customerId ?? '';
}

test('of a subscriber nothing is left to read, however it was written; the books stay, the copy was whole', async () => {
  const customerId = await subscribe();
  const encoded = Buffer.from(`${NAME};${CPF};${EMAIL}`).toString('base64');
  await webhook(JSON.stringify({ obs: `Pix de ${NAME}, fone 98765-1234` }));
  await webhook(JSON.stringify({ campo: JSON.stringify({ x: NAME }), outro: 'de Benedita Trovão' }));
  await webhook(`{"x":"{\\"n\\":\\"Benedita Quixab\\\\u00e1 Trov\\\\u00e3o\\"}"}`);
  await webhook(JSON.stringify({ blob: encoded, link: `https://x.example/?n=${encodeURIComponent(NAME)}` }));
  await webhook(`not json: BENEDITA QUIXABA TROVAO ${encoded}`, { 'user-agent': `bank ${CPF} ${EMAIL}` });
  // Twin: the search sees all of it.
  const before = await tablesHolding(context.db, WORDS);
  expect(before).toEqual([
    'public.customer_subscriptions',
    'public.recurring_refunds',
    'public.recurring_returns',
    'public.webhook_inbox',
  ]);
  const copy = await exportCustomer(context, DEMO_MERCHANT_ID, customerId);
  expect(copy).toMatchObject({
    customer: { name: NAME, document: CPF, email: EMAIL },
    subscriptions: [{ plan: `Plano de ${NAME}` }],
    recurringReceipts: [{ receipt_id: 'ch_1', agreement_id: 'sub_1', amount_cents: 2_500 }],
    recurringRefunds: [{ return_id: 'du_1' }, { return_id: 're_1' }],
  });
  const ledger = await context.db.query('SELECT * FROM ledger_postings ORDER BY entry_id, line');
  const erased = await eraseCustomer(context, DEMO_MERCHANT_ID, customerId, {
    reason: 'asked for',
    by: 'Ana',
  });
  expect(erased.ok).toBe(true);
  expect(await tablesHolding(context.db, WORDS)).toEqual([]);
  expect(await context.db.query('SELECT * FROM ledger_postings ORDER BY entry_id, line')).toEqual(ledger);
});

test('what the provider tells of an erased subscriber later brings nobody back', async () => {
  const payer = { name: NAME, email: EMAIL, document: CPF };
  const told = {
    kind: 'agreement',
    id: 'sub_1',
    agreementId: null,
    facts: { payer, plan: 'Plano' },
  } as const;
  await keep(recurrence(told));
  expect(await findCustomer(context, context.db, DEMO_MERCHANT_ID, 'document', CPF)).toBeUndefined();
  expect(await tablesHolding(context.db, WORDS)).toEqual([]);
});
