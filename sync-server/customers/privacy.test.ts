import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { newId } from '../../domain/ids.ts';
import type { ChargeResponse } from '../../domain/protocol/charges.ts';
import { CustomerExport, CustomerView, ErasureView } from '../../domain/protocol/customers.ts';
import { DEMO_MERCHANT_ID } from '../catalog/demo-shop.ts';
import type { Database } from '../db/database.ts';
import { type PaymentHouse, startPaymentHouse } from '../payments/testing/payment-house.ts';
import { chargeRequest, expectMoneyAddsUp } from '../payments/testing/payment-steps.ts';
import { MANAGER_TOKEN, OPERATOR_TOKEN } from '../testing/test-context.ts';
import { webhookUrl } from '../webhooks/webhook-url.ts';
import { eraseCustomer, finishErasure, requestErasure } from './erase-customer.ts';
import { findOrCreateCustomer } from './find-or-create-customer.ts';
import { moveSealedPayers } from './link-payer.ts';
import { maskRawBodies } from './mask-everywhere.ts';
import { eraseForgotten, pruneWebhooks, startPrivacyWorker } from './privacy-worker.ts';
import { findCustomer, readCustomer } from './read-customer.ts';
import { tablesHolding } from './testing/clear-text.ts';

const DAY_MS = 24 * 60 * 60_000;
const NAME = 'Maria Aparecida Souza';
const CPF = '52998224725';
const EMAIL = 'maria.aparecida@example.com';
const WORDS = [NAME, CPF, '529.982.247-25', EMAIL];
const BY_MANAGER = { reason: 'asked for it', by: 'Ana' };

let house: PaymentHouse;
beforeAll(async () => {
  house = await startPaymentHouse();
});
afterEach(() => expectMoneyAddsUp(house.context));
afterAll(() => house.close());

const db = (): Database => house.context.db;
const asManager = (path: string, body?: unknown) =>
  body === undefined ? house.get(path, MANAGER_TOKEN) : house.post(path, body, MANAGER_TOKEN);

/** A paid sale, told by a webhook that names the payer as banks do. */
async function sell(customer: { name?: string; cpf?: string }): Promise<ChargeResponse> {
  const { body } = await house.post('/v1/charges', chargeRequest(house.context, { customer }));
  const made = body as ChargeResponse;
  await house.pay(made.txid, 'exact');
  const pix = { endToEndId: `E${made.txid.slice(1)}`, txid: made.txid, valor: '50.00' };
  const pagador = { nome: NAME.toUpperCase(), cpf: CPF };
  const callback = {
    pix: [{ ...pix, horario: '2026-03-10T15:00:00.000Z', pagador, infoPagador: `de ${EMAIL}` }],
  };
  const told = await house.post(`${webhookUrl('', house.provider)}/pix`, callback);
  expect(told.status).toBe(200);
  await house.until(async () => {
    const rows = await db().query(
      'SELECT 1 FROM payment_transactions WHERE transaction_id = $1 AND paid_at IS NOT NULL',
      [made.transactionId],
    );
    return rows.length > 0;
  });
  return made;
}

async function customerOf({ transactionId }: ChargeResponse): Promise<string> {
  const [row] = await db().query<{ id: string }>(
    'SELECT customer_id AS id FROM payment_transactions WHERE transaction_id = $1',
    [transactionId],
  );
  return row?.id ?? '';
}

const learn = (person: Parameters<typeof findOrCreateCustomer>[3], atMs = house.clock.nowMs()) =>
  db().transaction((t) => findOrCreateCustomer(house.context, t, DEMO_MERCHANT_ID, person, atMs));
const statusOf = async (customerId: string) =>
  (await readCustomer(house.context, db(), DEMO_MERCHANT_ID, customerId))?.status;

