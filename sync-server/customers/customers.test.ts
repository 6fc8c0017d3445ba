import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Person } from '../../domain/person.ts';
import { createPersonalDataBox } from '../../platform/personal-data.ts';
import { eventually } from '../../platform/testing/eventually.ts';
import { ManualClock } from '../../platform/testing/manual-clock.ts';
import { DEMO_MERCHANT_ID } from '../catalog/demo-shop.ts';
import type { ServerContext } from '../context.ts';
import { openDatabase, type Transaction } from '../db/database.ts';
import { seedShop, testContext } from '../testing/test-context.ts';
import { createTestDatabase, type TestDatabase } from '../testing/test-database.ts';
import { eraseCustomer, finishErasure, requestErasure } from './erase-customer.ts';
import { exportCustomer } from './export-customer.ts';
import { findOrCreateCustomer } from './find-or-create-customer.ts';
import { identifierOf, openPersonKey } from './person-keys.ts';
import { findCustomer, listCustomers, readCustomer } from './read-customer.ts';

const CPF = '52998224725';
const OTHER_CPF = '11144477735';
const MARIA = { name: 'Maria Souza', email: 'maria@example.com', document: CPF, phone: '+5511999990000' };
const REQUEST = { reason: 'asked at the counter', by: 'Ana' };

const clock = new ManualClock();
let database: TestDatabase;
let context: ServerContext;
let second: ServerContext;

beforeAll(async () => {
  database = await createTestDatabase();
  await seedShop(database.db, clock.nowMs());
  context = testContext({ db: database.db, clock });
  second = testContext({ db: openDatabase(database.url, () => undefined), clock });
});
afterAll(async () => {
  await second.db.close();
  await database.close();
});
beforeEach(async () => {
  clock.advance(1_000);
  await database.db.transaction(async (transaction) => {
    // Who was shown whom refuses to be emptied: its triggers are off for this.
    await transaction.query('SET LOCAL session_replication_role = replica');
    await transaction.query(
      'TRUNCATE customers, person_keys, customer_identifiers, customer_erasures, payment_transactions CASCADE',
    );
  });
});

const learn = (person: Person, by = context, atMs = clock.nowMs()): Promise<string> =>
  by.db.transaction((transaction) => findOrCreateCustomer(by, transaction, DEMO_MERCHANT_ID, person, atMs));
const read = (customerId: string) => readCustomer(context, context.db, DEMO_MERCHANT_ID, customerId);
const find = (kind: 'email' | 'document', value: string) =>
  findCustomer(context, context.db, DEMO_MERCHANT_ID, kind, value);
const count = async (table: string): Promise<number> =>
  (await database.db.query<{ n: number }>(`SELECT count(*)::int AS n FROM ${table}`))[0]?.n ?? 0;

