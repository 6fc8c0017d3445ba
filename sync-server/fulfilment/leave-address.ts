import { normaliseEmail } from '../../domain/person.ts';
import { MAX_RECEIPT_ADDRESSES } from '../../domain/protocol/receipt-page.ts';
import type { ServerContext } from '../context.ts';
import { findOrCreateCustomer } from '../customers/find-or-create-customer.ts';
import { mergeCustomers } from '../customers/merge-customers.ts';
import { openPersonKey, type PersonId } from '../customers/person-keys.ts';
import { readCustomer } from '../customers/read-customer.ts';
import type { Transaction } from '../db/database.ts';
import type { TransactionKey } from '../payments/payment-transaction.ts';
import { lockFulfilment, MAIL_STAGES, saveFulfilment } from './fulfilment-row.ts';
import { readContact, readLeftAddress } from './read-contact.ts';
import { findByPageToken } from './receipt-page.ts';
import { supersedeMails } from './send-log.ts';
import { happen, type Stages } from './stages.ts';

export type AddressOutcome =
  | { readonly ok: true; readonly key: TransactionKey }
  | { readonly ok: false; readonly code: 'receipt_page_unknown' | 'too_many_addresses' };

const UNKNOWN = { ok: false, code: 'receipt_page_unknown' } as const;

/**
 * Takes the address that a customer leaves on the page of a payment, and has due there at once whatever has not gone
 * there yet. The same again changes nothing. It counts for this payment; a person who is known otherwise learns no new
 * e-mail by it, as whoever holds a paper need not be the one whose CPF was typed.
 */
export function leaveAddress(context: ServerContext, token: string, email: string): Promise<AddressOutcome> {
  return context.db.transaction(async (transaction) => {
    const key = await findByPageToken(context, transaction, token);
    if (key === null) return UNKNOWN;
    // The payment's lock keeps the address of two who leave one at once; the fulfilment comes last, as everywhere.
    const customerId = await lockPayer(transaction, key);
    const left = await readLeftAddress(context, transaction, key);
    if (left !== null && isSame(left, email)) return { ok: true, key };
    const [counted] = await transaction.query<{ count: number }>(
      'SELECT contact_count AS count FROM fulfilments WHERE merchant_id = $1 AND transaction_id = $2',
      [key.merchantId, key.transactionId],
    );
    if (counted === undefined || counted.count >= MAX_RECEIPT_ADDRESSES)
      return { ok: false, code: 'too_many_addresses' };
    const known = await readContact(context, transaction, key);
    const usedSoFar = known?.email ?? null;
    const goesThere = usedSoFar !== null && isSame(usedSoFar, email);

    const person = await personOf(context, transaction, key, customerId, email);
    if (person === null) return UNKNOWN;
    const box = await openPersonKey(context, transaction, person);
    const before = await lockFulfilment(transaction, key);
    if (box === null || before === undefined) return UNKNOWN;
    const atMs = context.clock.nowMs();
    await transaction.query(
      `UPDATE fulfilments SET contact_sealed = $3, contact_customer_id = $4, contact_at = $5,
         contact_count = contact_count + 1
       WHERE merchant_id = $1 AND transaction_id = $2`,
      [key.merchantId, key.transactionId, box.seal(email), person.customerId, new Date(atMs)],
    );
    if (!goesThere) await supersedeMails(transaction, key);
    const after = MAIL_STAGES.reduce<Stages>((stages, stage) => {
      const { state } = stages[stage];
      // One under way ends first: whoever sends it sees then that its address counts no more.
      if (state === 'running' || (state === 'done' && goesThere)) return stages;
      return happen(stages, stage, 'readdress', { atMs, detail: null });
    }, before);
    await saveFulfilment(context, transaction, key, { before, after, atMs });
    return { ok: true, key };
  });
}

function isSame(one: string, other: string): boolean {
  return normaliseEmail(one) === normaliseEmail(other);
}

/**
 * Whose payment it is from now on. Of whom no more than a name is known is the person of the address; so is who told
 * nothing.
 * @returns null where they were erased
 */
async function personOf(
  context: ServerContext,
  transaction: Transaction,
  { merchantId, transactionId }: TransactionKey,
  customerId: string | null,
  email: string,
): Promise<PersonId | null> {
  if (customerId !== null) {
    await transaction.query(
      'SELECT FROM customers WHERE merchant_id = $1 AND customer_id = $2 FOR NO KEY UPDATE',
      [merchantId, customerId],
    );
    const known = await readCustomer(context, transaction, merchantId, customerId);
    if (known === undefined || known.status !== 'known') return null;
    const { document, emails, phone } = known;
    const isMoreThanName = [document, known.email, phone, ...emails].some((value) => value !== null);
    if (isMoreThanName) return { merchantId, customerId: known.customerId };
  }
  const atMs = context.clock.nowMs();
  const found = await findOrCreateCustomer(context, transaction, merchantId, { email }, atMs);
  if (customerId !== null)
    await mergeCustomers(context, transaction, { merchantId, from: customerId, into: found });
  else
    await transaction.query(
      'UPDATE payment_transactions SET customer_id = $3 WHERE merchant_id = $1 AND transaction_id = $2',
      [merchantId, transactionId, found],
    );
  return { merchantId, customerId: found };
}

/** @returns whose payment it is; null: nobody's */
async function lockPayer(
  transaction: Transaction,
  { merchantId, transactionId }: TransactionKey,
): Promise<string | null> {
  const [row] = await transaction.query<{ customerId: string | null }>(
    `SELECT customer_id AS "customerId" FROM payment_transactions
     WHERE merchant_id = $1 AND transaction_id = $2 FOR UPDATE`,
    [merchantId, transactionId],
  );
  return row?.customerId ?? null;
}
