import type { CustomerExport } from '../../domain/protocol/customers.ts';
import type { ServerContext } from '../context.ts';
import { readFields } from './customer-fields.ts';
import { readErasure } from './erasures.ts';
import { type LeftAddress, readLeftAddresses } from './left-addresses.ts';
import { openPersonKey } from './person-keys.ts';
import { readCustomer } from './read-customer.ts';

/** Of the customer and of those that were merged into them. */
const THEIRS = `(SELECT transaction_id FROM payment_transactions t JOIN customers c USING (merchant_id, customer_id)
  WHERE t.merchant_id = $1 AND $2 IN (c.customer_id, c.merged_into))`;
const SESSIONS = `(SELECT session_id FROM payment_transactions t JOIN customers c USING (merchant_id, customer_id)
  WHERE t.merchant_id = $1 AND $2 IN (c.customer_id, c.merged_into))`;

/** Receipts of money that came by their subscriptions. */
export const THEIR_RECURRING = `(SELECT r.receipt_id FROM recurring_receipts r
  JOIN recurrences q USING (merchant_id, provider, kind, recurrence_id)
  JOIN customer_subscriptions s ON s.merchant_id = r.merchant_id AND s.provider = r.provider
    AND s.provider_subscription_id = q.agreement_id
  JOIN customers c ON c.merchant_id = s.merchant_id AND c.customer_id = s.customer_id
  WHERE r.merchant_id = $1 AND $2 IN (c.customer_id, c.merged_into))`;

/** What is held of a person, table by table. Columns are named: a later one is not handed out by accident. */
const HELD = {
  sessions: `SELECT session_id, unit_id, kiosk_id, service_id, amount_cents, payment, opened_at, outcome, ended_at
    FROM payment_sessions held WHERE merchant_id = $1 AND session_id IN ${SESSIONS} ORDER BY opened_at`,
  transactions: `SELECT transaction_id, session_id, unit_id, kiosk_id, service_id, service_name, provider, txid, flow,
      amount_cents, currency, status, created_at, paid_at
    FROM payment_transactions held WHERE merchant_id = $1 AND transaction_id IN ${THEIRS} ORDER BY created_at`,
  receipts: `SELECT receipt_id, transaction_id, provider, end_to_end_id, amount_cents, paid_at, disposition
    FROM receipts held WHERE merchant_id = $1 AND transaction_id IN ${THEIRS} ORDER BY paid_at`,
  tickets: `SELECT ticket_id, transaction_id, unit_id, label, business_day, service_name, status, issued_at, called_at,
      counter, started_at, ended_at
    FROM tickets held WHERE merchant_id = $1 AND session_id IN ${SESSIONS} ORDER BY issued_at`,
  refunds: `SELECT refund_id, transaction_id, amount_cents, reason, note, status, created_at, settled_at
    FROM refunds held WHERE merchant_id = $1 AND transaction_id IN ${THEIRS} ORDER BY created_at`,
  disputes: `SELECT dispute_id, transaction_id, kind, status, amount_cents, reason, opened_at, closed_at
    FROM disputes held WHERE merchant_id = $1 AND transaction_id IN ${THEIRS} ORDER BY opened_at`,
  adopted: `SELECT adopted_id, source, old_key, provider, amount_cents, currency, status, payment_method,
      held.created_at, paid_at, refunded_cents, refunded_at
    FROM adopted_transactions held JOIN customers c USING (merchant_id, customer_id)
    WHERE held.merchant_id = $1 AND $2 IN (c.customer_id, c.merged_into) ORDER BY held.created_at`,
  messages: `SELECT transaction_id, kind, channel, address_masked, started_at, ended_at, outcome
    FROM notification_sends held WHERE merchant_id = $1 AND transaction_id IN ${THEIRS} ORDER BY started_at`,
  recurringReceipts: `SELECT receipt_id, r.provider, r.kind, r.recurrence_id, q.agreement_id, end_to_end_id,
      r.amount_cents, r.currency, r.paid_at
    FROM recurring_receipts r JOIN recurrences q USING (merchant_id, provider, kind, recurrence_id)
    WHERE r.merchant_id = $1 AND r.receipt_id IN ${THEIR_RECURRING} ORDER BY r.paid_at`,
  recurringRefunds: `SELECT receipt_id, return_id, kind, status, amount_cents, currency, reason, opened_at, ended_at,
      (SELECT f.note FROM recurring_refunds f WHERE f.merchant_id = b.merchant_id AND f.refund_id = b.return_id) AS note
    FROM recurring_returns b WHERE merchant_id = $1 AND receipt_id IN ${THEIR_RECURRING} ORDER BY opened_at, return_id`,
  accesses: `SELECT action, role, token_mark, at FROM person_access held JOIN customers c USING (merchant_id, customer_id)
    WHERE held.merchant_id = $1 AND $2 IN (c.customer_id, c.merged_into) ORDER BY position`,
  subscriptions: `SELECT subscription_id, provider, plan, native_status, started_at, period_starts_on, period_ends_on
    FROM customer_subscriptions held JOIN customers c USING (merchant_id, customer_id)
    WHERE held.merchant_id = $1 AND $2 IN (c.customer_id, c.merged_into) ORDER BY first_seen_at`,
  paymentMethods: `SELECT payment_method_id, provider, brand, last4, exp_month, exp_year, status, first_seen_at
    FROM customer_payment_methods held JOIN customers c USING (merchant_id, customer_id)
    WHERE held.merchant_id = $1 AND $2 IN (c.customer_id, c.merged_into) ORDER BY first_seen_at`,
} as const;