/** A webhook that somebody else's release kept as it came. */
async function oldWebhook(text: string, status = 'processed'): Promise<string> {
  const inboxId = newId(house.clock, house.context.randomBytes);
  await db().query(
    `INSERT INTO webhook_inbox (inbox_id, provider, dedupe_key, received_at, body, headers, status)
     VALUES ($1::uuid, 'old-bank', $1::text, $2, $3, '{}', $4)`,
    [inboxId, new Date(house.clock.nowMs()), Buffer.from(text), status],
  );
  return inboxId;
}
/** The worker of the next start. */
async function workUntilFinished(): Promise<void> {
  const worker = startPrivacyWorker(house.context);
  await house.until(
    async () => (await db().query('SELECT 1 FROM customer_erasures WHERE finished_at IS NULL')).length === 0,
  );
  await worker.stop();
}
const bodyOf = async (inboxId: string) =>
  (
    await db().query<{ body: Buffer; kept: string }>(
      'SELECT body, body_kept AS kept FROM webhook_inbox WHERE inbox_id = $1',
      [inboxId],
    )
  ).map(({ body, kept }) => [kept, body.toString()])[0];

describe('a whole sale', () => {
  test('no table holds name, CPF or e-mail in the clear; the manager sees, exports and erases the person', async () => {
    const made = await sell({ name: NAME, cpf: CPF });
    await learn({ document: CPF, email: EMAIL });
    expect(await tablesHolding(db(), WORDS)).toEqual([]);
    // Twin: the same search finds what an older release kept.
    const old = await oldWebhook(JSON.stringify({ text: `Pix de ${NAME}`, cpf: CPF }));
    expect(await tablesHolding(db(), WORDS)).toEqual(['public.webhook_inbox']);

    const customerId = await customerOf(made);
    const found = await asManager('/v1/customers/find', { document: '529.982.247-25' });
    expect(CustomerView.parse(found.body)).toMatchObject({
      customerId,
      name: NAME,
      document: CPF,
      email: EMAIL,
    });
    expect((await asManager('/v1/customers/find', { email: EMAIL })).body).toEqual(found.body);
    expect((await asManager(`/v1/customers/${customerId}`)).body).toEqual(found.body);
    const list = JSON.stringify((await asManager('/v1/customers')).body);
    expect(list).toContain(customerId);
    expect(list).not.toContain(CPF);
    expect(list).not.toContain(EMAIL);
    const all = CustomerExport.parse((await asManager(`/v1/customers/${customerId}/export`)).body);
    expect(all).toMatchObject({
      customer: { name: NAME, document: CPF, email: EMAIL },
      transactions: [{ transaction_id: made.transactionId, amount_cents: made.amountCents }],
      receipts: [{ transaction_id: made.transactionId }],
    });

    const note = {
      requestId: crypto.randomUUID(),
      transactionId: made.transactionId,
      note: `${NAME} desistiu`,
    };
    expect((await asManager('/v1/refunds', { ...note, amountCents: 100 })).status).toBe(200);
    const before = await books();
    const erased = await asManager(`/v1/customers/${customerId}/erase`, BY_MANAGER);
    expect(ErasureView.parse(erased.body)).toMatchObject({ requestedBy: 'Ana', reason: BY_MANAGER.reason });
    expect(await tablesHolding(db(), WORDS)).toEqual([]);
    expect(await bodyOf(old)).toEqual(['masked', JSON.stringify({ text: 'Pix de ***', cpf: '***' })]);
    // What is of money stays as it was.
    expect(await books()).toEqual(before);
    expect((await asManager(`/v1/customers/${customerId}`)).body).toMatchObject({
      status: 'erased',
      name: null,
    });
    expect((await asManager('/v1/customers/find', { document: CPF })).status).toBe(404);
    expect((await asManager(`/v1/customers/${customerId}/erase`, BY_MANAGER)).body).toEqual(erased.body);
  });

  async function books(): Promise<unknown[]> {
    return Promise.all(
      [
        'ledger_entries',
        'ledger_postings',
        'receipts',
        'tickets',
        'ticket_counters',
        'payment_transactions',
      ].map((table) =>
        db().query(`SELECT md5(coalesce(string_agg(r::text, ',' ORDER BY r::text), '')) FROM ${table} r`),
      ),
    );
  }

  test('nobody but a manager may ask, a reason that names the person is refused, an unknown one is not found', async () => {
    const id = await learn({ document: CPF, name: NAME });
    for (const path of ['/v1/customers', `/v1/customers/${id}`, `/v1/customers/${id}/export`])
      expect((await house.get(path, OPERATOR_TOKEN)).status).toBe(403);
    expect((await house.post(`/v1/customers/${id}/erase`, BY_MANAGER, OPERATOR_TOKEN)).status).toBe(403);
    const named = await asManager(`/v1/customers/${id}/erase`, { reason: `${NAME} pediu` });
    expect(named).toMatchObject({ status: 409, body: { error: { code: 'reason_is_personal' } } });
    for (const path of ['', '/export'])
      expect((await asManager(`/v1/customers/${crypto.randomUUID()}${path}`)).status).toBe(404);
    expect((await asManager(`/v1/customers/${crypto.randomUUID()}/erase`, BY_MANAGER)).status).toBe(404);
  });
});