describe('who is meant', () => {
  test('a customer is found by document or e-mail, in any spelling, and learns what is new', async () => {
    const id = await learn({ document: '529.982.247-25', name: 'Maria Souza' });
    expect(await learn({ document: CPF, email: 'Maria@Example.com' })).toBe(id);
    expect(await learn({ email: 'maria@example.com ', phone: MARIA.phone })).toBe(id);
    expect(await read(id)).toMatchObject({ ...MARIA, status: 'known', emails: [MARIA.email] });
    expect((await find('document', '529.982.247-25'))?.customerId).toBe(id);
    expect((await find('email', 'MARIA@example.com'))?.customerId).toBe(id);
    expect(await find('email', 'nobody@example.com')).toBeUndefined();
  });

  test('nothing is overwritten by emptiness, and nothing newer by what is gone through later', async () => {
    const id = await learn(MARIA);
    await learn({ document: CPF, name: '  ', email: undefined });
    expect(await read(id)).toMatchObject(MARIA);
    await learn({ document: CPF, name: 'Maria Souza Lima' });
    await learn(
      { document: CPF, name: 'M. S.', email: 'old@example.com' },
      context,
      clock.nowMs() - 86_400_000,
    );
    expect(await read(id)).toMatchObject({
      ...MARIA,
      name: 'Maria Souza Lima',
      emails: ['old@example.com', MARIA.email],
    });
    await learn({ document: CPF, email: 'no address' });
    expect(await read(id)).toMatchObject({ email: MARIA.email });
  });

  test('what is no valid document is kept, and nobody is found by it', async () => {
    const [one, two] = [await learn({ document: '00000000000' }), await learn({ document: '00000000000' })];
    expect(one).not.toBe(two);
    expect(await read(one)).toMatchObject({ document: '00000000000' });
    expect(await find('document', '00000000000')).toBeUndefined();
  });

  test('who tells a name alone is a customer of their own', async () => {
    const [one, two] = [await learn({ name: 'Ana' }), await learn({ name: 'Ana' })];
    expect(one).not.toBe(two);
  });

  test('a merchant does not find the customers of another', async () => {
    await learn(MARIA);
    const [other] = await database.db.query<{ id: string }>(
      `INSERT INTO merchants (merchant_id, name, pix_key, created_at)
       VALUES (gen_random_uuid(), 'Other', 'x', now()) RETURNING merchant_id AS id`,
    );
    const elsewhere = other?.id ?? '';
    expect(await findCustomer(context, context.db, elsewhere, 'document', CPF)).toBeUndefined();
    await context.db.transaction((t) => findOrCreateCustomer(context, t, elsewhere, MARIA, clock.nowMs()));
    const hashes = await database.db.query('SELECT DISTINCT hash FROM customer_identifiers');
    expect(hashes).toHaveLength(4);
    expect(await listCustomers(context, context.db, elsewhere, 10)).toMatchObject({ total: 1 });
  });
});

describe('two that turn out to be one', () => {
  test('an e-mail without a document and a document with that e-mail are merged, and nothing is dropped', async () => {
    const byEmail = await learn({ email: MARIA.email, name: 'Mari', phone: MARIA.phone });
    const byDocument = await learn({ document: CPF, name: 'Maria Souza' });
    clock.advance(1_000);
    expect(await learn({ document: CPF, email: MARIA.email })).toBe(byDocument);
    expect(await read(byDocument)).toMatchObject(MARIA);
    // The earlier id still leads there, and the name that lost is in what the person is handed out.
    expect((await read(byEmail))?.customerId).toBe(byDocument);
    expect((await find('email', MARIA.email))?.customerId).toBe(byDocument);
    const all = await exportCustomer(context, DEMO_MERCHANT_ID, byDocument);
    expect(all?.alsoKnownAs).toMatchObject([{ customerId: byEmail, name: 'Mari' }]);
    expect(await count('customers')).toBe(2);
  });

  test('an e-mail of somebody with another document makes nobody one: it stays with who had it first', async () => {
    const first = await learn(MARIA);
    const other = await learn({ document: OTHER_CPF, email: MARIA.email, name: 'João Souza' });
    expect(other).not.toBe(first);
    expect(await read(other)).toMatchObject({ document: OTHER_CPF, email: MARIA.email, emails: [] });
    expect((await find('email', MARIA.email))?.customerId).toBe(first);
    // Both known by their documents, named with the other's e-mail: still two.
    expect(await learn({ document: OTHER_CPF, email: MARIA.email })).toBe(other);
    expect(await read(first)).toMatchObject(MARIA);
  });

  test('a merged one that is merged again leads to the last', async () => {
    const a = await learn({ email: 'a@example.com' });
    const b = await learn({ document: CPF });
    await learn({ document: CPF, email: 'a@example.com' });
    const c = await learn({ email: 'c@example.com' });
    await learn({ document: CPF, email: 'c@example.com' });
    for (const id of [a, b, c]) expect((await read(id))?.customerId).toBe(b);
    expect(new Set((await read(b))?.emails)).toEqual(new Set(['a@example.com', 'c@example.com']));
  });
});