/** All that is held of one person, at one moment; undefined where there is no such customer. */
export function exportCustomer(
  context: Pick<ServerContext, 'db' | 'personalData' | 'clock'>,
  merchantId: string,
  customerId: string,
): Promise<CustomerExport | undefined> {
  return context.db.transaction(async (transaction) => {
    await transaction.query('SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY');
    const customer = await readCustomer(context, transaction, merchantId, customerId);
    if (customer === undefined) return undefined;
    const rowsOf = (name: keyof typeof HELD): Promise<Record<string, unknown>[]> =>
      transaction.query(HELD[name], [merchantId, customer.customerId]);
    const merged = await transaction.query<{ customerId: string }>(
      `SELECT customer_id AS "customerId" FROM customers WHERE merchant_id = $1 AND merged_into = $2
       ORDER BY customer_id`,
      [merchantId, customer.customerId],
    );
    const alsoKnownAs: CustomerExport['alsoKnownAs'] = [];
    const addresses: LeftAddress[] = [];
    for (const alias of [customer.customerId, ...merged.map(({ customerId: id }) => id)]) {
      const box = await openPersonKey(context, transaction, { merchantId, customerId: alias });
      if (box === null) continue;
      addresses.push(...(await readLeftAddresses(transaction, { merchantId, customerId: alias }, box)));
      if (alias === customer.customerId) continue;
      const fields = await readFields(transaction, { merchantId, customerId: alias }, box);
      alsoKnownAs.push({ customerId: alias, ...fields });
    }
    return {
      exportedAt: context.clock.nowMs(),
      customer,
      alsoKnownAs,
      erasure: (await readErasure(transaction, merchantId, customer.customerId)) ?? null,
      sessions: await rowsOf('sessions'),
      transactions: await rowsOf('transactions'),
      receipts: await rowsOf('receipts'),
      tickets: await rowsOf('tickets'),
      refunds: await rowsOf('refunds'),
      disputes: await rowsOf('disputes'),
      messages: await rowsOf('messages'),
      subscriptions: await rowsOf('subscriptions'),
      paymentMethods: await rowsOf('paymentMethods'),
      adopted: await rowsOf('adopted'),
      recurringReceipts: await rowsOf('recurringReceipts'),
      recurringRefunds: await rowsOf('recurringRefunds'),
      accesses: await rowsOf('accesses'),
      addresses: addresses.map((one) => ({ ...one })),
    };
  });
}
