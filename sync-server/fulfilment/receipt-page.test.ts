import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { FEED_PAYLOADS } from '../../domain/protocol/feed.ts';
import { MAX_RECEIPT_ADDRESSES } from '../../domain/protocol/receipt-page.ts';
import { eventually } from '../../platform/testing/eventually.ts';
import { eraseCustomer } from '../customers/erase-customer.ts';
import { exportCustomer } from '../customers/export-customer.ts';
import { findCustomer } from '../customers/read-customer.ts';
import { type App, createApp } from '../http/app.ts';
import type { SendOutcome } from '../notifications/channel.ts';
import { testConfig } from '../testing/test-context.ts';
import { readContact } from './read-contact.ts';
import { registerReceiptPageRoutes } from './receipt-page-routes.ts';
import { type FulfilmentHouse, openFulfilmentHouse, type Sold } from './testing/fulfilment-house.ts';

const DAY_MS = 24 * 3600_000;
/** Other people in each test: they share one shop. */
const CPFS = ['52998224725', '11144477735', '39053344705'];
let tag: string;
let ANA: string;
let BIA: string;
const CONFIG = testConfig({
  publicUrl: 'https://totem.clinica.example',
  rendererDir: '/nonexistent',
  notifications: {
    smtp: { url: 'smtp://127.0.0.1:9', from: 'a@clinica.example' },
    whatsapp: null,
    sms: null,
  },
});

let house: FulfilmentHouse;
let app: App;
/** `payment_received ana@…`, as they went out. */
let mails: string[];
/** Set: a mail waits for it before it is taken. */
let gate: Promise<void> | null;

beforeAll(async () => {
  const email = {
    async send(address: string, { kind }: { readonly kind: string }): Promise<SendOutcome> {
      await gate;
      // Those of sales of other tests, whose end nobody waited for, are not looked at.
      if (address.includes(tag)) mails.push(`${kind} ${address}`);
      return { ok: true };
    },
  };
  house = await openFulfilmentHouse({ email }, CONFIG);
  app = await createApp(house.context);
  registerReceiptPageRoutes(app, house.context);
});
beforeEach(() => {
  mails = [];
  gate = null;
  tag = crypto.randomUUID().slice(0, 8);
  ANA = `ana.${tag}@example.com`;
  BIA = `bia.${tag}@example.com`;
});
afterAll(async () => {
  await app.close();
  await house.close();
});

/** As the totem is told it. */
async function tokenOf({ sessionId }: Sold): Promise<string> {
  const [entry] = await house.context.db.query<{ payload: unknown }>(
    "SELECT payload FROM feed WHERE kind = 'payment.confirmed' AND payload->>'sessionId' = $1",
    [sessionId],
  );
  const { receiptUrl } = FEED_PAYLOADS['payment.confirmed'].parse(entry?.payload);
  expect(receiptUrl).toMatch(/^https:\/\/totem\.clinica\.example\/receipt\/[\w-]{22}$/);
  return receiptUrl?.split('/').at(-1) ?? '';
}
const look = (token: string) => app.inject({ method: 'GET', url: `/v1/receipt-pages/${token}` });
const leave = (token: string, email: string) =>
  app.inject({ method: 'POST', url: `/v1/receipt-pages/${token}/address`, payload: { email } });
const both = (email: string) => [`payment_received ${email}`, `receipt ${email}`];

async function completed(sale: Sold): Promise<void> {
  await house.issue(sale);
  await house.handOver(sale);
  await house.pass(1_000);
  await eventually(async () => expect((await house.show(sale)).status).toBe('completed'));
}
const whose = async (sale: Sold) => {
  const [row] = await house.context.db.query<{ id: string | null }>(
    'SELECT customer_id AS id FROM payment_transactions WHERE transaction_id = $1',
    [sale.transactionId],
  );
  return row?.id ?? null;
};
const known = (email: string) =>
  findCustomer(house.context, house.context.db, CONFIG.access[1]?.merchantId ?? '', 'email', email);

