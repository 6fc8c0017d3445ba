import { DEMO_MERCHANT_ID, DEMO_UNIT_ID } from '../../catalog/demo-shop.ts';
import type { Database } from '../../db/database.ts';

/** What PostgreSQL's random() begins with: the same seed, the same books. */
const SEED = 0.2026031;
const SALES = 1_200;

const of = (words: readonly string[]): string =>
  `(ARRAY['${words.join("', '")}'])[1 + floor(random() * ${words.length})::int]`;
const PROVIDERS = of(['bacen-pix', 'pagarme', 'appmax', 'open-finance', 'a bank that is gone']);
const STATUSES = of([
  ...[
    'SUCCEEDED',
    'SUCCEEDED',
    'SUCCEEDED',
    'PARTIALLY_REFUNDED',
    'REFUNDED',
    'CHARGEBACK',
    'EXPIRED',
    'CANCELED',
  ],
  ...['FAILED', 'PENDING', 'CREATED', 'approved'],
]);
const PAID = "('SUCCEEDED', 'PARTIALLY_REFUNDED', 'REFUNDED', 'CHARGEBACK')";
/** Exactly a week and a day ago, in the future, and anywhere in two months. */
const MADE = `CASE n % 40 WHEN 0 THEN $2::timestamptz - interval '168 hours' WHEN 1 THEN $2::timestamptz + interval '1 hour'
  WHEN 2 THEN $2::timestamptz - interval '24 hours' WHEN 3 THEN $2::timestamptz
  ELSE date_trunc('milliseconds', $2::timestamptz - random() * random() * interval '60 days') END`;

