import { STATUS_RANK } from '../../domain/payment-status.ts';
import { type AuditReport, MAX_AUDIT_LISTED } from '../../domain/protocol/audit.ts';
import type { Queryable } from '../db/database.ts';
import { IS_PAID_WITHOUT_TICKET, PAYMENTS_WITH_TICKETS } from '../payments/paid-without-ticket.ts';
import { INTERNATIONAL_FACTORIES, NATIONAL_FACTORIES } from '../providers/registry.ts';
import { moneyOf, shareOf } from './audit-sql.ts';

const STATUSES = Object.keys(STATUS_RANK);
const PROVIDERS = [...NATIONAL_FACTORIES, ...INTERNATIONAL_FACTORIES].map(({ name }) => name);
/** Of a payment: made in the seven days before $2. In hours, because a day is not always 24 of them where the database stands. */
const IS_OF_LAST_WEEK = "(created_at > $2::timestamptz - interval '168 hours' AND created_at <= $2)";

const FILLED = `jsonb_build_object('transactions', count(*),
  'customer', ${shareOf('customer_id IS NOT NULL')},
  'customerProvider', ${shareOf('customer_provider_id IS NOT NULL')},
  'provider', ${shareOf('provider = ANY($3)')},
  'status', ${shareOf('status = ANY($4)')})`;

type PaymentSections = Pick<
  AuditReport,
  | 'fillRates'
  | 'withoutCustomer'
  | 'sessions'
  | 'savedMethods'
  | 'providers'
  | 'paidWithoutTicket'
  | 'ticketsWithoutPayment'
  | 'unitsWithoutMerchant'
  | 'adopted'
>;

/** What the report says of payments, sessions, customers and tickets. */
export async function auditPayments(
  database: Queryable,
  merchantId: string,
  nowMs: number,
): Promise<PaymentSections> {
  const now = new Date(nowMs);
  const [filled] = await database.query<{ fillRates: PaymentSections['fillRates'] }>(
    `SELECT jsonb_build_object('overall', (SELECT ${FILLED} FROM all_payments WHERE merchant_id = $1),
       'last7Days', (SELECT ${FILLED} FROM all_payments
                     WHERE merchant_id = $1 AND ${IS_OF_LAST_WEEK})) AS "fillRates"`,
    [merchantId, now, PROVIDERS, STATUSES],
  );
  const withoutCustomer = await database.query<PaymentSections['withoutCustomer'][number]>(
    `SELECT provider, count(*)::int AS transactions, (count(*) FILTER (WHERE customer_id IS NULL))::int AS without
     FROM all_payments WHERE merchant_id = $1 GROUP BY provider
     HAVING count(*) FILTER (WHERE customer_id IS NULL) > 0 ORDER BY without DESC, provider`,
    [merchantId],
  );
  const [sessions] = await database.query<PaymentSections['sessions']>(
    `SELECT (SELECT ${shareOf('p.payment_id IS NOT NULL')} FROM all_checkout_sessions s
               LEFT JOIN all_payments p USING (merchant_id, payment_id) WHERE s.merchant_id = $1) AS checkout,
            (SELECT ${shareOf('t.transaction_id IS NOT NULL', "s.payment = 'pix'")} FROM payment_sessions s
               LEFT JOIN payment_transactions t USING (merchant_id, session_id) WHERE s.merchant_id = $1) AS totem`,
    [merchantId],
  );
  const savedMethods = await database.query<PaymentSections['savedMethods'][number]>(
    `SELECT provider, (count(*) FILTER (WHERE status = 'used'))::int AS used,
       (count(*) FILTER (WHERE status = 'saved'))::int AS saved, count(DISTINCT customer_id)::int AS customers
     FROM customer_payment_methods WHERE merchant_id = $1 GROUP BY provider ORDER BY provider`,
    [merchantId],
  );
  // Found once, then counted and listed: for the first twenty alone PostgreSQL would look them up one by one.
  const [paid] = await database.query<{
    money: Omit<PaymentSections['paidWithoutTicket'], 'listed'>;
    listed: PaymentSections['paidWithoutTicket']['listed'];
  }>(
    `WITH paid AS MATERIALIZED (${PAID_WITHOUT_TICKET})
     SELECT (SELECT ${moneyOf('paid_at')} FROM paid) AS money, (
       SELECT coalesce(jsonb_agg(jsonb_build_object('transactionId', transaction_id, 'sessionId', session_id, 'unit', unit,
         'amountCents', amount_cents, 'currency', currency, 'paidAt', floor(extract(epoch FROM paid_at) * 1000))), '[]')
       FROM (SELECT * FROM paid ORDER BY paid_at, transaction_id LIMIT ${MAX_AUDIT_LISTED}) AS oldest) AS listed`,
    [merchantId],
  );
  const [tickets] = await database.query<PaymentSections['ticketsWithoutPayment']>(
    `WITH tickets AS MATERIALIZED (${TICKETS_WITHOUT_PAYMENT})
     SELECT (SELECT count(*)::int FROM tickets) AS count, (
       SELECT coalesce(jsonb_agg(jsonb_build_object('ticketId', ticket_id, 'label', label, 'unit', unit,
         'issuedAt', floor(extract(epoch FROM issued_at) * 1000))), '[]')
       FROM (SELECT * FROM tickets ORDER BY issued_at, ticket_id LIMIT ${MAX_AUDIT_LISTED}) AS oldest) AS listed`,
    [merchantId],
  );
  const unitsWithoutMerchant = await database.query<PaymentSections['unitsWithoutMerchant'][number]>(
    `SELECT u.unit_id::text AS "unitId", u.name, count(*)::int AS transactions,
       floor(extract(epoch FROM max(t.created_at)) * 1000)::bigint AS "lastSaleAt"
     FROM payment_transactions t JOIN units u USING (merchant_id, unit_id)
     WHERE t.merchant_id = $1 AND EXISTS (SELECT FROM merchants WHERE merchant_id = $1 AND trim(pix_key) = '')
     GROUP BY u.unit_id, u.name
     UNION ALL
     SELECT clinic, clinic, count(*)::int, NULL FROM adopted_rows
     WHERE kind = 'transaction' AND state = 'unmapped' AND 'not_onboarded' = ANY(reasons) AND clinic IS NOT NULL
       AND source IN (SELECT source FROM adopted_transactions WHERE merchant_id = $1)
     GROUP BY clinic ORDER BY transactions DESC, name`,
    [merchantId],
  );
  const adopted = await database.query<PaymentSections['adopted'][number]>(
    `SELECT kind, state, count(*)::int AS rows FROM adopted_rows
     WHERE source IN (SELECT source FROM adopted_transactions WHERE merchant_id = $1)
       AND (merchant_id = $1 OR merchant_id IS NULL)
     GROUP BY kind, state ORDER BY kind, state`,
    [merchantId],
  );
  if (filled === undefined || sessions === undefined || paid === undefined || tickets === undefined)
    throw new Error('an aggregate without groups always gives a row');
  return {
    fillRates: filled.fillRates,
    withoutCustomer,
    sessions,
    savedMethods,
    providers: await compareProviders(database, merchantId, now),
    paidWithoutTicket: { ...paid.money, listed: paid.listed },
    ticketsWithoutPayment: tickets,
    unitsWithoutMerchant,
    adopted,
  };
}