describe('a customer of whom nothing is known leaves an address', () => {
  test('before the ticket: the confirmation goes out at once, the receipt behind the paper', async () => {
    const sale = await house.sell();
    await house.reaches(sale, { stage: 'notifying', state: 'skipped' });
    const token = await tokenOf(sale);
    const { ticketLabel } = await house.show(sale);
    const state = {
      ...{
        merchantName: 'Clínica Aurora',
        serviceName: 'Consulta geral',
        amountCents: 5_000,
        currency: 'BRL',
      },
      ticketLabel,
    };
    expect((await look(token)).json()).toEqual({ ...state, requested: false });
    const answer = await leave(token, ` ${ANA} `);
    expect([answer.statusCode, answer.json()]).toEqual([200, { ...state, requested: true }]);
    await house.reaches(sale, { stage: 'notifying', state: 'done' });
    expect(mails).toEqual(both(ANA).slice(0, 1));
    await completed(sale);
    expect(mails).toEqual(both(ANA));
    expect((await known(ANA))?.customerId).toBe(await whose(sale));
  });

  test('after all is done: both at once; the same again, however it is spelled, changes nothing', async () => {
    const sale = await house.sell();
    await completed(sale);
    expect(mails).toEqual([]);
    const token = await tokenOf(sale);
    await Promise.all(Array.from({ length: 6 }, () => leave(token, ANA)));
    await eventually(async () => expect((await house.show(sale)).status).toBe('completed'));
    expect((await leave(token, ANA.toUpperCase())).statusCode).toBe(200);
    await house.pass(120_000);
    expect(mails.toSorted()).toEqual(both(ANA));
    expect((await house.show(sale)).sends.map(({ attempt }) => attempt)).toEqual([1, 1]);
  });

  test('who told a name alone is the person of the address', async () => {
    const sale = await house.sell({ name: 'Bia' });
    await leave(await tokenOf(sale), BIA);
    expect(await known(BIA)).toMatchObject({ name: 'Bia', emails: [BIA] });
    expect(await readContact(house.context, house.context.db, sale)).toMatchObject({
      name: 'Bia',
      email: BIA,
    });
  });
});

describe('a mistyped address', () => {
  test('is mended: both go to the new one, also where the old one was on its way; the fourth is refused', async () => {
    const held = Promise.withResolvers<void>();
    gate = held.promise;
    const sale = await house.sell();
    const token = await tokenOf(sale);
    await leave(token, `anna.${tag}@example.com`);
    await house.reaches(sale, { stage: 'notifying', state: 'running' });
    expect((await leave(token, ANA)).statusCode).toBe(200);
    held.resolve();
    await house.reaches(sale, { stage: 'notifying', state: 'done' });
    await eventually(() => expect(mails).toHaveLength(2));
    await completed(sale);
    expect(mails).toEqual([`payment_received anna.${tag}@example.com`, ...both(ANA)]);
    expect((await leave(token, BIA)).statusCode).toBe(200);
    await eventually(async () => expect((await house.show(sale)).status).toBe('completed'));
    expect(mails.slice(3)).toEqual(both(BIA));
    const refused = await leave(token, 'dora@example.com');
    expect([refused.statusCode, refused.json().error.code]).toEqual([409, 'too_many_addresses']);
    expect(mails).toHaveLength(2 + MAX_RECEIPT_ADDRESSES);
  });

  test('that is no address is refused, and nothing is written', async () => {
    const sale = await house.sell();
    const token = await tokenOf(sale);
    for (const email of ['', 'ana', 'ana@', `${'a'.repeat(250)}@example.com`, `${ANA}\r\nBcc: x@example.com`])
      expect((await leave(token, email)).statusCode, email).toBe(400);
    expect((await look(token)).json().requested).toBe(false);
  });
});

