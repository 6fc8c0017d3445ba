/**
 * Money of a merchant ($1), here and on its providers' statements side by side, one row for each receipt, refund, dispute, fee
 * and payout: (provider, currency, of, id, transaction_id, at, here_cents, there_cents, fee_here_cents, fee_there_cents,
 * is_covered, is_open_suspense). `here_cents` is null for what only a statement has, `there_cents` for what none has.
 */
export const SETTLEMENT_FACTS = `
  money_in AS (
    SELECT r.provider, coalesce(r.other_currency, t.currency) AS currency, r.receipt_id AS id, r.transaction_id, r.paid_at AS at,
      r.amount_cents, r.fee_cents, false AS is_open_suspense
    FROM receipts r JOIN payment_transactions t USING (merchant_id, transaction_id) WHERE merchant_id = $1
    UNION ALL
    SELECT provider, currency, receipt_id, NULL, paid_at, amount_cents, NULL, false FROM recurring_receipts
    WHERE merchant_id = $1 AND place = 'income'
    UNION ALL
    SELECT provider, currency, receipt_id, transaction_id, paid_at, amount_cents, NULL, status = 'open' FROM suspense_items
    WHERE merchant_id = $1 AND resolution IS DISTINCT FROM 'released' AND resolution IS DISTINCT FROM 'duplicate'),
  money_back AS (
    SELECT 'refund' AS of, r.provider, coalesce(r.other_currency, t.currency) AS currency, f.refund_id AS id, f.transaction_id,
      f.settled_at AS at, f.amount_cents
    FROM refunds f JOIN receipts r USING (merchant_id, receipt_id)
      JOIN payment_transactions t ON t.merchant_id = f.merchant_id AND t.transaction_id = f.transaction_id
    WHERE f.merchant_id = $1 AND f.status = 'settled'
    UNION ALL
    SELECT 'refund', provider, currency, 'suspense:' || receipt_id, transaction_id, resolved_at, amount_cents FROM suspense_items
    WHERE merchant_id = $1 AND (resolution = 'returned' OR (resolution = 'refund' AND refund_status = 'settled'))
    UNION ALL
    SELECT 'dispute', r.provider, coalesce(r.other_currency, t.currency), d.dispute_id, d.transaction_id, d.opened_at, d.amount_cents
    FROM disputes d JOIN receipts r USING (merchant_id, receipt_id)
      JOIN payment_transactions t ON t.merchant_id = d.merchant_id AND t.transaction_id = d.transaction_id
    WHERE d.merchant_id = $1 AND d.status <> 'won'),
  lines AS (SELECT * FROM statement_lines WHERE merchant_id = $1),
  facts AS (
    SELECT i.provider, i.currency, 'receipt' AS of, i.id, i.transaction_id, i.at, i.amount_cents AS here_cents,
      l.amount_cents AS there_cents, i.fee_cents AS fee_here_cents, l.fee_cents AS fee_there_cents, i.is_open_suspense
    FROM money_in i LEFT JOIN lines l ON l.provider = i.provider AND l.receipt_id = i.id AND l.kind = 'receipt'
    UNION ALL
    SELECT b.provider, b.currency, b.of, b.id, b.transaction_id, b.at, b.amount_cents, l.amount_cents, NULL, l.fee_cents, false
    FROM money_back b LEFT JOIN lines l ON l.provider = b.provider
      AND l.kind = b.of AND b.id = CASE b.of WHEN 'refund' THEN l.refund_id ELSE l.dispute_id END
    UNION ALL
    SELECT provider, currency, kind, line_ref, NULL, at, NULL, amount_cents, NULL, fee_cents, false FROM lines
    WHERE outcome IN ('refund_unknown', 'dispute_unknown', 'fee', 'payout')),
  judged AS (
    SELECT *, EXISTS (SELECT 1 FROM statements s WHERE s.merchant_id = $1 AND s.provider = facts.provider
      AND s.covers_from <= facts.at AND s.covers_to > facts.at) AS is_covered,
      (at AT TIME ZONE $2)::date AS day
    FROM facts),
  told AS (
    SELECT *, CASE
      WHEN of IN ('fee', 'payout') THEN NULL
      WHEN here_cents IS NULL THEN 'missing_here'
      WHEN there_cents IS NULL AND is_covered THEN 'missing_there'
      WHEN there_cents <> here_cents THEN 'amount_differs'
      WHEN is_open_suspense THEN 'in_suspense'
      WHEN there_cents IS NOT NULL AND fee_there_cents > 0 AND fee_here_cents <> fee_there_cents THEN 'fee_differs'
    END AS difference FROM judged)`;