/** What is still under way says nothing of its provider. */
const ENDED = "(paid_at IS NOT NULL OR status IN ('FAILED', 'EXPIRED', 'CANCELED'))";

/** By what was asked of them, and by the money that came by them, which may be of a charge that another took over. */
async function compareProviders(
  database: Queryable,
  merchantId: string,
  now: Date,
): Promise<PaymentSections['providers']> {
  const percentile = (share: number, of: string): string =>
    `(percentile_disc(${share}) WITHIN GROUP (ORDER BY ${of}))::float8`;
  return database.query<PaymentSections['providers'][number]>(
    `WITH paid AS (
       SELECT provider, first_webhook_at IS NULL AS has_none,
         -- GREATEST takes no notice of NULL.
         CASE WHEN first_webhook_at IS NOT NULL
           THEN greatest(0, round(extract(epoch FROM first_webhook_at - paid_at) * 1000)) END AS webhook_ms,
         greatest(0, round(extract(epoch FROM recorded_at - CASE WHEN first_webhook_at IS NULL THEN paid_at ELSE least(first_webhook_at, recorded_at) END) * 1000))
           AS read_back_ms
       FROM receipts WHERE merchant_id = $1),
     latencies AS (
       SELECT provider, (count(*) FILTER (WHERE has_none))::int AS none,
         ${percentile(0.5, 'webhook_ms')} AS webhook_p50, ${percentile(0.95, 'webhook_ms')} AS webhook_p95,
         ${percentile(0.5, 'read_back_ms')} AS read_back_p50, ${percentile(0.95, 'read_back_ms')} AS read_back_p95
       FROM paid GROUP BY provider),
     payments AS (
       SELECT provider, count(*)::int AS transactions,
         ${shareOf('paid_at IS NOT NULL', ENDED)} AS succeeded,
         ${shareOf('paid_at IS NOT NULL', `${ENDED} AND ${IS_OF_LAST_WEEK}`)} AS "succeededLast7Days",
         ${moneyOf('paid_at', 'paid_at IS NOT NULL')} AS paid
       FROM all_payments WHERE merchant_id = $1 GROUP BY provider),
     nothing AS (SELECT jsonb_build_object('of', 0, 'have', 0, 'percent', NULL) AS share)
     SELECT provider, coalesce(transactions, 0) AS transactions, coalesce(succeeded, share) AS succeeded,
       coalesce("succeededLast7Days", share) AS "succeededLast7Days", coalesce(paid->'cents', '[]') AS volume,
       coalesce(none, 0) AS "withoutWebhook",
       webhook_p50 AS "webhookP50Ms", webhook_p95 AS "webhookP95Ms",
       read_back_p50 AS "readBackP50Ms", read_back_p95 AS "readBackP95Ms"
     FROM payments FULL JOIN latencies USING (provider) CROSS JOIN nothing ORDER BY 2 DESC, provider`,
    [merchantId, now],
  );
}

const PAID_WITHOUT_TICKET = `
  SELECT t.transaction_id, t.session_id, u.name AS unit, t.amount_cents, t.currency, t.paid_at
  FROM ${PAYMENTS_WITH_TICKETS} JOIN units u ON u.merchant_id = t.merchant_id AND u.unit_id = t.unit_id
  WHERE t.merchant_id = $1 AND ${IS_PAID_WITHOUT_TICKET}`;

/** Of tickets that say they were paid by PIX or card. */
const TICKETS_WITHOUT_PAYMENT = `
  SELECT k.ticket_id, k.label, u.name AS unit, k.issued_at
  FROM tickets k JOIN units u USING (merchant_id, unit_id) LEFT JOIN payment_transactions t USING (merchant_id, transaction_id)
  WHERE k.merchant_id = $1 AND k.payment = 'pix' AND t.paid_at IS NULL`;
