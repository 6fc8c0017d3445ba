-- What providers keep and pay out, as their statements tell: posted with the line that tells of it, once.
ALTER TABLE statement_lines DROP CONSTRAINT statement_lines_kind_check;
ALTER TABLE statement_lines ADD CONSTRAINT statement_lines_kind_check
  CHECK (kind IN ('receipt', 'refund', 'dispute', 'fee', 'payout', 'other'));
-- What the provider kept of this line's money, where it says so on the same line.
ALTER TABLE statement_lines ADD COLUMN fee_cents bigint NOT NULL DEFAULT 0 CHECK (fee_cents >= 0);
ALTER TABLE statement_lines ADD COLUMN currency char(3) NOT NULL DEFAULT 'BRL';
-- Lines from before fees and payouts were posted are not posted afterwards.
ALTER TABLE statement_lines ADD COLUMN posted boolean NOT NULL DEFAULT false;
ALTER TABLE statement_lines ADD COLUMN refund_id text;
ALTER TABLE statement_lines ADD COLUMN dispute_id text;
CREATE INDEX statement_lines_of_receipt ON statement_lines (merchant_id, provider, receipt_id) WHERE receipt_id IS NOT NULL;
CREATE INDEX statement_lines_by_time ON statement_lines (merchant_id, provider, at);
-- From when to when a statement covers its provider, half-open; null until it was read to its end.
ALTER TABLE statements ADD COLUMN covers_from timestamptz;
ALTER TABLE statements ADD COLUMN covers_to timestamptz;
UPDATE statements SET covers_from = to_timestamp((summary->'period'->>'from')::bigint / 1000.0),
                      covers_to = to_timestamp((summary->'period'->>'to')::bigint / 1000.0)
WHERE summary->'period'->>'from' IS NOT NULL;
