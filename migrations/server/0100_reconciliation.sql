-- Money that is found by asking: how long webhooks take, sweeps of a provider's list, bank statements, and the
-- suspense account for what belongs to no charge of ours.

-- When a webhook first named the charge of this receipt; null: it was found without.
ALTER TABLE receipts ADD COLUMN first_webhook_at timestamptz;
CREATE INDEX receipts_newest_of_provider ON receipts (provider, recorded_at DESC);
CREATE INDEX receipts_by_time ON receipts (merchant_id, provider, paid_at);
CREATE INDEX receipts_by_end_to_end_id ON receipts (merchant_id, end_to_end_id);
CREATE INDEX receipts_of_transaction ON receipts (merchant_id, transaction_id);

CREATE TABLE receipt_sweeps (
  merchant_id uuid NOT NULL REFERENCES merchants,
  provider text NOT NULL,
  pix_key text NOT NULL,
  -- Nothing that was paid before it is asked for: the key may have had another use.
  since timestamptz NOT NULL,
  -- Everything that was paid before it has its place, as far as the list told.
  swept_to timestamptz NOT NULL,
  -- When the last look far back was.
  far_swept_at timestamptz,
  next_sweep_at timestamptz NOT NULL,
  last_answer_at timestamptz,
  last_error text,
  PRIMARY KEY (merchant_id, provider, pix_key)
);

-- Money that came and belongs to no charge of ours, until a person says what it is.
CREATE TABLE suspense_items (
  merchant_id uuid NOT NULL REFERENCES merchants,
  receipt_id text NOT NULL,
  provider text NOT NULL,
  end_to_end_id text,
  txid text,
  pix_key text,
  amount_cents bigint NOT NULL CHECK (amount_cents > 0),
  currency char(3) NOT NULL,
  paid_at timestamptz NOT NULL,
  found_at timestamptz NOT NULL,
  found_by text NOT NULL CHECK (found_by IN ('sweep', 'statement')),
  reason text NOT NULL CHECK (reason IN ('no_txid', 'foreign_txid', 'not_in_charge')),
  -- A receipt of the same amount at about the same time: a hint for a person, never acted on.
  suggested_receipt_id text,
  owner text,
  status text NOT NULL CHECK (status IN ('open', 'resolved')),
  -- `returned`: sent back by hand; `sale`: of a transaction of ours; `released`: its charge told of it after all.
  resolution text CHECK (resolution IN ('refund', 'returned', 'sale', 'other_income', 'duplicate', 'released')),
  -- How often it was resolved: a refund that the provider refuses opens it again.
  round integer NOT NULL DEFAULT 0,
  transaction_id uuid,
  note text,
  resolved_by text,
  resolved_at timestamptz,
  refund_id text,
  refund_status text CHECK (refund_status IN ('requested', 'processing', 'settled', 'failed')),
  refund_attempts integer NOT NULL DEFAULT 0,
  refund_next_at timestamptz,
  refund_error text,
  PRIMARY KEY (merchant_id, receipt_id),
  -- Where the list does not tell the key, two merchants of one account would both find it.
  UNIQUE (provider, receipt_id),
  FOREIGN KEY (merchant_id, transaction_id) REFERENCES payment_transactions,
  CHECK ((status = 'resolved') = (resolution IS NOT NULL))
);
CREATE INDEX suspense_items_open ON suspense_items (merchant_id, paid_at) WHERE status = 'open';
CREATE INDEX suspense_refunds_due ON suspense_items (provider, refund_next_at) WHERE refund_next_at IS NOT NULL;

CREATE TABLE statements (
  merchant_id uuid NOT NULL REFERENCES merchants,
  statement_id uuid NOT NULL,
  provider text NOT NULL,
  file_sha256 text NOT NULL,
  started_at timestamptz NOT NULL,
  -- Null while it is read, or was left off in the midst: the same file again goes on.
  finished_at timestamptz,
  summary jsonb,
  PRIMARY KEY (merchant_id, statement_id),
  UNIQUE (merchant_id, provider, file_sha256)
);

CREATE TABLE statement_lines (
  merchant_id uuid NOT NULL,
  provider text NOT NULL,
  -- The bank's own reference, or one made of what the line says: the same line of another file is not counted twice.
  line_ref text NOT NULL,
  statement_id uuid NOT NULL,
  line_number integer NOT NULL,
  kind text NOT NULL CHECK (kind IN ('receipt', 'refund', 'fee', 'other')),
  at timestamptz NOT NULL,
  amount_cents bigint NOT NULL,
  end_to_end_id text,
  txid text,
  outcome text NOT NULL,
  receipt_id text,
  PRIMARY KEY (merchant_id, provider, line_ref),
  FOREIGN KEY (merchant_id, statement_id) REFERENCES statements
);
