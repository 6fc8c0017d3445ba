import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ManualClock } from '../../platform/testing/manual-clock.ts';
import { DEMO_MERCHANT_ID } from '../catalog/demo-shop.ts';
import type { ServerContext } from '../context.ts';
import { seedShop, testContext } from '../testing/test-context.ts';
import { createTestDatabase, type TestDatabase } from '../testing/test-database.ts';
import { eraseCustomer } from './erase-customer.ts';
import { exportCustomer } from './export-customer.ts';
import { findOrCreateCustomers } from './find-or-create-customers.ts';
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
  { weight: 5, arbitrary: person.map((told) => ({ kind: 'learn' as const, told: [told] })) },
  {
    weight: 2,
    arbitrary: fc
      .array(person, { minLength: 2, maxLength: 8 })
      .map((told) => ({ kind: 'learn' as const, told })),
  },
  { weight: 1, arbitrary: fc.nat().map((of) => ({ kind: 'erase' as const, of })) },
  { weight: 1, arbitrary: fc.nat().map((of) => ({ kind: 'export' as const, of })) },
);

/** Runs the steps on the database and on the model, which have to agree after each. */
async function walk(
  steps: readonly (typeof step extends fc.Arbitrary<infer S> ? S : never)[],
  model: CustomerModel,
) {
  await database.db.transaction(async (transaction) => {
    // Who was shown whom refuses to be emptied: its triggers are off for this.
    await transaction.query('SET LOCAL session_replication_role = replica');
    await transaction.query(
      'TRUNCATE customers, person_keys, customer_identifiers, customer_erasures CASCADE',
    );
  });
  /** The database's id of each of the model's numbers. */
  const ids: string[] = [];
  // Who was merged in the batch that made them is known by no id of their own.
  const idOf = (number: number): string => ids[number] ?? ids[Number(model.read(number)['root'])] ?? '';
  for (const one of steps) {
    clock.advance(1_000);
    if (one.kind === 'learn') {
      const numbers = one.told.map(({ name, ...told }) =>
        model.learn({ ...told, name: name === '' ? undefined : name }),
      );
      const people = one.told.map((told) => ({ person: told, atMs: clock.nowMs() }));
      const found = await context.db.transaction((t) =>
        findOrCreateCustomers(context, t, DEMO_MERCHANT_ID, people),
      );
      // Of somebody who was merged later in the same batch, whom they were merged into.
      for (const [at, number] of numbers.entries()) {
        const root = Number(model.read(number)['root']);
        ids[root] ??= found[at]?.customerId ?? '';
        expect(ids[root]).toBe(found[at]?.customerId);
      }
    } else if (ids.length > 0) {
      const number = one.of % ids.length;
      const id = idOf(number);
      if (one.kind === 'erase') {
        model.erase(number);
        const request = { reason: 'asked for', by: 'manager' };
        await eraseCustomer(context, DEMO_MERCHANT_ID, id, request);
      } else {
        const all = await exportCustomer(context, DEMO_MERCHANT_ID, id);
        expect(all?.customer.status).toBe(model.read(number)['status']);
        // Nobody else's data is handed out with it.
        const { document } = model.read(number);
        for (const other of DOCUMENTS.filter((each) => each !== document))
          expect(JSON.stringify(all)).not.toContain(other);
      }
    }
    for (let number = 0; number < model.size; number += 1) {
      const view = await readCustomer(context, context.db, DEMO_MERCHANT_ID, idOf(number));
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
  const steps = DOCUMENTS.slice(0, 2).map((document) => ({
    kind: 'learn' as const,
    told: [of(document)],
  }));
  await walk(steps, new CustomerModel());
  await expect(walk(steps, new Careless())).rejects.toThrow();
});
