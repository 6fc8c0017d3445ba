import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { systemClock } from '../../../platform/system.ts';
import { readRecurrence } from './read-recurrence.ts';
import type { Endpoint } from './send.ts';

let server: Server;
let endpoint: Endpoint;
const answers = new Map<string, unknown>();

beforeAll(async () => {
  server = createServer((request, response) => {
    const body = answers.get(request.url ?? '');
    response.writeHead(body === undefined ? 404 : 200, { 'content-type': 'application/json' });
    response.end(JSON.stringify(body ?? { message: 'Not found.' }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  endpoint = {
    baseUrl: `http://127.0.0.1:${port}/core/v5`,
    secretKey: 'sk_test',
    http: { fetch: globalThis.fetch, clock: systemClock, timeoutMs: 2_000 },
  };
});
beforeEach(() => answers.clear());
afterAll(() => new Promise((resolve) => server.close(resolve)));

const CHARGE = {
  id: 'ch_1',
  amount: 4_990,
  status: 'paid',
  paid_amount: 4_990,
  paid_at: '2026-04-15T12:00:00Z',
  created_at: '2026-04-14T12:00:00Z',
};
const invoice = (change: Record<string, unknown> = {}) => ({
  id: 'in_1',
  amount: 4_990,
  status: 'paid',
  due_at: '2026-04-15T00:00:00Z',
  subscription: { id: 'sub_1' },
  charge: CHARGE,
  ...change,
});
const readInvoice = () => readRecurrence(endpoint, { kind: 'request', id: 'in_1' });

test('an invoice, with the money of its charge by the name that it has in sales', async () => {
  answers.set('/core/v5/invoices/in_1', invoice());
  expect(await readInvoice()).toMatchObject({
    kind: 'found',
    recurrence: {
      kind: 'request',
      agreementId: 'sub_1',
      status: 'paid',
      amountCents: 4_990,
      currency: 'BRL',
      dueOn: '2026-04-15',
      receipts: [
        { receiptId: 'pagarme:ch_1', txid: null, amountCents: 4_990, paidAtMs: Date.UTC(2026, 3, 15, 12) },
      ],
    },
  });
});

test('what went back of its money is the total that its charge tells; a chargeback is a dispute that is lost', async () => {
  const receiptId = 'pagarme:ch_1';
  answers.set(
    '/core/v5/invoices/in_1',
    invoice({ charge: { ...CHARGE, status: 'canceled', canceled_amount: 990 } }),
  );
  expect(await readInvoice()).toMatchObject({
    recurrence: {
      refunds: [{ receiptId, amountCents: 990, isTotal: true, status: 'settled' }],
      disputes: [],
    },
  });
  answers.set(
    '/core/v5/invoices/in_1',
    invoice({ charge: { ...CHARGE, status: 'chargedback', payment_method: 'credit_card' } }),
  );
  expect(await readInvoice()).toMatchObject({
    recurrence: {
      refunds: [],
      disputes: [{ receiptId, kind: 'chargeback', status: 'lost', amountCents: 4_990 }],
    },
  });
});

test.each([
  ['pending', 'active'],
  ['scheduled', 'created'],
  ['failed', 'failed'],
  ['canceled', 'canceled'],
  ['outra palavra', null],
])('an invoice that is %s brought nothing', async (status, expected) => {
  answers.set(
    '/core/v5/invoices/in_1',
    invoice({ status, charge: null, subscription: null, subscription_id: 'sub_2' }),
  );
  expect(await readInvoice()).toMatchObject({
    recurrence: { agreementId: 'sub_2', status: expected, providerStatus: status, receipts: [] },
  });
});

test.each([
  ['money of no time', invoice({ charge: { ...CHARGE, paid_at: null, created_at: null } })],
  ['another invoice', invoice({ id: 'in_2' })],
  ['no invoice', { id: 'in_1' }],
])('%s is as good as no answer', async (_name, body) => {
  answers.set('/core/v5/invoices/in_1', body);
  expect(await readInvoice()).toMatchObject({ kind: 'unavailable' });
});

test('a subscription, and what is not there', async () => {
  answers.set('/core/v5/subscriptions/sub_1', {
    id: 'sub_1',
    code: 'c-1',
    status: 'active',
    currency: 'BRL',
  });
  expect(await readRecurrence(endpoint, { kind: 'agreement', id: 'sub_1' })).toMatchObject({
    recurrence: { kind: 'agreement', reference: 'c-1', status: 'active', amountCents: null },
  });
  expect(await readInvoice()).toEqual({ kind: 'not_found' });
  expect(await readRecurrence(endpoint, { kind: 'charge', id: 'ch_1' })).toEqual({ kind: 'not_found' });
});
