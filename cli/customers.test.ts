import { afterAll, beforeAll, expect, test } from 'vitest';
import { ManualClock } from '../platform/testing/manual-clock.ts';
import { DEMO_MERCHANT_ID } from '../sync-server/catalog/demo-shop.ts';
import type { ServerContext } from '../sync-server/context.ts';
import { registerCustomerRoutes } from '../sync-server/customers/customer-routes.ts';
import { findOrCreateCustomer } from '../sync-server/customers/find-or-create-customer.ts';
import { type App, createApp } from '../sync-server/http/app.ts';
import { MANAGER_TOKEN, OPERATOR_TOKEN, seedShop, testContext } from '../sync-server/testing/test-context.ts';
import { createTestDatabase, type TestDatabase } from '../sync-server/testing/test-database.ts';
import { totem } from './testing/command-line.ts';

const MARIA = { name: 'Maria Souza', email: 'maria@example.com', document: '52998224725' };
const clock = new ManualClock();
let database: TestDatabase;
let context: ServerContext;
let app: App;
let server: string;

beforeAll(async () => {
  database = await createTestDatabase();
  await seedShop(database.db, clock.nowMs());
  context = testContext({ db: database.db, clock });
  app = await createApp(context);
  registerCustomerRoutes(app, context);
  server = await app.listen({ port: 0, host: '127.0.0.1' });
});
afterAll(async () => {
  await app.close();
  await database.close();
});

const asManager = (...args: string[]) =>
  totem('customers', ...args, '--server', server, '--token', MANAGER_TOKEN);

test('a customer is listed masked, found, shown, exported and erased, and is shown as erased afterwards', async () => {
  expect((await asManager('list')).out).toBe('no customers');
  const id = await context.db.transaction((t) =>
    findOrCreateCustomer(context, t, DEMO_MERCHANT_ID, MARIA, clock.nowMs()),
  );
  const list = await asManager('list', '--limit', '5');
  expect(list.out).toContain(`${id}  `);
  expect(list.out).toContain('***982247**');
  expect(list.out).not.toContain(MARIA.document);
  const shown = await asManager('show', id);
  expect(shown.out).toContain('Maria Souza');
  for (const by of [
    ['--email', 'MARIA@example.com'],
    ['--document', '529.982.247-25'],
  ])
    expect((await asManager('find', ...by)).out).toBe(shown.out);
  const all = JSON.parse((await asManager('export', id)).out) as Record<string, unknown>;
  expect(all).toMatchObject({ customer: MARIA, transactions: [], erasure: null });

  const named = await asManager('erase', id, '--reason', 'Maria Souza asked', '--json');
  expect(named).toMatchObject({ exitCode: 1 });
  expect(JSON.parse(named.out)).toMatchObject({ ok: false, code: 'reason_is_personal' });
  const erased = await asManager('erase', id, '--reason', 'asked by mail', '--by', 'Ana');
  expect(erased.out).toContain(`${id} is erased: asked for by Ana`);
  expect((await asManager('show', id)).out).toContain('erased at 20');
  expect((await asManager('list')).out).toContain('(erased)');
  expect(await asManager('find', '--email', MARIA.email)).toMatchObject({ exitCode: 1, out: '' });
});

test('nonsense is refused, and nobody but a manager may ask', async () => {
  const json = async (...args: string[]) => JSON.parse((await asManager(...args, '--json')).out) as unknown;
  expect(await json('find')).toMatchObject({ code: 'invalid_request' });
  expect(await json('find', '--email', 'a@b.de', '--document', '52998224725')).toMatchObject({ ok: false });
  expect(await json('show', crypto.randomUUID())).toMatchObject({ code: 'unknown_customer' });
  expect(await json('show', 'nobody')).toMatchObject({ code: 'invalid_request' });
  expect(await json('list', '--limit', 'ten')).toMatchObject({ code: 'invalid_request' });
  expect((await asManager('erase', crypto.randomUUID())).exitCode).toBe(2);
  const asOperator = await totem('customers', 'list', '--server', server, '--token', OPERATOR_TOKEN);
  expect(asOperator).toMatchObject({ exitCode: 1, out: '' });
});
