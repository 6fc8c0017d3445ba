import type { LedgerFinding } from '../../domain/protocol/ledger.ts';
import type { Database, Queryable } from '../db/database.ts';
import { ADOPTED_RULES } from './adopted-rules.ts';

export interface LedgerAudit {
  readonly ok: boolean;
  readonly entries: number;
  /** Each one names a rule that does not hold, and where. */
  readonly findings: readonly LedgerFinding[];
}

/** More findings than this tell nothing new, and the first ones are what to look at. */
const MAX_FINDINGS_PER_RULE = 100;

/**
 * What has to hold between the ledger and the facts that it was posted from. Each query returns the exceptions:
 * (merchant_id, subject, detail).
 */
const RULES = [
  ...ADOPTED_RULES,
  {
    rule: 'entry_sums_to_zero',
    sql: `SELECT merchant_id, entry_id::text AS subject, 'sum ' || sum(amount_cents) || ' ' || currency AS detail
          FROM ledger_postings GROUP BY merchant_id, entry_id, currency HAVING sum(amount_cents) <> 0`,
  },
  {
    rule: 'entry_has_postings',
    sql: `SELECT e.merchant_id, e.entry_id::text AS subject, e.kind AS detail FROM ledger_entries e
          WHERE NOT EXISTS (SELECT 1 FROM ledger_postings p
                            WHERE p.merchant_id = e.merchant_id AND p.entry_id = e.entry_id)`,
  },
  {
    rule: 'receipt_posted_once_with_its_amount',
    sql: `SELECT r.merchant_id, r.receipt_id AS subject,
                 r.disposition || ' of ' || r.amount_cents || ', posted ' || coalesce(sum(p.amount_cents), 0) AS detail
          FROM receipts r
          LEFT JOIN ledger_entries e ON e.merchant_id = r.merchant_id AND e.idempotency_key =
            CASE r.disposition WHEN 'settles' THEN 'sale:' ELSE 'unexpected_money:' END || r.receipt_id
          LEFT JOIN ledger_postings p
            ON p.merchant_id = e.merchant_id AND p.entry_id = e.entry_id AND p.amount_cents > 0
          GROUP BY r.merchant_id, r.receipt_id, r.disposition, r.amount_cents
          HAVING coalesce(sum(p.amount_cents), 0) <> r.amount_cents`,
  },
  {
    rule: 'refund_posted_when_settled',
    sql: `SELECT f.merchant_id, f.refund_id AS subject,
                 f.status || ' of ' || f.amount_cents || ', posted ' || coalesce(sum(p.amount_cents), 0) AS detail
          FROM refunds f
          LEFT JOIN ledger_entries e ON e.merchant_id = f.merchant_id
            AND e.idempotency_key IN ('refund:' || f.refund_id, 'refund_bounced:' || f.refund_id)
          LEFT JOIN ledger_postings p ON p.merchant_id = e.merchant_id AND p.entry_id = e.entry_id
            AND p.account_code IN ('sales_returns', 'refunds_payable')
          GROUP BY f.merchant_id, f.refund_id, f.status, f.amount_cents
          HAVING coalesce(sum(p.amount_cents), 0) <> CASE f.status WHEN 'settled' THEN f.amount_cents ELSE 0 END`,
  },
  {
    // Provider by provider and currency by currency: two wrongs of different ones make no right.
    rule: 'receivable_is_receipts_minus_refunds',
    sql: `WITH movements AS (
            SELECT r.merchant_id, r.provider, coalesce(r.other_currency, t.currency) AS currency, r.amount_cents AS cents
              FROM receipts r JOIN payment_transactions t USING (merchant_id, transaction_id)
            UNION ALL SELECT merchant_id, provider, currency, amount_cents FROM recurring_receipts WHERE place = 'income'
            UNION ALL SELECT merchant_id, provider, currency, amount_cents FROM adopted_transactions WHERE paid_at IS NOT NULL
            UNION ALL SELECT merchant_id, provider, currency, amount_cents FROM suspense_items
              WHERE (resolution IS NULL OR resolution IN ('refund', 'sale', 'other_income'))
                AND (status = 'open' OR refund_status IS DISTINCT FROM 'settled')
            UNION ALL SELECT f.merchant_id, r.provider, coalesce(r.other_currency, t.currency), -f.amount_cents
              FROM refunds f JOIN receipts r USING (merchant_id, receipt_id)
              JOIN payment_transactions t ON t.merchant_id = r.merchant_id AND t.transaction_id = r.transaction_id
              WHERE f.status = 'settled'
            UNION ALL SELECT merchant_id, provider, currency, -refunded_cents - charged_back_cents FROM adopted_transactions
            UNION ALL SELECT d.merchant_id, r.provider, coalesce(r.other_currency, t.currency), -d.amount_cents
              FROM disputes d JOIN receipts r USING (merchant_id, receipt_id)
              JOIN payment_transactions t ON t.merchant_id = r.merchant_id AND t.transaction_id = r.transaction_id
              WHERE d.status <> 'won'
            UNION ALL SELECT b.merchant_id, b.provider, b.currency, -b.amount_cents FROM recurring_returns b
              JOIN recurring_receipts r USING (merchant_id, receipt_id)
              WHERE r.place = 'income' AND b.status NOT IN ('processing', 'failed', 'won')
            UNION ALL SELECT merchant_id, provider, currency,
                -CASE WHEN kind IN ('fee', 'payout') THEN amount_cents ELSE fee_cents END
              FROM statement_lines WHERE posted
            UNION ALL SELECT merchant_id, substr(paid_from, length('receivable:') + 1), currency, -amount_cents FROM split_payouts
              WHERE paid_from LIKE 'receivable:%' AND reversed_at IS NULL),
          facts AS (
            SELECT merchant_id, 'receivable:' || provider AS account, currency, sum(cents) AS cents
            FROM movements GROUP BY merchant_id, provider, currency),
          held AS (
            SELECT merchant_id, account_code AS account, currency, sum(amount_cents) AS cents FROM ledger_postings
            WHERE account_code LIKE 'receivable:%' GROUP BY merchant_id, account_code, currency)
          SELECT merchant_id, account || ' ' || currency AS subject,
                 'ledger ' || coalesce(held.cents, 0) || ', receipts less refunds ' || coalesce(facts.cents, 0) AS detail
          FROM held FULL JOIN facts USING (merchant_id, account, currency)
          WHERE coalesce(held.cents, 0) <> coalesce(facts.cents, 0)`,
  },
  {
    rule: 'statement_line_posted_with_its_fee_or_payout',
    sql: `SELECT l.merchant_id, l.provider || ' ' || l.line_ref AS subject,
                 l.kind || ' of ' || l.amount_cents || ', fee ' || l.fee_cents || ', posted ' || coalesce(sum(p.amount_cents), 0) AS detail
          FROM statement_lines l
          LEFT JOIN ledger_entries e ON e.merchant_id = l.merchant_id AND e.idempotency_key =
            CASE l.kind WHEN 'payout' THEN 'payout:' ELSE 'fee:' END || l.provider || ':' || l.line_ref
          LEFT JOIN ledger_postings p ON p.merchant_id = e.merchant_id AND p.entry_id = e.entry_id
            AND p.account_code = CASE l.kind WHEN 'payout' THEN 'settlement' ELSE 'fees' END AND p.currency = l.currency
          GROUP BY l.merchant_id, l.provider, l.line_ref, l.kind, l.amount_cents, l.fee_cents, l.posted
          HAVING coalesce(sum(p.amount_cents), 0) <> CASE WHEN NOT l.posted THEN 0
            WHEN l.kind IN ('fee', 'payout') THEN l.amount_cents ELSE l.fee_cents END`,
  },
  {
    rule: 'suspense_is_what_is_open',
    sql: `WITH held AS (
            SELECT merchant_id, -sum(amount_cents) AS cents FROM ledger_postings
            WHERE account_code = 'suspense' GROUP BY merchant_id),
          open AS (
            SELECT merchant_id, sum(amount_cents) AS cents FROM suspense_items WHERE status = 'open' GROUP BY merchant_id)
          SELECT merchant_id, 'suspense' AS subject,
                 'ledger ' || coalesce(held.cents, 0) || ', open ' || coalesce(open.cents, 0) AS detail
          FROM held FULL JOIN open USING (merchant_id) WHERE coalesce(held.cents, 0) <> coalesce(open.cents, 0)`,
  },
  {
    rule: 'receipt_has_one_place',
    sql: `SELECT s.merchant_id, s.receipt_id AS subject, coalesce(s.resolution, s.status) AS detail
          FROM suspense_items s JOIN receipts r USING (merchant_id, receipt_id)
          WHERE s.resolution IS DISTINCT FROM 'released'`,
  },
  {
    rule: 'recurring_receipt_posted_once_with_its_amount',
    sql: `SELECT r.merchant_id, r.receipt_id AS subject,
                 r.place || ' of ' || r.amount_cents || ', posted ' || coalesce(sum(p.amount_cents), 0) AS detail
          FROM recurring_receipts r
          LEFT JOIN ledger_entries e ON e.merchant_id = r.merchant_id AND e.idempotency_key = 'recurring:' || r.receipt_id
          LEFT JOIN ledger_postings p
            ON p.merchant_id = e.merchant_id AND p.entry_id = e.entry_id AND p.amount_cents > 0
          GROUP BY r.merchant_id, r.receipt_id, r.place, r.amount_cents
          HAVING coalesce(sum(p.amount_cents), 0) <> CASE r.place WHEN 'income' THEN r.amount_cents ELSE 0 END`,
  },
  {
    rule: 'recurring_return_posted_with_its_amount',
    sql: `SELECT b.merchant_id, b.receipt_id || ' ' || b.return_id AS subject,
                 b.status || ' of ' || b.amount_cents || ', posted ' || coalesce(sum(p.amount_cents), 0) AS detail
          FROM recurring_returns b JOIN recurring_receipts r USING (merchant_id, receipt_id)
          LEFT JOIN ledger_entries e ON e.merchant_id = b.merchant_id AND e.idempotency_key IN (
            'recurring_refund:' || b.receipt_id || ':' || b.return_id,
            'recurring_refund_bounced:' || b.receipt_id || ':' || b.return_id,
            'recurring_dispute:' || b.receipt_id || ':' || b.return_id,
            'recurring_dispute_end:' || b.receipt_id || ':' || b.return_id)
          LEFT JOIN ledger_postings p ON p.merchant_id = e.merchant_id AND p.entry_id = e.entry_id
            AND p.account_code IN ('disputed', 'recurring_returns') AND p.currency = b.currency
          GROUP BY b.merchant_id, b.receipt_id, b.return_id, b.status, b.amount_cents, r.place
          HAVING coalesce(sum(p.amount_cents), 0) <> CASE WHEN r.place = 'income'
            AND b.status NOT IN ('processing', 'failed', 'won') THEN b.amount_cents ELSE 0 END`,
  },
  {
    rule: 'recurring_refund_settled_as_it_went_back',
    sql: `SELECT f.merchant_id, f.refund_id AS subject,
                 f.status || ' of ' || f.amount_cents || ', back ' || coalesce(sum(b.amount_cents), 0) AS detail
          FROM recurring_refunds f
          LEFT JOIN recurring_returns b ON b.merchant_id = f.merchant_id AND b.receipt_id = f.receipt_id
            AND b.return_id = f.refund_id AND (b.status = 'settled' OR b.bounced_at IS NOT NULL)
          WHERE f.status = 'settled'
          GROUP BY f.merchant_id, f.refund_id, f.status, f.amount_cents
          HAVING coalesce(sum(b.amount_cents), 0) <> f.amount_cents`,
  },
  {
    rule: 'no_more_recurring_money_goes_back_than_came',
    sql: `SELECT r.merchant_id, r.receipt_id AS subject, sum(b.amount_cents) || ' of ' || r.amount_cents AS detail
          FROM recurring_receipts r JOIN recurring_returns b USING (merchant_id, receipt_id)
          WHERE b.kind = 'refund' AND b.status = 'settled' GROUP BY r.merchant_id, r.receipt_id, r.amount_cents
          HAVING sum(b.amount_cents) > r.amount_cents`,
  },
  {
    rule: 'recurring_receipt_has_one_place',
    sql: `SELECT merchant_id, receipt_id AS subject, 'held elsewhere too' AS detail FROM recurring_receipts
          WHERE place = 'income' AND ((merchant_id, receipt_id) IN (SELECT merchant_id, receipt_id FROM receipts)
            OR (merchant_id, receipt_id) IN (
              SELECT merchant_id, receipt_id FROM suspense_items WHERE resolution IS DISTINCT FROM 'released'))`,
  },
  {
    rule: 'split_posted_with_its_amount',
    sql: `SELECT s.merchant_id, s.transaction_id || ' ' || s.recipient AS subject,
                 s.amount_cents || ', posted ' || coalesce(sum(p.amount_cents), 0) AS detail
          FROM transaction_splits s JOIN payment_transactions t USING (merchant_id, transaction_id)
          LEFT JOIN ledger_entries e ON e.merchant_id = s.merchant_id
            AND e.idempotency_key = 'split:' || t.settled_receipt_id || ':' || s.recipient
          LEFT JOIN ledger_postings p ON p.merchant_id = e.merchant_id AND p.entry_id = e.entry_id AND p.amount_cents > 0
          GROUP BY s.merchant_id, s.transaction_id, s.recipient, s.amount_cents, t.paid_at
          HAVING coalesce(sum(p.amount_cents), 0) <> CASE WHEN t.paid_at IS NULL THEN 0 ELSE s.amount_cents END`,
  },
  {
    rule: 'split_goes_back_with_its_sale',
    sql: `WITH gone AS (
            SELECT merchant_id, transaction_id, sum(amount_cents) AS cents FROM (
              SELECT f.merchant_id, f.transaction_id, f.amount_cents FROM refunds f
                JOIN receipts r USING (merchant_id, receipt_id)
                WHERE f.status = 'settled' AND r.disposition = 'settles'
              UNION ALL SELECT d.merchant_id, d.transaction_id, d.amount_cents FROM disputes d
                JOIN receipts r USING (merchant_id, receipt_id)
                WHERE d.status = 'lost' AND r.disposition = 'settles') AS back
            GROUP BY merchant_id, transaction_id),
          posted AS (
            SELECT merchant_id, transaction_id, account_code, sum(amount_cents) AS cents
            FROM ledger_entries JOIN ledger_postings USING (merchant_id, entry_id)
            WHERE kind = 'split_returned' AND account_code LIKE 'payable:%' GROUP BY merchant_id, transaction_id, account_code)
          SELECT s.merchant_id, s.transaction_id || ' ' || s.recipient AS subject,
                 'of ' || s.amount_cents || ' back ' || coalesce(posted.cents, 0) AS detail
          FROM transaction_splits s JOIN payment_transactions t USING (merchant_id, transaction_id)
          LEFT JOIN gone USING (merchant_id, transaction_id)
          LEFT JOIN posted ON posted.merchant_id = s.merchant_id AND posted.transaction_id = s.transaction_id
            AND posted.account_code = 'payable:' || s.recipient
          WHERE coalesce(posted.cents, 0)
            <> div(s.amount_cents * least(coalesce(gone.cents, 0), t.amount_cents), t.amount_cents)`,
  },
  {
    rule: 'split_payout_posted_with_its_amount',
    sql: `SELECT o.merchant_id, o.payout_id::text AS subject,
                 o.recipient || ' ' || o.amount_cents || ', posted ' || coalesce(sum(p.amount_cents), 0) AS detail
          FROM split_payouts o
          LEFT JOIN ledger_entries e ON e.merchant_id = o.merchant_id
            AND e.idempotency_key IN ('split_payout:' || o.payout_id, 'split_payout_reversed:' || o.payout_id)
          LEFT JOIN ledger_postings p ON p.merchant_id = e.merchant_id AND p.entry_id = e.entry_id
            AND p.account_code = 'payable:' || o.recipient
          GROUP BY o.merchant_id, o.payout_id, o.recipient, o.amount_cents, o.reversed_at
          HAVING coalesce(sum(p.amount_cents), 0) <> CASE WHEN o.reversed_at IS NULL THEN o.amount_cents ELSE 0 END`,
  },
  {
    rule: 'counter_payment_posted_with_its_amount',
    sql: `SELECT c.merchant_id, c.command_id::text AS subject,
                 c.amount_cents || ', posted ' || coalesce(sum(p.amount_cents), 0) AS detail
          FROM counter_payments c
          LEFT JOIN ledger_entries e ON e.merchant_id = c.merchant_id AND e.idempotency_key IN
            ('counter_payment:' || c.command_id, 'counter_payment_undone:' || c.command_id)
          LEFT JOIN ledger_postings p ON p.merchant_id = e.merchant_id AND p.entry_id = e.entry_id
            AND p.account_code = 'cash:' || c.unit_id
          GROUP BY c.merchant_id, c.command_id, c.amount_cents, c.undone_at
          HAVING coalesce(sum(p.amount_cents), 0) <> CASE WHEN c.undone_at IS NULL THEN c.amount_cents ELSE 0 END`,
  },
  {
    rule: 'received_ticket_has_its_counter_payment',
    sql: `SELECT k.merchant_id, k.ticket_id::text AS subject,
                 k.received_cents || ', recorded ' || coalesce(sum(c.amount_cents), 0) AS detail
          FROM tickets k LEFT JOIN counter_payments c
            ON c.merchant_id = k.merchant_id AND c.ticket_id = k.ticket_id AND c.undone_at IS NULL
          WHERE k.payment = 'at_counter'
          GROUP BY k.merchant_id, k.ticket_id, k.received_cents
          HAVING coalesce(sum(c.amount_cents), 0) <> k.received_cents`,
  },
  {
    rule: 'paid_has_one_settling_receipt',
    sql: `SELECT t.merchant_id, t.transaction_id::text AS subject, count(r.*) || ' settling receipts' AS detail
          FROM payment_transactions t
          LEFT JOIN receipts r ON r.merchant_id = t.merchant_id AND r.transaction_id = t.transaction_id
            AND r.disposition = 'settles' AND r.receipt_id = t.settled_receipt_id
            AND r.amount_cents = t.amount_cents
          GROUP BY t.merchant_id, t.transaction_id, t.paid_at
          HAVING count(r.*) <> CASE WHEN t.paid_at IS NULL THEN 0 ELSE 1 END`,
  },
  {
    rule: 'unwanted_money_has_its_refund',
    sql: `SELECT r.merchant_id, r.receipt_id AS subject, r.disposition AS detail FROM receipts r
          LEFT JOIN (
            SELECT merchant_id, receipt_id, coalesce(sum(amount_cents) FILTER (WHERE initiated_by = 'us' AND replaced_by IS NULL), 0) AS ours,
              coalesce(sum(amount_cents) FILTER (WHERE status = 'settled'), 0) AS settled
            FROM refunds GROUP BY merchant_id, receipt_id) f USING (merchant_id, receipt_id)
          WHERE r.disposition <> 'settles' AND r.amount_cents NOT IN (coalesce(f.ours, 0), coalesce(f.settled, 0))`,
  },
  {
    rule: 'no_more_goes_back_than_came',
    sql: `SELECT r.merchant_id, r.receipt_id AS subject, sum(f.amount_cents) || ' of ' || r.amount_cents AS detail
          FROM receipts r JOIN refunds f USING (merchant_id, receipt_id)
          WHERE f.status = 'settled' GROUP BY r.merchant_id, r.receipt_id, r.amount_cents
          HAVING sum(f.amount_cents) > r.amount_cents`,
  },
  {
    rule: 'paid_is_confirmed_once_in_the_feed',
    sql: `SELECT t.merchant_id, t.transaction_id::text AS subject, count(f.*) || ' confirmations' AS detail
          FROM payment_transactions t
          LEFT JOIN feed f ON f.merchant_id = t.merchant_id AND f.unit_id = t.unit_id
            AND f.kind = 'payment.confirmed' AND f.payload->>'transactionId' = t.transaction_id::text
          GROUP BY t.merchant_id, t.transaction_id, t.paid_at
          HAVING count(f.*) <> CASE WHEN t.paid_at IS NULL THEN 0 ELSE 1 END`,
  },
] as const;

