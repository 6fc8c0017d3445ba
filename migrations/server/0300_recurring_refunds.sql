-- Refunds of recurring money that a manager asks for: what is asked of the provider, and how it goes. What went back
-- stands in recurring_returns, whoever had it sent.
CREATE TABLE recurring_refunds (
  merchant_id uuid NOT NULL,
  -- Ours, and what the provider is asked by: of the manager's request, a number behind it where it was refused.
  refund_id text NOT NULL,
  receipt_id text NOT NULL,
  provider text NOT NULL,
  amount_cents bigint NOT NULL CHECK (amount_cents > 0),
  currency char(3) NOT NULL,
  -- Why; the payer may read it.
  note text NOT NULL,
  requested_by text NOT NULL,
  status text NOT NULL CHECK (status IN ('requested', 'processing', 'settled', 'failed')),
  provider_status text,
  -- The provider said that it did not carry it out, and will not.
  refused boolean NOT NULL DEFAULT false,
  attempts integer NOT NULL DEFAULT 0,
  -- Of these, those of earlier rounds, which were given up.
  attempts_before integer NOT NULL DEFAULT 0,
  next_attempt_at timestamptz,
  last_error text,
  created_at timestamptz NOT NULL,
  settled_at timestamptz,
  replaced_by text,
  returned_by text,
  returned_note text,
  returned_at timestamptz,
  PRIMARY KEY (merchant_id, refund_id),
  FOREIGN KEY (merchant_id, receipt_id) REFERENCES recurring_receipts,
  CONSTRAINT recurring_refunds_returned_check
    CHECK ((returned_by IS NULL) = (returned_at IS NULL) AND (returned_by IS NULL) = (returned_note IS NULL))
);
CREATE INDEX recurring_refunds_due ON recurring_refunds (provider, next_attempt_at) WHERE next_attempt_at IS NOT NULL;
CREATE INDEX recurring_refunds_of_receipt ON recurring_refunds (merchant_id, receipt_id);
CREATE INDEX recurring_refunds_open ON recurring_refunds (merchant_id, status) WHERE status <> 'settled';

-- A refund that the provider, or somebody in its pages, sent, and that did not arrive: a person looks at it, and says so.
-- `bounced_at`: it had been told as settled before, and is posted so.
ALTER TABLE recurring_returns
  ADD COLUMN bounced_at timestamptz,
  ADD COLUMN closed_by text,
  ADD COLUMN closed_note text,
  ADD COLUMN closed_at timestamptz,
  ADD CONSTRAINT recurring_returns_closed_check
    CHECK ((closed_by IS NULL) = (closed_at IS NULL) AND (closed_by IS NULL) = (closed_note IS NULL));
ALTER TABLE refunds ADD COLUMN bounced_at timestamptz;
CREATE INDEX refunds_bounced ON refunds (merchant_id) WHERE bounced_at IS NOT NULL AND returned_at IS NULL;

-- The subscriptions of a merchant, newest first, with what was charged by them.
CREATE INDEX customer_subscriptions_newest ON customer_subscriptions (merchant_id, first_seen_at DESC);
CREATE INDEX recurrences_of_agreement ON recurrences (merchant_id, provider, agreement_id) WHERE agreement_id IS NOT NULL;
