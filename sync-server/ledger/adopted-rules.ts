/** What has to hold between adopted transactions and the ledger, as the rules of audit-ledger.ts say it. */
export const ADOPTED_RULES = [
  {
    rule: 'adopted_transaction_posted_with_its_amounts',
    sql: `SELECT t.merchant_id, t.adopted_id::text AS subject,
                 t.status || ' of ' || t.amount_cents || ', back ' || t.refunded_cents || ' and ' || t.charged_back_cents
                   || ', won ' || t.chargeback_won_cents || ', posted ' || coalesce(posted.sale, 0) || ', '
                   || coalesce(posted.refund, 0) || ' and ' || coalesce(posted.chargeback, 0) || ', won '
                   || coalesce(posted.won, 0) AS detail
          FROM adopted_transactions t
          LEFT JOIN (
            SELECT e.merchant_id, e.transaction_id, p.currency,
              sum(p.amount_cents) FILTER (WHERE e.kind = 'adopted_sale') AS sale,
              sum(p.amount_cents) FILTER (WHERE e.kind = 'adopted_refund') AS refund,
              sum(p.amount_cents) FILTER (WHERE e.kind = 'adopted_chargeback') AS chargeback,
              sum(p.amount_cents) FILTER (WHERE e.kind = 'adopted_chargeback_won') AS won
            FROM ledger_entries e JOIN ledger_postings p USING (merchant_id, entry_id)
            WHERE e.kind LIKE 'adopted\\_%' AND p.amount_cents > 0
            GROUP BY e.merchant_id, e.transaction_id, p.currency) posted
            ON posted.merchant_id = t.merchant_id AND posted.transaction_id = t.adopted_id AND posted.currency = t.currency
          WHERE coalesce(posted.sale, 0) <> CASE WHEN t.paid_at IS NULL THEN 0 ELSE t.amount_cents END
            OR coalesce(posted.refund, 0) <> t.refunded_cents
            OR coalesce(posted.chargeback, 0) <> t.charged_back_cents + t.chargeback_won_cents
            OR coalesce(posted.won, 0) <> t.chargeback_won_cents`,
  },
  {
    rule: 'adopted_entry_has_its_transaction',
    sql: `SELECT e.merchant_id, e.entry_id::text AS subject, e.kind AS detail FROM ledger_entries e
          LEFT JOIN adopted_transactions t ON t.merchant_id = e.merchant_id AND t.adopted_id = e.transaction_id
          WHERE e.kind LIKE 'adopted\\_%' AND t.adopted_id IS NULL`,
  },
] as const;