/** Where postings and the facts that they were posted from disagree. @param merchantId without it, of all merchants */
export async function findLedgerBreaches(database: Queryable, merchantId?: string): Promise<LedgerFinding[]> {
  const findings: LedgerFinding[] = [];
  for (const { rule, sql } of RULES) {
    const rows = await database.query<{ merchantId: string; subject: string; detail: string }>(
      // Planned as if all exceptions were wanted: for the first hundred PostgreSQL would look for them one by one, and where
      // there are none, which is nearly always, that is each payment against each entry of the feed.
      `WITH found AS MATERIALIZED (
         SELECT merchant_id, subject, detail FROM (${sql}) AS exceptions WHERE $1::uuid IS NULL OR merchant_id = $1)
       SELECT merchant_id AS "merchantId", subject, detail FROM found LIMIT ${MAX_FINDINGS_PER_RULE}`,
      [merchantId ?? null],
    );
    for (const row of rows) findings.push({ rule, ...row });
  }
  return findings;
}

/**
 * Recomputes the ledger's sums and compares them with receipts, refunds, transactions and the feed. Reads only, from
 * one snapshot, so that it may run while money is moving.
 */
export function auditLedger(database: Database): Promise<LedgerAudit> {
  return database.transaction(async (transaction) => {
    await transaction.query('SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY');
    const findings = await findLedgerBreaches(transaction);
    const [count] = await transaction.query<{ entries: number }>(
      'SELECT count(*)::int AS entries FROM ledger_entries',
    );
    return { ok: findings.length === 0, entries: count?.entries ?? 0, findings };
  });
}