describe('two processes at once', () => {
  test('one new person is one customer, whoever comes first', async () => {
    for (let round = 0; round < 10; round += 1) {
      const person = { email: `r${round}@example.com`, name: 'Maria' };
      const ids = await Promise.all(
        Array.from({ length: 6 }, (_, n) => learn(person, n % 2 === 0 ? context : second)),
      );
      expect(new Set(ids).size).toBe(1);
    }
    expect(await count('customers')).toBe(10);
    expect(await count('person_keys')).toBe(10);
  });

  test('merging, learning and erasing at once ends without a lost row or an e-mail of nobody', async () => {
    for (let round = 0; round < 15; round += 1) {
      const email = `m${round}@example.com`;
      const second_ = `n${round}@example.com`;
      const id = await learn({ email });
      await Promise.all([
        learn({ email, document: CPF }, second),
        learn({ email: second_, document: CPF }),
        learn({ email, phone: '+55119' }, second),
        eraseCustomer(context, DEMO_MERCHANT_ID, id, REQUEST),
        learn({ email: second_ }, second),
      ]);
      const lost = await database.db.query(
        `SELECT i.customer_id FROM customer_identifiers i JOIN customers c USING (merchant_id, customer_id)
         WHERE c.erased_at IS NOT NULL OR c.merged_into IS NOT NULL
         UNION ALL SELECT customer_id FROM customers c WHERE erased_at IS NULL
           AND NOT EXISTS (SELECT FROM person_keys k WHERE k.customer_id = c.customer_id)
         UNION ALL SELECT customer_id FROM person_keys JOIN customers c USING (merchant_id, customer_id)
           WHERE c.erased_at IS NOT NULL
         UNION ALL SELECT c.customer_id FROM customers c JOIN customers r ON r.customer_id = c.merged_into
           WHERE r.merged_into IS NOT NULL OR (r.erased_at IS NULL) <> (c.erased_at IS NULL)`,
      );
      expect(lost).toEqual([]);
      expect((await read(id))?.customerId).toBeDefined();
    }
  });
});

