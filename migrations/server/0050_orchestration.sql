-- Several providers: what came in and went back of any of them, each attempt at a charge, and webhooks told apart.

-- Money of any provider, not of a Pix alone.
ALTER TABLE pix_receipts RENAME TO receipts;
ALTER TABLE receipts RENAME COLUMN end_to_end_id TO receipt_id;
ALTER INDEX pix_receipts_one_settles RENAME TO receipts_one_settles;
ALTER TABLE receipts ADD COLUMN provider text;
ALTER TABLE receipts ADD COLUMN end_to_end_id text;
ALTER TABLE receipts ADD COLUMN fee_cents bigint;
UPDATE receipts r SET end_to_end_id = receipt_id, provider = t.provider
FROM payment_transactions t WHERE t.merchant_id = r.merchant_id AND t.transaction_id = r.transaction_id;
ALTER TABLE receipts ALTER COLUMN provider SET NOT NULL;
ALTER TABLE payment_transactions RENAME COLUMN settled_end_to_end_id TO settled_receipt_id;

ALTER TABLE refunds RENAME COLUMN end_to_end_id TO receipt_id;
-- `provider`: the payer's bank took it back, or somebody sent it back in the provider's own pages.
ALTER TABLE refunds ADD COLUMN initiated_by text NOT NULL DEFAULT 'us' CHECK (initiated_by IN ('us', 'provider'));
-- The person who asked for it; null for what the server decides by itself.
ALTER TABLE refunds ADD COLUMN requested_by text;
ALTER TABLE refunds ADD COLUMN note text;
ALTER TABLE refunds DROP CONSTRAINT refunds_reason_check;
ALTER TABLE refunds ADD CHECK (reason IN ('wrong_amount', 'surplus', 'unknown_charge', 'late', 'requested', 'by_provider'));

CREATE TABLE disputes (
  merchant_id uuid NOT NULL,
  dispute_id text NOT NULL,
  receipt_id text NOT NULL,
  transaction_id uuid NOT NULL,
  kind text NOT NULL CHECK (kind IN ('chargeback', 'med')),
  status text NOT NULL CHECK (status IN ('open', 'won', 'lost')),
  amount_cents bigint NOT NULL CHECK (amount_cents > 0),
  reason text NOT NULL,
  opened_at timestamptz NOT NULL,
  closed_at timestamptz,
  PRIMARY KEY (merchant_id, dispute_id),
  FOREIGN KEY (merchant_id, receipt_id) REFERENCES receipts
);

ALTER TABLE payment_transactions ADD COLUMN flow text NOT NULL DEFAULT 'national'
  CHECK (flow IN ('national', 'international'));
ALTER TABLE payment_transactions ADD COLUMN order_id uuid;
ALTER TABLE payment_transactions ADD COLUMN sale_id uuid;
ALTER TABLE payment_transactions ADD COLUMN offer_id uuid;
ALTER TABLE payment_transactions ADD COLUMN provider_charge_id text;
-- The national flow never reaches the provider of the other one, whatever the code does.
ALTER TABLE payment_transactions ADD CHECK ((flow = 'international') = (provider = 'stripe'));

-- Every provider that was asked to make the charge of a transaction, in order. The transaction itself names the last.
CREATE TABLE payment_attempts (
  merchant_id uuid NOT NULL,
  transaction_id uuid NOT NULL,
  attempt smallint NOT NULL,
  provider text NOT NULL,
  txid text NOT NULL,
  provider_charge_id text,
  started_at timestamptz NOT NULL,
  ended_at timestamptz,
  -- Null while nobody knows: it was sent, or may have been, and no answer came.
  outcome text CHECK (outcome IN ('created', 'rejected', 'unavailable')),
  detail text,
  PRIMARY KEY (merchant_id, transaction_id, attempt),
  UNIQUE (merchant_id, provider, txid),
  FOREIGN KEY (merchant_id, transaction_id) REFERENCES payment_transactions
);
CREATE INDEX payment_attempts_by_charge ON payment_attempts (provider, provider_charge_id)
  WHERE provider_charge_id IS NOT NULL;
INSERT INTO payment_attempts (merchant_id, transaction_id, attempt, provider, txid, started_at, ended_at, outcome)
SELECT merchant_id, transaction_id, 1, provider, txid, created_at, charge_created_at,
  CASE WHEN br_code IS NOT NULL THEN 'created' END
FROM payment_transactions;

-- The same webhook again is one item; how often it came is counted.
ALTER TABLE webhook_inbox ADD COLUMN path text NOT NULL DEFAULT '';
ALTER TABLE webhook_inbox ADD COLUMN dedupe_key text;
ALTER TABLE webhook_inbox ADD COLUMN deliveries integer NOT NULL DEFAULT 1;
ALTER TABLE webhook_inbox ADD COLUMN event_type text;
UPDATE webhook_inbox SET dedupe_key = inbox_id::text;
ALTER TABLE webhook_inbox ALTER COLUMN dedupe_key SET NOT NULL;
ALTER TABLE webhook_inbox ADD UNIQUE (provider, dedupe_key);
CREATE INDEX webhook_inbox_dead ON webhook_inbox (provider, received_at) WHERE status = 'dead';

CREATE INDEX payment_transactions_due_by_provider ON payment_transactions (provider, next_check_at)
  WHERE next_check_at IS NOT NULL;
DROP INDEX payment_transactions_due;

-- A webhook that came before the answer to our own request, so that nobody knows yet whose charge it names.
CREATE TABLE early_charges (
  provider text NOT NULL,
  provider_charge_id text NOT NULL,
  inbox_id uuid NOT NULL REFERENCES webhook_inbox,
  first_seen_at timestamptz NOT NULL,
  PRIMARY KEY (provider, provider_charge_id)
);
