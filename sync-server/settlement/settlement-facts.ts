const SINCE = '($3::date::timestamp AT TIME ZONE $2)';
const UNTIL = '(($4::date + 1)::timestamp AT TIME ZONE $2)';
const isInTime = (at: string): string => `${at} >= ${SINCE} AND ${at} < ${UNTIL}`;

/** What came in the time, and what a statement says of it: more than one line, where it was listed again. */
const CAME = `
  money_in AS (
    SELECT r.provider, coalesce(r.other_currency, t.currency) AS currency, r.receipt_id AS id, r.transaction_id, r.paid_at AS at,
      r.amount_cents, r.fee_cents, false AS is_open_suspense
    FROM receipts r JOIN payment_transactions t USING (merchant_id, transaction_id)
    WHERE r.merchant_id = $1 AND ${isInTime('r.paid_at')}
    UNION ALL
    SELECT provider, currency, receipt_id, NULL, paid_at, amount_cents, NULL, false FROM recurring_receipts
    WHERE merchant_id = $1 AND place = 'income' AND ${isInTime('paid_at')}
    UNION ALL
    SELECT provider, currency, receipt_id, transaction_id, paid_at, amount_cents, NULL, status = 'open' FROM suspense_items
    WHERE merchant_id = $1 AND resolution IS DISTINCT FROM 'released' AND resolution IS DISTINCT FROM 'duplicate'
      AND ${isInTime('paid_at')}),
  receipt_lines AS (
    SELECT provider, currency, receipt_id, amount_cents, fee_cents, at, line_ref, false AS stands_in FROM statement_lines
    WHERE merchant_id = $1 AND kind = 'receipt' AND receipt_id IS NOT NULL
    UNION ALL
    -- A line without ids that somebody has said to be a receipt's own.
    SELECT l.provider, l.currency, coalesce(t.settled_receipt_id, s.suggested_receipt_id), l.amount_cents, l.fee_cents, l.at, l.line_ref, true
    FROM suspense_items s
      JOIN statement_lines l ON l.merchant_id = s.merchant_id AND l.provider = s.provider AND l.receipt_id = s.receipt_id AND l.kind = 'receipt'
      LEFT JOIN payment_transactions t ON t.merchant_id = s.merchant_id AND t.transaction_id = s.transaction_id
    WHERE s.merchant_id = $1 AND s.resolution = 'duplicate'),
  came AS (
    SELECT i.*, l.amount_cents AS there_cents, l.fee_cents AS fee_there_cents, l.line_ref, l.stands_in,
      row_number() OVER (PARTITION BY i.provider, i.id ORDER BY l.stands_in, l.amount_cents <> i.amount_cents, l.at, l.line_ref) AS nth
    FROM money_in i LEFT JOIN receipt_lines l ON l.provider = i.provider AND l.receipt_id = i.id AND l.currency = i.currency)`;

/** What went back at any time: a line that was not understood when it was read may be of a refund that was told of later. */
const WENT_BACK = `
  money_back AS (
    SELECT 'refund' AS of, r.provider, coalesce(r.other_currency, t.currency) AS currency, f.refund_id AS id, f.transaction_id,
      f.settled_at AS at, f.amount_cents, coalesce(r.end_to_end_id, r.receipt_id) AS end_to_end_id, false AS is_won
    FROM refunds f JOIN receipts r USING (merchant_id, receipt_id)
      JOIN payment_transactions t ON t.merchant_id = f.merchant_id AND t.transaction_id = f.transaction_id
    WHERE f.merchant_id = $1 AND f.status = 'settled'
    UNION ALL
    SELECT 'refund', provider, currency, 'suspense:' || receipt_id, transaction_id, resolved_at, amount_cents,
      coalesce(end_to_end_id, receipt_id), false FROM suspense_items
    WHERE merchant_id = $1 AND (resolution = 'returned' OR (resolution = 'refund' AND refund_status = 'settled'))
    UNION ALL
    SELECT CASE b.kind WHEN 'refund' THEN 'refund' ELSE 'dispute' END, b.provider, b.currency,
      'recurring:' || b.receipt_id || ':' || b.return_id, NULL, coalesce(b.ended_at, b.opened_at), b.amount_cents,
      coalesce(r.end_to_end_id, r.receipt_id), b.status = 'won'
    FROM recurring_returns b JOIN recurring_receipts r USING (merchant_id, receipt_id)
    WHERE b.merchant_id = $1 AND r.place = 'income' AND b.status NOT IN ('processing', 'failed')
    UNION ALL
    SELECT 'dispute', r.provider, coalesce(r.other_currency, t.currency), d.dispute_id, d.transaction_id, d.opened_at, d.amount_cents,
      coalesce(r.end_to_end_id, r.receipt_id), d.status = 'won'
    FROM disputes d JOIN receipts r USING (merchant_id, receipt_id)
      JOIN payment_transactions t ON t.merchant_id = d.merchant_id AND t.transaction_id = d.transaction_id
    WHERE d.merchant_id = $1),
  known_lines AS (
    SELECT provider, kind AS of, coalesce(refund_id, dispute_id) AS id, amount_cents, fee_cents, at, line_ref FROM statement_lines
    WHERE merchant_id = $1 AND coalesce(refund_id, dispute_id) IS NOT NULL),
  unknown_lines AS (
    SELECT *, row_number() OVER (PARTITION BY provider, kind, end_to_end_id, amount_cents ORDER BY at, line_ref) AS nth
    FROM statement_lines WHERE merchant_id = $1 AND outcome IN ('refund_unknown', 'dispute_unknown')),
  met AS (
    SELECT u.line_ref, b.provider, b.of, b.id, u.amount_cents, u.fee_cents, u.at FROM unknown_lines u JOIN (
      SELECT *, row_number() OVER (PARTITION BY provider, of, end_to_end_id, amount_cents ORDER BY at, id) AS nth
      FROM money_back b WHERE NOT EXISTS (
        SELECT FROM known_lines l WHERE l.provider = b.provider AND l.of = b.of AND l.id = b.id)) AS b
      ON b.provider = u.provider AND b.of = u.kind AND b.end_to_end_id = u.end_to_end_id AND b.amount_cents = u.amount_cents
        AND b.nth = u.nth),
  back_lines AS (
    SELECT provider, of, id, amount_cents, fee_cents, at, line_ref FROM known_lines
    UNION ALL SELECT provider, of, id, amount_cents, fee_cents, at, line_ref FROM met),
  went_back AS (
    SELECT b.*, l.amount_cents AS there_cents, l.fee_cents AS fee_there_cents, l.line_ref,
      row_number() OVER (PARTITION BY b.provider, b.of, b.id ORDER BY l.at, l.line_ref) AS nth,
      count(l.line_ref) OVER (PARTITION BY b.provider, b.of, b.id) AS listed
    FROM money_back b LEFT JOIN back_lines l ON l.provider = b.provider AND l.of = b.of AND l.id = b.id
    WHERE ${isInTime('b.at')})`;

