-- Money that came in another currency than was asked for: a receipt like any other, which goes back as it came.
ALTER TABLE receipts DROP CONSTRAINT receipts_disposition_check;
ALTER TABLE receipts ADD CONSTRAINT receipts_disposition_check
  CHECK (disposition IN ('settles', 'surplus', 'wrong_amount', 'late', 'wrong_currency'));
-- Null: the one that was asked for.
ALTER TABLE receipts ADD COLUMN other_currency char(3);
ALTER TABLE receipts ADD CONSTRAINT receipts_other_currency_check
  CHECK ((disposition = 'wrong_currency') = (other_currency IS NOT NULL));
ALTER TABLE refunds DROP CONSTRAINT refunds_reason_check;
ALTER TABLE refunds ADD CONSTRAINT refunds_reason_check CHECK (reason IN
  ('wrong_amount', 'surplus', 'unknown_charge', 'late', 'requested', 'by_provider', 'wrong_currency'));

-- A refund that the provider would not carry out, because somebody had sent the money back: who says so, and why.
ALTER TABLE refunds ADD COLUMN returned_by text;
ALTER TABLE refunds ADD COLUMN returned_note text;
ALTER TABLE refunds ADD COLUMN returned_at timestamptz;
ALTER TABLE refunds ADD CONSTRAINT refunds_returned_check
  CHECK ((returned_by IS NULL) = (returned_at IS NULL) AND (returned_by IS NULL) = (returned_note IS NULL));
