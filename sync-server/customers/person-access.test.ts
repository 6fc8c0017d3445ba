import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Person } from '../../domain/person.ts';
import { CustomerExport, PersonAccessList } from '../../domain/protocol/customers.ts';
import { ManualClock } from '../../platform/testing/manual-clock.ts';
import { tokenHash } from '../access/tokens.ts';
import { DEMO_MERCHANT_ID } from '../catalog/demo-shop.ts';
import type { ServerContext } from '../context.ts';
import { type App, createApp } from '../http/app.ts';
import { MANAGER_TOKEN, OPERATOR_TOKEN, seedShop, testConfig, testContext } from '../testing/test-context.ts';
import { createTestDatabase, type TestDatabase } from '../testing/test-database.ts';
import { registerCustomerRoutes } from './customer-routes.ts';
import { findOrCreateCustomer } from './find-or-create-customer.ts';

const OTHER_MANAGER = 'another-manager-token';
const CPF = '11144477735';
const clock = new ManualClock();
let database: TestDatabase;
let context: ServerContext;
let app: App;

beforeAll(async () => {
  database = await createTestDatabase();
  await seedShop(database.db, clock.nowMs());
  const { access, ...config } = testConfig();
  const other = {
    role: 'manager',
    tokenSha256: tokenHash(OTHER_MANAGER),
    merchantId: DEMO_MERCHANT_ID,
  } as const;
  context = testContext({ db: database.db, clock, config: { ...config, access: [...access, other] } });
  app = await createApp(context);
  registerCustomerRoutes(app, context);
});
afterAll(async () => {
  await app.close();
  await database.close();
});

const learn = (person: Person) =>
  context.db.transaction((t) => findOrCreateCustomer(context, t, DEMO_MERCHANT_ID, person, clock.nowMs()));

async function ask(url: string, token = MANAGER_TOKEN, body?: object) {
  clock.advance(1_000);
  const response = await app.inject({
    url,
    method: body === undefined ? 'GET' : 'POST',
    headers: { authorization: `Bearer ${token}` },
    ...(body === undefined ? {} : { payload: body }),
  });
  return { status: response.statusCode, text: response.body, body: response.json() as unknown };
}
const accesses = async (query = '') =>
  PersonAccessList.parse((await ask(`/v1/customers/accesses${query}`)).body).accesses;

test('whoever sees a person in the clear, finds or exports them is written down, by token', async () => {
  const id = await learn({ document: CPF, name: 'Maria Souza' });
  const elsewhere = await learn({ name: 'Rui Lima', email: 'rui@example.com' });
  await ask('/v1/customers');
  await ask(`/v1/customers/${elsewhere}`);
  expect(await accesses(`?customerId=${id}`)).toEqual([]);
  await ask('/v1/customers/find', MANAGER_TOKEN, { document: CPF });
  await ask(`/v1/customers/${id}`, OTHER_MANAGER);
  const copy = CustomerExport.parse((await ask(`/v1/customers/${id}/export`, OTHER_MANAGER)).body);
  const [mine, theirs] = [MANAGER_TOKEN, OTHER_MANAGER].map((token) => tokenHash(token).slice(0, 12));
  const told = await accesses(`?customerId=${id}`);
  expect(told.map(({ action, tokenMark, role }) => [action, tokenMark, role])).toEqual([
    ['exported', theirs, 'manager'],
    ['viewed', theirs, 'manager'],
    ['found', mine, 'manager'],
  ]);
  expect(new Set(told.map(({ at }) => at)).size).toBe(3);
  // The person is told, too, this copy included.
  expect(copy.accesses.map((one) => one['action'])).toEqual(['found', 'viewed', 'exported']);
  expect((await accesses()).map(({ customerId }) => customerId)).toContain(elsewhere);
  expect(await accesses('?limit=1')).toHaveLength(1);
});

test('nobody is written down who saw nothing', async () => {
  const before = (await accesses('?limit=500')).length;
  const id = await learn({ document: CPF });
  expect((await ask(`/v1/customers/${id}`, OPERATOR_TOKEN)).status).toBe(403);
  expect((await ask('/v1/customers/accesses', OPERATOR_TOKEN)).status).toBe(403);
  expect((await ask(`/v1/customers/${crypto.randomUUID()}/export`)).status).toBe(404);
  expect((await ask('/v1/customers/find', MANAGER_TOKEN, { email: 'no@example.com' })).status).toBe(404);
  expect(await accesses('?limit=500')).toHaveLength(before);
});

test('of two that turned out to be one, both are told of, also after they were erased', async () => {
  const email = 'zoe@example.com';
  const first = await learn({ name: 'Zoe Reis', email });
  await ask(`/v1/customers/${first}`);
  const document = '39053344705';
  await learn({ document });
  const root = await learn({ document, email });
  expect(root).not.toBe(first);
  await ask(`/v1/customers/${first}`);
  expect(await accesses(`?customerId=${root}`)).toHaveLength(2);
  await ask(`/v1/customers/${root}/erase`, MANAGER_TOKEN, { reason: 'asked for it' });
  expect(await accesses(`?customerId=${first}`)).toHaveLength(2);
});

test('what was written down is never changed', async () => {
  for (const sql of [
    `UPDATE person_access SET role = 'x'`,
    'DELETE FROM person_access',
    'TRUNCATE person_access',
  ])
    await expect(context.db.query(sql)).rejects.toThrow('append-only');
});

test('what cannot be written down is not shown', async () => {
  const id = await learn({ document: CPF, name: 'Maria Souza' });
  await context.db.query('ALTER TABLE person_access RENAME TO person_access_away');
  for (const path of [`/v1/customers/${id}`, `/v1/customers/${id}/export`]) {
    const { status, text } = await ask(path);
    expect(status).toBe(500);
    expect(text).not.toContain('Maria');
  }
  await context.db.query('ALTER TABLE person_access_away RENAME TO person_access');
});