describe('an erasure that is cut', () => {
  test('after whichever statement: the next start finishes it', async () => {
    let cuts = 0;
    for (let left = 0; ; left += 1) {
      const id = await learn({ document: CPF, name: NAME, email: EMAIL });
      const webhook = await oldWebhook(JSON.stringify({ text: `de ${NAME}` }));
      const outcome = await eraseCustomer(
        { ...house.context, db: dyingAfter(left) },
        DEMO_MERCHANT_ID,
        id,
        BY_MANAGER,
      ).then(
        () => 'done',
        (error: Error) => error.message,
      );
      if (outcome === 'the process died') cuts += 1;
      await workUntilFinished();
      const [asked] = await db().query('SELECT 1 FROM customer_erasures WHERE customer_id = $1', [id]);
      // Not asked for yet: nothing happened, and the person is whole.
      if (asked === undefined) {
        expect(await statusOf(id)).toBe('known');
        expect((await eraseCustomer(house.context, DEMO_MERCHANT_ID, id, BY_MANAGER)).ok).toBe(true);
      }
      expect(await statusOf(id)).toBe('erased');
      expect((await bodyOf(webhook))?.[1]).not.toContain(NAME);
      if (outcome === 'done') break;
    }
    expect(cuts).toBeGreaterThan(15);
  });

  /** Every statement after so many fails, also inside a transaction, which is rolled back. */
  function dyingAfter(statements: number): Database {
    let left = statements;
    const count =
      <A extends unknown[], R>(run: (...args: A) => Promise<R>) =>
      async (...args: A): Promise<R> => {
        left -= 1;
        if (left < 0) throw new Error('the process died');
        return run(...args);
      };
    return {
      ...db(),
      query: count((sql, parameters) => db().query(sql, parameters)) as Database['query'],
      transaction: (work) =>
        db().transaction((t) =>
          work({ ...t, query: count((sql, parameters) => t.query(sql, parameters)) as typeof t.query }),
        ),
    };
  }
});

describe('what older releases left', () => {
  /** As it was written before there were customers. */
  async function oldSale(sealed: Buffer): Promise<string> {
    // Ids of one millisecond are in no order.
    house.clock.advance(1);
    const { body } = await house.post('/v1/charges', chargeRequest(house.context));
    const { transactionId } = body as ChargeResponse;
    await db().query(
      `UPDATE payment_transactions SET customer_sealed = $2, customer_id = NULL WHERE transaction_id = $1`,
      [transactionId, sealed],
    );
    return transactionId;
  }
  const sealed = (value: unknown): Buffer => house.context.personalData.seal(value);
  const held = async (transactionId: string) =>
    (
      await db().query<{ id: string | null; sealed: Buffer | null }>(
        'SELECT customer_id AS id, customer_sealed AS sealed FROM payment_transactions WHERE transaction_id = $1',
        [transactionId],
      )
    )[0];

  test('payers move to their person, in as many goes as it takes; what no key opens stays', async () => {
    const sales = [await oldSale(sealed({ name: NAME, cpf: CPF })), await oldSale(sealed({ cpf: CPF }))];
    const nobody = await oldSale(sealed({}));
    const lost = await oldSale(Buffer.alloc(60, 1));
    let asked = 0;
    expect(
      await moveSealedPayers(house.context, null, () => {
        asked += 1;
        return asked > 2;
      }),
    ).toBe(1);
    expect(await moveSealedPayers(house.context, null)).toBe(2);
    expect(await moveSealedPayers(house.context, null)).toBe(0);
    const [one, two] = [await held(sales[0] ?? ''), await held(sales[1] ?? '')];
    expect(one).toEqual(two);
    expect(one?.sealed).toBeNull();
    const person = await readCustomer(house.context, db(), DEMO_MERCHANT_ID, one?.id ?? '');
    expect(person).toMatchObject({ name: NAME, document: CPF });
    expect(await held(nobody)).toEqual({ id: null, sealed: null });
    expect((await held(lost))?.sealed).not.toBeNull();
    await eraseCustomer(house.context, DEMO_MERCHANT_ID, one?.id ?? '', BY_MANAGER);
  });

  test('a sale that was not moved yet does not bring an erased person back', async () => {
    const id = await learn({ document: CPF, name: NAME });
    const sale = await oldSale(sealed({ name: NAME, cpf: CPF }));
    await eraseCustomer(house.context, DEMO_MERCHANT_ID, id, BY_MANAGER);
    await moveSealedPayers(house.context, null);
    expect(await held(sale)).toEqual({ id, sealed: null });
    expect(await findCustomer(house.context, db(), DEMO_MERCHANT_ID, 'document', CPF)).toBeUndefined();
  });

  test('webhooks that were kept as they came are masked, dead ones too', async () => {
    const ids = [await oldWebhook(`{"pagador":{"nome":"${NAME}"}}`), await oldWebhook(`x ${EMAIL}`, 'dead')];
    await maskRawBodies(db(), () => false);
    expect(await Promise.all(ids.map(bodyOf))).toEqual([
      ['masked', '{"pagador":{"nome":"***"}}'],
      ['masked', 'x ***'],
    ]);
  });
});

