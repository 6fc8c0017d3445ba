-- Money that goes back: by whom, what becomes of the ticket, and what is done with money that comes too late.
ALTER TABLE merchants ADD COLUMN late_money text NOT NULL DEFAULT 'ticket' CHECK (late_money IN ('ticket', 'refund'));
ALTER TABLE receipts DROP CONSTRAINT pix_receipts_disposition_check;
ALTER TABLE receipts ADD CONSTRAINT receipts_disposition_check
  CHECK (disposition IN ('settles', 'surplus', 'wrong_amount', 'late'));
ALTER TABLE tickets ADD COLUMN money_back text CHECK (money_back IN ('partly_refunded', 'refunded', 'disputed'));
-- The few whose ticket may have to be marked.
CREATE INDEX payment_transactions_money_back ON payment_transactions (merchant_id, transaction_id)
  WHERE status IN ('PARTIALLY_REFUNDED', 'REFUNDED', 'CHARGEBACK');
CREATE INDEX refunds_of_receipt ON refunds (merchant_id, receipt_id);
CREATE INDEX disputes_of_transaction ON disputes (merchant_id, transaction_id);

-- A refund that was given up and is taken up again: counted from here.
ALTER TABLE refunds ADD COLUMN attempts_before integer NOT NULL DEFAULT 0;
-- One that the provider knows and refused is done with; another, with an id of its own, takes its place.
ALTER TABLE refunds ADD COLUMN replaced_by text;
