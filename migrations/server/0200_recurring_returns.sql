-- What goes back of the money of recurring charges, and what its payers dispute, as the providers tell.
CREATE TABLE recurring_returns (
  merchant_id uuid NOT NULL,
  receipt_id text NOT NULL,
  -- The provider's name for it; unique within its receipt alone.
  return_id text NOT NULL,
  provider text NOT NULL,
  kind text NOT NULL CHECK (kind IN ('refund', 'chargeback', 'med')),
  -- A refund: processing, settled, failed. A dispute: open, won, lost.
  status text NOT NULL CHECK (CASE kind WHEN 'refund' THEN status IN ('processing', 'settled', 'failed')
    ELSE status IN ('open', 'won', 'lost') END),
  amount_cents bigint NOT NULL CHECK (amount_cents > 0),
  currency char(3) NOT NULL,
  -- The provider's own word.
  reason text NOT NULL,
  opened_at timestamptz NOT NULL,
  ended_at timestamptz,
  PRIMARY KEY (merchant_id, receipt_id, return_id),
  FOREIGN KEY (merchant_id, receipt_id) REFERENCES recurring_receipts
);

-- When it is to be read again, as a webhook may be lost; null: it has ended.
ALTER TABLE recurrences ADD COLUMN next_read_at timestamptz;
ALTER TABLE recurrences ADD COLUMN read_attempts integer NOT NULL DEFAULT 0;
CREATE INDEX recurrences_to_read ON recurrences (provider, next_read_at) WHERE next_read_at IS NOT NULL;
UPDATE recurrences SET next_read_at = now() WHERE status IS NULL OR status IN ('created', 'active', 'failed', 'paid');
CREATE INDEX recurring_receipts_of_recurrence ON recurring_receipts (merchant_id, provider, kind, recurrence_id);

ALTER TABLE recurrence_steps DROP CONSTRAINT recurrence_steps_cause_check;
ALTER TABLE recurrence_steps ADD CONSTRAINT recurrence_steps_cause_check
  CHECK (cause IN ('webhook', 'sweep', 'ordered', 'poll'));