/** A merchant's books with some of everything, as rows alone: what a report says of them can be counted by SQL. */
export async function writeRandomBooks(database: Database, nowMs: number): Promise<void> {
  const now = new Date(nowMs);
  const write = (sql: string, ...more: readonly unknown[]): Promise<unknown> =>
    database.transaction(async (transaction) => {
      await transaction.query(`SELECT setseed(${SEED})`);
      await transaction.query(sql, [DEMO_MERCHANT_ID, now, ...more]);
    });
  await write(
    `INSERT INTO customers (merchant_id, customer_id, created_at, last_seen_at, erased_at)
     SELECT $1::uuid, gen_random_uuid(), $2::timestamptz, $2::timestamptz, CASE WHEN n % 7 = 0 THEN $2::timestamptz END FROM generate_series(1, 50) AS n`,
  );
  await write(
    `INSERT INTO customer_payment_methods (merchant_id, payment_method_id, customer_id, provider, account, identity, status, first_seen_at)
     SELECT $1::uuid, gen_random_uuid(), CASE WHEN random() < 0.8 THEN customer_id END, ${PROVIDERS}, 'a',
       sha256(gen_random_uuid()::text::bytea), ${of(['used', 'saved'])}, $2::timestamptz FROM customers, generate_series(1, 3)`,
  );
  const customer = `CASE WHEN random() < 0.6 THEN (SELECT array_agg(customer_id) FROM customers)[1 + floor(random() * 50)::int] END`;
  await write(
    `INSERT INTO payment_transactions (merchant_id, transaction_id, session_id, unit_id, kiosk_id, service_id, service_name,
       service_prefix, provider, txid, amount_cents, currency, status, created_at, paid_at, act_before, ticket_number, late, customer_id)
     SELECT $1::uuid, id, id, $3::uuid, 'totem-1', id, 'Consulta', 'Z', provider, id, cents, currency, status, made,
       CASE WHEN paid THEN made + interval '1 minute' END, CASE WHEN paid THEN made END, CASE WHEN paid THEN n END,
       status = 'SUCCEEDED' AND n % 9 = 0, customer_id
     FROM (SELECT *, status IN ${PAID} AS paid FROM (
       SELECT n, gen_random_uuid() AS id, ${PROVIDERS} AS provider, 100 + floor(random() * 9000)::int AS cents,
         ${of(['BRL', 'BRL', 'USD'])} AS currency, ${STATUSES} AS status, ${MADE} AS made, ${customer} AS customer_id
       FROM generate_series(1, ${SALES}) AS n) AS drawn) AS made`,
    DEMO_UNIT_ID,
  );
  await write(
    `INSERT INTO adopted_transactions (merchant_id, adopted_id, row_id, source, old_key, provider, status, amount_cents, currency,
       created_at, paid_at, customer_id, adopted_at)
     SELECT $1::uuid, gen_random_uuid(), n, 'legacy', n, provider, status, cents, 'BRL', made,
       CASE WHEN status IN ${PAID} THEN made END, customer_id, $2::timestamptz
     FROM (SELECT n, ${PROVIDERS} AS provider, ${STATUSES} AS status, 100 + floor(random() * 9000)::int AS cents, ${MADE} AS made,
       ${customer} AS customer_id FROM generate_series(1, ${SALES / 2}) AS n) AS drawn`,
  );
  await write(
    `INSERT INTO receipts (merchant_id, receipt_id, transaction_id, amount_cents, paid_at, disposition, raw, recorded_at, provider,
       first_webhook_at, other_currency)
     SELECT merchant_id, 'R' || transaction_id, transaction_id, amount_cents, made, disposition, '{}', made + random() * interval '9 s',
       provider, CASE WHEN random() < 0.8 THEN made + (random() - 0.1) * interval '5 s' END,
       CASE disposition WHEN 'wrong_currency' THEN 'EUR' END
     FROM (SELECT *, created_at + interval '1 minute' AS made, CASE WHEN paid_at IS NOT NULL THEN 'settles'
         ELSE ${of(['surplus', 'wrong_amount', 'late', 'wrong_currency'])} END AS disposition FROM payment_transactions) AS drawn
     WHERE merchant_id = $1::uuid AND $2::timestamptz IS NOT NULL`,
  );
  await write(
    `INSERT INTO refunds (merchant_id, refund_id, receipt_id, transaction_id, amount_cents, reason, status, created_at, settled_at, replaced_by)
     SELECT merchant_id, 'F' || receipt_id, receipt_id, transaction_id, amount_cents - (random() < 0.3)::int, 'surplus', status, recorded_at,
       CASE status WHEN 'settled' THEN recorded_at END, CASE WHEN status = 'failed' AND random() < 0.5 THEN 'again' END
     FROM (SELECT *, ${of(['settled', 'settled', 'processing', 'failed', 'requested'])} AS status FROM receipts) AS drawn
     WHERE merchant_id = $1::uuid AND $2::timestamptz IS NOT NULL AND random() < 0.7`,
  );
  await write(
    `INSERT INTO disputes (merchant_id, dispute_id, receipt_id, transaction_id, kind, status, amount_cents, reason, opened_at)
     SELECT merchant_id, 'D' || receipt_id, receipt_id, transaction_id, ${of(['med', 'chargeback'])}, ${of(['open', 'won', 'lost'])},
       amount_cents, 'fraud', recorded_at FROM receipts WHERE merchant_id = $1::uuid AND $2::timestamptz IS NOT NULL AND random() < 0.1`,
  );
  await write(
    `INSERT INTO tickets (merchant_id, ticket_id, unit_id, kiosk_id, session_id, transaction_id, number, prefix, label, business_day,
       service_id, service_name, status, issued_at, received_at)
     SELECT merchant_id, transaction_id, unit_id, kiosk_id, session_id, transaction_id, row_number() OVER (), 'Z', 'Z', '2026-03-10',
       service_id, service_name, 'done', created_at, created_at FROM payment_transactions
     WHERE merchant_id = $1::uuid AND $2::timestamptz IS NOT NULL AND random() < CASE WHEN paid_at IS NULL THEN 0.02 ELSE 0.9 END`,
  );
  await write(
    `INSERT INTO suspense_items (merchant_id, receipt_id, provider, amount_cents, currency, paid_at, found_at, found_by, reason, owner,
       status, resolution)
     SELECT $1::uuid, 'S' || n, ${PROVIDERS}, n, ${of(['BRL', 'USD'])}, $2::timestamptz, ${MADE}, 'sweep', 'no_txid', CASE n % 3 WHEN 0 THEN 'Finance' END,
       CASE n % 4 WHEN 0 THEN 'resolved' ELSE 'open' END, CASE n % 4 WHEN 0 THEN 'returned' END FROM generate_series(1, 120) AS n`,
  );
}