/**
 * Money of a merchant ($1) on civil days of a zone ($2, $3 to $4, both included), at one provider or all ($5), here and on
 * statements side by side, in `told`: (provider, currency, of, id, transaction_id, at, day, here_cents, there_cents,
 * fee_here_cents, fee_there_cents, is_covered, difference). `here_cents` is null for what only a statement has, and for a
 * line that was listed again; `there_cents` for what no statement has. docs/reconciliation.md says what each means.
 */
export const SETTLEMENT_FACTS = `${CAME}, ${WENT_BACK},
  facts AS (
    SELECT provider, currency, 'receipt' AS of, CASE nth WHEN 1 THEN id ELSE line_ref END AS id, transaction_id, at, CASE nth WHEN 1 THEN amount_cents END AS here_cents,
      there_cents, CASE nth WHEN 1 THEN fee_cents END AS fee_here_cents, fee_there_cents, is_open_suspense,
      CASE WHEN nth > 1 THEN 'listed_twice' END AS known_difference
    FROM came WHERE nth = 1 OR NOT stands_in
    UNION ALL
    SELECT provider, currency, of, CASE nth WHEN 1 THEN id ELSE line_ref END, transaction_id, at, CASE nth WHEN 1 THEN amount_cents END, there_cents, NULL, fee_there_cents,
      false, CASE WHEN nth > 1 THEN 'listed_twice' END
    FROM went_back WHERE NOT is_won
    UNION ALL
    -- A dispute that was won is on a statement twice, there and back, or not at all.
    SELECT provider, currency, of, id, transaction_id, at, 0, CASE nth % 2 WHEN 1 THEN there_cents ELSE -there_cents END, NULL,
      fee_there_cents, false, CASE WHEN nth = listed AND listed % 2 = 1 THEN 'amount_differs' ELSE 'none' END
    FROM went_back WHERE is_won AND listed > 0
    UNION ALL
    SELECT l.provider, l.currency, l.kind, l.line_ref, r.transaction_id, l.at, NULL, l.amount_cents, NULL, l.fee_cents, false, NULL
    FROM unknown_lines l LEFT JOIN LATERAL (
      SELECT transaction_id FROM receipts r WHERE r.merchant_id = $1 AND r.provider = l.provider
        AND l.end_to_end_id IN (r.end_to_end_id, r.receipt_id) LIMIT 1) AS r ON true
    WHERE ${isInTime('l.at')} AND NOT EXISTS (SELECT FROM met WHERE met.provider = l.provider AND met.line_ref = l.line_ref)
    UNION ALL
    -- Of a receipt that came in another currency than the line says.
    SELECT l.provider, l.currency, 'receipt', l.receipt_id, r.transaction_id, l.at, NULL, l.amount_cents, NULL, l.fee_cents, false, NULL
    FROM statement_lines l JOIN receipts r ON r.merchant_id = l.merchant_id AND r.provider = l.provider AND r.receipt_id = l.receipt_id
      JOIN payment_transactions t ON t.merchant_id = r.merchant_id AND t.transaction_id = r.transaction_id
    WHERE l.merchant_id = $1 AND l.kind = 'receipt' AND ${isInTime('l.at')} AND l.currency <> coalesce(r.other_currency, t.currency)
    UNION ALL
    SELECT provider, currency, kind, line_ref, NULL, at, NULL, amount_cents, NULL, fee_cents, false, 'none' FROM statement_lines
    WHERE merchant_id = $1 AND outcome IN ('fee', 'payout') AND ${isInTime('at')}),
  judged AS (
    SELECT *, EXISTS (SELECT 1 FROM statements s WHERE s.merchant_id = $1 AND s.provider = facts.provider
      AND s.covers_from <= facts.at AND s.covers_to > facts.at) AS is_covered,
      (at AT TIME ZONE $2)::date AS day
    FROM facts WHERE $5::text IS NULL OR provider = $5),
  told AS (
    SELECT *, nullif(coalesce(known_difference, CASE
      WHEN here_cents IS NULL THEN 'missing_here'
      WHEN there_cents IS NULL AND is_covered THEN 'missing_there'
      WHEN there_cents <> here_cents THEN 'amount_differs'
      WHEN is_open_suspense THEN 'in_suspense'
      WHEN there_cents IS NOT NULL AND fee_there_cents > 0 AND fee_here_cents <> fee_there_cents THEN 'fee_differs'
    END), 'none') AS difference FROM judged)`;
