import { maskWords } from '../../domain/personal-words.ts';
import type { ErasureRequest, ErasureView } from '../../domain/protocol/customers.ts';
import type { ServerContext } from '../context.ts';
import type { Queryable, Transaction } from '../db/database.ts';
import { forgetCustomerLinks } from '../unified/forget-customer.ts';
import { readErasure } from './erasures.ts';
import { moveSealedPayers } from './link-payer.ts';
import { maskEverywhere } from './mask-everywhere.ts';
import { readWordsOf } from './words-of-customer.ts';

export type ErasureContext = Pick<ServerContext, 'db' | 'personalData' | 'randomBytes' | 'clock' | 'log'>;

export type ErasureOutcome =
  | { readonly ok: true; readonly erasure: ErasureView }
  | { readonly ok: false; readonly code: 'unknown_customer' | 'reason_is_personal' };

/**
 * Erases a person for good: what carries their words is masked, then their key, fields and search hashes are
 * destroyed, with those of the customers that were merged into them. Payments, ledger and tickets stay as they are.
 * The request is written down first, so that a process that dies meanwhile leaves it to the next; the same again
 * answers what was done.
 */
export async function eraseCustomer(
  context: ErasureContext,
  merchantId: string,
  customerId: string,
  request: ErasureRequest,
): Promise<ErasureOutcome> {
  // Before the request: a sale of theirs that an older release wrote would name them anew.
  await moveSealedPayers(context, merchantId);
  const root = await rootOf(context.db, merchantId, customerId);
  if (root === undefined) return { ok: false, code: 'unknown_customer' };
  // The record outlives the person.
  const said = `${request.reason}\n${request.by}`;
  if (maskWords(said, await readWordsOf(context, context.db, merchantId, root)) !== said)
    return { ok: false, code: 'reason_is_personal' };
  await requestErasure(context, merchantId, root, request);
  const erased = await finishErasure(context, merchantId, root);
  const erasure = await readErasure(context.db, merchantId, erased);
  if (erasure === undefined) throw new Error(`the erasure of ${erased} vanished`);
  return { ok: true, erasure };
}

/** Writes down that somebody is to be erased; what was asked for first stands. */
export async function requestErasure(
  { db, clock }: Pick<ServerContext, 'db' | 'clock'>,
  merchantId: string,
  customerId: string,
  { reason, by }: ErasureRequest,
): Promise<void> {
  await db.query(
    `INSERT INTO customer_erasures (merchant_id, customer_id, requested_at, requested_by, reason)
     VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING`,
    [merchantId, customerId, new Date(clock.nowMs()), by, reason],
  );
}

/** The customer that counts: the one that this one was merged into, or itself. */
async function rootOf(
  database: Queryable,
  merchantId: string,
  customerId: string,
): Promise<string | undefined> {
  const [named] = await database.query<{ root: string }>(
    'SELECT coalesce(merged_into, customer_id) AS root FROM customers WHERE merchant_id = $1 AND customer_id = $2',
    [merchantId, customerId],
  );
  return named?.root;
}

/**
 * Carries out what was requested. Done again it finds less to do, and nothing in the end.
 * @returns the customer that was erased: another one where they were merged meanwhile
 */
export async function finishErasure(
  context: ErasureContext,
  merchantId: string,
  customerId: string,
): Promise<string> {
  const erasure = await readErasure(context.db, merchantId, customerId);
  if (erasure === undefined || erasure.finishedAt !== null) return customerId;
  const words = await readWordsOf(context, context.db, merchantId, customerId);
  const [times] = await context.db.query<{ createdAt: Date; lastSeenAt: Date }>(
    `SELECT created_at AS "createdAt", last_seen_at AS "lastSeenAt" FROM customers
     WHERE merchant_id = $1 AND customer_id = $2`,
    [merchantId, customerId],
  );
  if (times === undefined) throw new Error(`customer ${customerId} vanished`);
  const [createdAtMs, lastSeenAtMs] = [times.createdAt.getTime(), times.lastSeenAt.getTime()];
  await maskEverywhere(context.db, { merchantId, customerId, createdAtMs, lastSeenAtMs }, words);
  const root = await context.db.transaction((transaction) =>
    destroyPerson(transaction, merchantId, customerId, context.clock.nowMs()),
  );
  if (root === customerId) context.log.info({ customerId }, 'a customer was erased');
  // Merged into another one meanwhile, who is the same person: the request is theirs now.
  return root === customerId ? root : finishErasure(context, merchantId, root);
}

/** @returns the customer whom it is about now */
async function destroyPerson(
  transaction: Transaction,
  merchantId: string,
  customerId: string,
  atMs: number,
): Promise<string> {
  // Whoever merges somebody into this customer holds the same lock: only under it are all of them there.
  await transaction.query(
    'SELECT 1 FROM customers WHERE merchant_id = $1 AND customer_id = $2 FOR NO KEY UPDATE',
    [merchantId, customerId],
  );
  const rows = await transaction.query<{ id: string; mergedInto: string | null }>(
    `SELECT customer_id AS id, merged_into AS "mergedInto" FROM customers
     WHERE merchant_id = $1 AND (customer_id = $2 OR merged_into = $2)`,
    [merchantId, customerId],
  );
  const mergedInto = rows.find(({ id }) => id === customerId)?.mergedInto ?? null;
  if (mergedInto !== null) {
    await transaction.query(
      `INSERT INTO customer_erasures (merchant_id, customer_id, requested_at, requested_by, reason)
       SELECT merchant_id, $3, requested_at, requested_by, reason FROM customer_erasures
       WHERE merchant_id = $1 AND customer_id = $2 ON CONFLICT DO NOTHING`,
      [merchantId, customerId, mergedInto],
    );
    await markFinished(transaction, merchantId, customerId, atMs);
    return mergedInto;
  }
  const ids = rows.map(({ id }) => id);
  for (const table of ['person_keys', 'customer_identifiers'])
    await transaction.query(`DELETE FROM ${table} WHERE merchant_id = $1 AND customer_id = ANY($2)`, [
      merchantId,
      ids,
    ]);
  await forgetCustomerLinks(transaction, merchantId, ids);
  await transaction.query(
    `UPDATE customers SET name_sealed = NULL, email_sealed = NULL, document_sealed = NULL, phone_sealed = NULL,
       erased_at = coalesce(erased_at, $3) WHERE merchant_id = $1 AND customer_id = ANY($2)`,
    [merchantId, ids, new Date(atMs)],
  );
  await markFinished(transaction, merchantId, customerId, atMs);
  return customerId;
}

async function markFinished(
  transaction: Queryable,
  merchantId: string,
  customerId: string,
  atMs: number,
): Promise<void> {
  await transaction.query(
    `UPDATE customer_erasures SET finished_at = coalesce(finished_at, $3) WHERE merchant_id = $1 AND customer_id = $2`,
    [merchantId, customerId, new Date(atMs)],
  );
}