describe('retention', () => {
  test('who has neither paid nor said anything for so long is erased; who has stays', async () => {
    const since = house.clock.nowMs() - 731 * DAY_MS;
    const forgotten = await learn({ name: 'Rui Lima', email: 'rui@example.com' }, since);
    const paid = await learn({ document: '11144477735', name: 'Ana Lima' }, since);
    const { body } = await house.post('/v1/charges', chargeRequest(house.context));
    await db().query('UPDATE payment_transactions SET customer_id = $2 WHERE transaction_id = $1', [
      (body as ChargeResponse).transactionId,
      paid,
    ]);
    const subscribed = await learn({ name: 'Eva Lima', email: 'eva@example.com' }, since);
    await db().query(
      `INSERT INTO customer_subscriptions (merchant_id, subscription_id, customer_id, is_native, provider,
         native_status, native_price_cents, native_currency, first_seen_at)
       VALUES ($1, gen_random_uuid(), $2, true, 'bacen-pix', 'active', 100, 'BRL', now())`,
      [DEMO_MERCHANT_ID, subscribed],
    );
    const recent = await learn({ name: 'Bia Lima', email: 'bia@example.com' }, since + 2 * DAY_MS);
    await eraseForgotten(house.context);
    expect(await Promise.all([forgotten, paid, subscribed, recent].map(statusOf))).toEqual([
      'erased',
      'known',
      'known',
      'known',
    ]);
    const [erasure] = await db().query(
      'SELECT requested_by, reason FROM customer_erasures WHERE customer_id = $1',
      [forgotten],
    );
    expect(erasure).toEqual({ requested_by: 'totem', reason: 'retention' });
  });

  test('webhooks that are done with lose their bodies after their time, and are still known again', async () => {
    const done = await oldWebhook('{"pix":[]}');
    const dead = await oldWebhook('{"pix":[]}', 'dead');
    await db().query(`UPDATE webhook_inbox SET received_at = $2 WHERE inbox_id = ANY($1)`, [
      [done, dead],
      new Date(house.clock.nowMs() - 91 * DAY_MS),
    ]);
    const fresh = await oldWebhook('{"pix":[]}');
    await pruneWebhooks(house.context);
    expect((await bodyOf(done))?.[0]).toBe('pruned');
    expect((await bodyOf(dead))?.[0]).toBe('raw');
    expect((await bodyOf(fresh))?.[0]).toBe('raw');
    const replayed = await asManager('/v1/webhooks/replay', { inboxIds: [done] });
    expect(replayed.body).toEqual({ count: 0 });
  });

  test('one that was asked for and left unfinished is finished by the worker, and only then', async () => {
    const id = await learn({ name: NAME, email: EMAIL });
    await requestErasure(house.context, DEMO_MERCHANT_ID, id, BY_MANAGER);
    expect(await statusOf(id)).toBe('erasing');
    await workUntilFinished();
    expect(await statusOf(id)).toBe('erased');
    expect(await finishErasure(house.context, DEMO_MERCHANT_ID, id)).toBe(id);
  });
});