describe('whoever waits for a customer', () => {
  /** Starts `late` while `first` holds its locks, and lets that commit once the late one waits. */
  async function behind<T>(first: (t: Transaction) => Promise<unknown>, late: () => Promise<T>): Promise<T> {
    const held = Promise.withResolvers<void>();
    const over = Promise.withResolvers<void>();
    const holding = context.db.transaction(async (transaction) => {
      await first(transaction);
      held.resolve();
      await over.promise;
    });
    await held.promise;
    const waiting = late();
    await eventually(async () => {
      const waits = await database.db.query(
        `SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
      );
      expect(waits).toHaveLength(1);
    });
    over.resolve();
    await holding;
    return waiting;
  }

  test('finds the one that it was merged into meanwhile', async () => {
    const alias = await learn({ email: 'a@example.com' });
    const id = await learn({ document: CPF });
    // A second e-mail, as a merging before would have left it.
    await database.db.query(
      `INSERT INTO customer_identifiers (merchant_id, kind, hash, customer_id, value_sealed, learned_at)
       SELECT merchant_id, kind, $2, customer_id, value_sealed, learned_at FROM customer_identifiers
       WHERE customer_id = $1`,
      [alias, identifierOf(context, DEMO_MERCHANT_ID, 'email', 'b@example.com').hash],
    );
    const merge = { document: CPF, email: 'a@example.com' };
    const found = await behind(
      (t) => findOrCreateCustomer(context, t, DEMO_MERCHANT_ID, merge, clock.nowMs()),
      () => learn({ email: 'b@example.com', name: 'Maria' }, second),
    );
    expect(found).toBe(id);
    expect(await read(id)).toMatchObject({ name: 'Maria', document: CPF });
  });

  test('makes a new one where it was erased meanwhile', async () => {
    const id = await learn(MARIA);
    const found = await behind(
      async (t) => {
        await t.query('SELECT 1 FROM customers WHERE customer_id = $1 FOR NO KEY UPDATE', [id]);
        await t.query('DELETE FROM person_keys WHERE customer_id = $1', [id]);
        await t.query('DELETE FROM customer_identifiers WHERE customer_id = $1', [id]);
        await t.query(
          `UPDATE customers SET name_sealed = NULL, email_sealed = NULL, document_sealed = NULL,
             phone_sealed = NULL, erased_at = now() WHERE customer_id = $1`,
          [id],
        );
      },
      () => learn(MARIA, second),
    );
    expect(found).not.toBe(id);
    expect(await read(found)).toMatchObject(MARIA);
  });
});

describe('the keys', () => {
  test('a key that stands with another person opens nothing', async () => {
    const [one, two] = [await learn({ name: 'Ana' }), await learn({ name: 'Bia' })];
    await database.db.query(
      `UPDATE person_keys a SET key_sealed = b.key_sealed FROM person_keys b
       WHERE a.customer_id = $1 AND b.customer_id = $2`,
      [one, two],
    );
    await expect(read(one)).rejects.toThrow("is another person's");
    await expect(read(two)).resolves.toMatchObject({ name: 'Bia' });
  });

  test('another master key opens nobody, and finds nobody', async () => {
    const id = await learn(MARIA);
    const stranger = { ...context, personalData: createPersonalDataBox(Buffer.alloc(32, 8)) };
    await expect(readCustomer(stranger, context.db, DEMO_MERCHANT_ID, id)).rejects.toThrow();
    expect(await findCustomer(stranger, context.db, DEMO_MERCHANT_ID, 'document', CPF)).toBeUndefined();
  });
});

describe('erasure', () => {
  test('the key is destroyed, nobody is found any more, and it is written down who, when and why', async () => {
    const id = await learn(MARIA);
    const outcome = await eraseCustomer(context, DEMO_MERCHANT_ID, id, REQUEST);
    const at = clock.nowMs();
    expect(outcome).toEqual({
      ok: true,
      erasure: {
        customerId: id,
        requestedAt: at,
        finishedAt: at,
        requestedBy: 'Ana',
        reason: REQUEST.reason,
      },
    });
    expect(await read(id)).toMatchObject({
      status: 'erased',
      erasedAt: at,
      name: null,
      document: null,
      emails: [],
    });
    expect(await find('document', CPF)).toBeUndefined();
    expect(
      await openPersonKey(context, context.db, { merchantId: DEMO_MERCHANT_ID, customerId: id }),
    ).toBeNull();
    expect(await exportCustomer(context, DEMO_MERCHANT_ID, id)).toMatchObject({
      erasure: { reason: REQUEST.reason },
    });
    clock.advance(60_000);
    expect(await eraseCustomer(context, DEMO_MERCHANT_ID, id, { reason: 'again', by: 'Bia' })).toEqual(
      outcome,
    );
    expect(await learn(MARIA)).not.toBe(id);
  });

  test('one that was merged is erased with the other, by whichever id', async () => {
    const alias = await learn({ email: MARIA.email, name: 'Mari Souza' });
    const id = await learn({ document: CPF });
    await learn({ document: CPF, email: MARIA.email });
    expect(await eraseCustomer(context, DEMO_MERCHANT_ID, alias, REQUEST)).toMatchObject({
      erasure: { customerId: id },
    });
    expect(await count('person_keys')).toBe(0);
    expect(await count('customer_identifiers')).toBe(0);
    expect(await read(alias)).toMatchObject({ customerId: id, status: 'erased' });
  });

  test('one merged into another after it was asked for is erased as that other', async () => {
    const alias = await learn({ email: MARIA.email });
    await requestErasure(context, DEMO_MERCHANT_ID, alias, REQUEST);
    const id = await learn(MARIA);
    // The e-mail had no document yet: it has become this customer itself.
    expect(id).toBe(alias);
    const other = await learn({ email: 'b@example.com' });
    await requestErasure(context, DEMO_MERCHANT_ID, other, REQUEST);
    await learn({ ...MARIA, email: 'b@example.com' });
    expect(await finishErasure(context, DEMO_MERCHANT_ID, other)).toBe(id);
    expect(await read(other)).toMatchObject({ customerId: id, status: 'erased' });
  });

  test('a reason that names the person is refused; so is a customer whom nobody knows', async () => {
    const id = await learn(MARIA);
    for (const request of [
      { reason: 'maria souza asked for it', by: 'Ana' },
      { reason: 'CPF 529.982.247-25', by: 'Ana' },
    ])
      expect(await eraseCustomer(context, DEMO_MERCHANT_ID, id, request)).toEqual({
        ok: false,
        code: 'reason_is_personal',
      });
    expect(await read(id)).toMatchObject({ status: 'known' });
    expect(await eraseCustomer(context, DEMO_MERCHANT_ID, crypto.randomUUID(), REQUEST)).toEqual({
      ok: false,
      code: 'unknown_customer',
    });
  });
});