describe('who is known otherwise', () => {
  test('learns no e-mail by it, which counts for this payment alone', async () => {
    const person = { name: 'Ana Souza', cpf: CPFS[0] };
    const first = await house.sell(person);
    const second = await house.sell(person);
    const before = await whose(first);
    await leave(await tokenOf(first), BIA);
    await completed(first);
    await completed(second);
    expect(mails).toEqual(both(BIA));
    expect(await whose(first)).toBe(before);
    expect(await known(BIA)).toBeUndefined();
    expect(await readContact(house.context, house.context.db, second)).toMatchObject({ email: null });
  });

  test('an address that was told before stays theirs, and the page tells nobody of it', async () => {
    const sale = await house.sell({ name: 'Ana Souza', cpf: CPFS[1], email: ANA });
    await house.reaches(sale, { stage: 'notifying', state: 'done' });
    const stranger = await house.sell();
    const [token, other] = [await tokenOf(sale), await tokenOf(stranger)];
    const facts = (answer: { json(): unknown }) => ({ ...Object(answer.json()), ticketLabel: '' });
    expect(facts(await look(token))).toEqual(facts(await look(other)));
    expect(facts(await leave(token, ANA))).toEqual(facts(await leave(other, BIA)));
    await completed(sale);
    expect(mails.filter((mail) => mail.endsWith(ANA))).toEqual(both(ANA));
    expect(await leave(token, `second.${BIA}`)).toMatchObject({ statusCode: 200 });
    expect((await known(ANA))?.email).toBe(ANA);
  });
});

test('what was left is sealed, handed out, and erased with its person', async () => {
  const sale = await house.sell({ name: 'Ana Souza', cpf: CPFS[2] });
  const token = await tokenOf(sale);
  await leave(token, ANA);
  const { context } = house;
  const customerId = (await whose(sale)) ?? '';
  const plain = async () => {
    const [row] = await context.db.query<{ all: string }>(
      `SELECT string_agg(f::text, '') || string_agg(s::text, '') AS all
       FROM fulfilments f JOIN notification_sends s USING (merchant_id, transaction_id)`,
    );
    return row?.all ?? '';
  };
  await house.reaches(sale, { stage: 'notifying', state: 'done' });
  for (const form of [ANA, Buffer.from(ANA).toString('hex')]) expect(await plain()).not.toContain(form);
  expect((await exportCustomer(context, sale.merchantId, customerId))?.addresses).toMatchObject([
    { transactionId: sale.transactionId, email: ANA },
  ]);
  const naming = { reason: `asked by ${ANA}`, by: 'manager' };
  expect(await eraseCustomer(context, sale.merchantId, customerId, naming)).toMatchObject({
    code: 'reason_is_personal',
  });
  await eraseCustomer(context, sale.merchantId, customerId, { reason: 'asked for', by: 'manager' });
  expect(await readContact(context, context.db, sale)).toMatchObject({ email: null });
  expect((await look(token)).statusCode).toBe(404);
  expect((await leave(token, BIA)).statusCode).toBe(404);
  await completed(sale);
  expect(mails).toEqual(both(ANA).slice(0, 1));
});

test('a token is not guessed, and ends after a week; who guesses keeps nobody else waiting', async () => {
  house.clock.advance(61_000);
  const sale = await house.sell();
  const token = await tokenOf(sale);
  const guesses = Array.from({ length: 31 }, (_, index) => `${index}`.padStart(22, 'A'));
  const statuses = [];
  for (const guess of guesses) statuses.push((await leave(guess, ANA)).statusCode);
  expect(statuses.slice(0, 30).every((status) => status === 404)).toBe(true);
  expect(statuses.at(-1)).toBe(429);
  expect((await leave(token, ANA)).statusCode).toBe(200);
  house.clock.advance(7 * DAY_MS + 1);
  for (const none of [token, 'none', '..%2f..']) expect((await look(none)).statusCode).toBe(404);
  expect((await leave(token, BIA)).statusCode).toBe(404);
});
