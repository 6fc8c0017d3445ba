import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ManualClock } from '../../platform/testing/manual-clock.ts';
import { DEMO_MERCHANT_ID } from '../catalog/demo-shop.ts';
import type { ServerContext } from '../context.ts';
import { seedShop, testContext } from '../testing/test-context.ts';
import { createTestDatabase, type TestDatabase } from '../testing/test-database.ts';
import { eraseCustomer } from './erase-customer.ts';
import { exportCustomer } from './export-customer.ts';
import { findOrCreateCustomer } from './find-or-create-customer.ts';
import { findCustomer, readCustomer } from './read-customer.ts';
import { tablesHolding } from './testing/clear-text.ts';
import { CustomerModel } from './testing/customer-model.ts';

const DOCUMENTS = ['52998224725', '11144477735', '11222333000181'];
const EMAILS = ['maria@example.com', 'joao@example.com', 'casa@example.com', 'loja@example.com'];
const NAMES = ['Maria Aparecida', 'João Lima'];
const PHONES = ['+5511999990001', '+5511999990002'];
const RUNS = 25;

const clock = new ManualClock();
let database: TestDatabase;
let context: ServerContext;
beforeAll(async () => {
  database = await createTestDatabase();
  await seedShop(database.db, clock.nowMs());
  context = testContext({ db: database.db, clock });
});
afterAll(() => database.close());

const some = (values: readonly string[]) => fc.option(fc.constantFrom(...values), { nil: undefined });
const person = fc.record({
  document: some(DOCUMENTS),
  email: some(EMAILS),
  name: some([...NAMES, '']),
  phone: some(PHONES),
});
const step = fc.oneof(
  { weight: 6, arbitrary: person.map((told) => ({ kind: 'learn' as const, told })) },
  { weight: 1, arbitrary: fc.nat().map((of) => ({ kind: 'erase' as const, of })) },
  { weight: 1, arbitrary: fc.nat().map((of) => ({ kind: 'export' as const, of })) },
);

/** Runs the steps on the database and on the model, which have to agree after each. */
async function walk(
  steps: readonly (typeof step extends fc.Arbitrary<infer S> ? S : never)[],
  model: CustomerModel,
) {
  await database.db.query('TRUNCATE customers, person_keys, customer_identifiers, customer_erasures CASCADE');
  /** The database's id of each of the model's numbers. */
  const ids: string[] = [];
  for (const one of steps) {
    clock.advance(1_000);
    if (one.kind === 'learn') {
      const { name, ...told } = one.told;
      const number = model.learn({ ...told, name: name === '' ? undefined : name });
      const id = await context.db.transaction((t) =>
        findOrCreateCustomer(context, t, DEMO_MERCHANT_ID, one.told, clock.nowMs()),
      );
      ids[number] ??= id;
      expect(ids[number]).toBe(id);
    } else if (ids.length > 0) {
      const number = one.of % ids.length;
      if (one.kind === 'erase') {
        model.erase(number);
        const request = { reason: 'asked for', by: 'manager' };
        await eraseCustomer(context, DEMO_MERCHANT_ID, ids[number] ?? '', request);
      } else {
        const all = await exportCustomer(context, DEMO_MERCHANT_ID, ids[number] ?? '');
        expect(all?.customer.status).toBe(model.read(number)['status']);
        // Nobody else's data is handed out with it.
        const { document } = model.read(number);
        for (const other of DOCUMENTS.filter((each) => each !== document))
          expect(JSON.stringify(all)).not.toContain(other);
      }
    }
    for (let number = 0; number < model.size; number += 1) {
      const view = await readCustomer(context, context.db, DEMO_MERCHANT_ID, ids[number] ?? '');
      const { root, ...expected } = model.read(number);
      expect(view?.customerId).toBe(ids[Number(root)]);
      expect({ ...view, emails: view?.emails.toSorted() }).toMatchObject(expected);
    }
    for (const [kind, values] of [
      ['email', EMAILS],
      ['document', DOCUMENTS],
    ] as const)
      for (const value of values) {
        const number = model.find(kind, value);
        const found = await findCustomer(context, context.db, DEMO_MERCHANT_ID, kind, value);
        expect(found?.customerId).toBe(number === undefined ? undefined : ids[number]);
      }
  }
  expect(await tablesHolding(context.db, [...DOCUMENTS, ...EMAILS, ...NAMES, ...PHONES])).toEqual([]);
}

test('learning, merging, erasing and exporting in any order: the rule holds after each step', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 20 }), (steps) =>
      walk(steps, new CustomerModel()),
    ),
    { numRuns: RUNS, endOnFailure: true },
  );
});

test('twin: a rule that merges two documents of one e-mail is seen', async () => {
  class Careless extends CustomerModel {
    override learn(told: Parameters<CustomerModel['learn']>[0]): number {
      const known = typeof told.email === 'string' ? this.find('email', told.email) : undefined;
      return known ?? super.learn(told);
    }
  }
  const of = (document: string) => ({ document, email: EMAILS[0], name: undefined, phone: undefined });
  const steps = DOCUMENTS.slice(0, 2).map((document) => ({ kind: 'learn' as const, told: of(document) }));
  await walk(steps, new CustomerModel());
  await expect(walk(steps, new Careless())).rejects.toThrow();
});
