-- Parts of a sale that belong to others than the merchant, and the mirroring of charges to a provider on trial.

-- Whoever gets a part: the platform's fee, or a partner.
CREATE TABLE split_recipients (
  merchant_id uuid NOT NULL REFERENCES merchants,
  -- Ours, part of the ledger's account: "plataforma", "dr-silva".
  recipient text NOT NULL CHECK (recipient ~ '^[a-z0-9][a-z0-9-]{0,39}$'),
  kind text NOT NULL CHECK (kind IN ('platform', 'partner')),
  name text NOT NULL,
  -- The receiver's id at each provider that splits by itself: {"pagarme": "re_…"}.
  provider_ids jsonb NOT NULL DEFAULT '{}',
  created_at timestamptz NOT NULL,
  created_by text NOT NULL,
  PRIMARY KEY (merchant_id, recipient)
);

CREATE TABLE split_rules (
  merchant_id uuid NOT NULL,
  rule_id uuid NOT NULL,
  -- Null: every service that has no rules of its own.
  service_id uuid,
  recipient text NOT NULL,
  percent_bp integer NOT NULL CHECK (percent_bp BETWEEN 0 AND 10000),
  fixed_cents bigint NOT NULL CHECK (fixed_cents >= 0),
  -- Of the sales that the rule is for.
  currency char(3) NOT NULL DEFAULT 'BRL',
  created_at timestamptz NOT NULL,
  created_by text NOT NULL,
  -- A rule that counts no more is kept.
  removed_at timestamptz,
  removed_by text,
  PRIMARY KEY (merchant_id, rule_id),
  FOREIGN KEY (merchant_id, service_id) REFERENCES services,
  FOREIGN KEY (merchant_id, recipient) REFERENCES split_recipients,
  CHECK (percent_bp > 0 OR fixed_cents > 0),
  CHECK ((removed_at IS NULL) = (removed_by IS NULL))
);
CREATE UNIQUE INDEX split_rules_one_counts
  ON split_rules (merchant_id, coalesce(service_id, '00000000-0000-0000-0000-000000000000'), recipient, currency)
  WHERE removed_at IS NULL;

-- What each gets of a sale, written when it is opened: no later change of a rule touches it.
CREATE TABLE transaction_splits (
  merchant_id uuid NOT NULL,
  transaction_id uuid NOT NULL,
  recipient text NOT NULL,
  percent_bp integer NOT NULL,
  fixed_cents bigint NOT NULL,
  amount_cents bigint NOT NULL CHECK (amount_cents >= 0),
  provider_ids jsonb NOT NULL,
  PRIMARY KEY (merchant_id, transaction_id, recipient),
  FOREIGN KEY (merchant_id, transaction_id) REFERENCES payment_transactions,
  FOREIGN KEY (merchant_id, recipient) REFERENCES split_recipients
);

-- Which share of a merchant's charges is made a second time at a provider on trial, in its sandbox.
CREATE TABLE shadow_rules (
  merchant_id uuid NOT NULL REFERENCES merchants,
  provider text NOT NULL,
  share_bp integer NOT NULL CHECK (share_bp BETWEEN 1 AND 10000),
  set_at timestamptz NOT NULL,
  set_by text NOT NULL,
  PRIMARY KEY (merchant_id, provider)
);

CREATE TABLE shadow_results (
  merchant_id uuid NOT NULL,
  transaction_id uuid NOT NULL,
  provider text NOT NULL,
  -- Never the customer's: it begins with SHADOW.
  txid text NOT NULL,
  provider_charge_id text,
  live_provider text NOT NULL,
  started_at timestamptz NOT NULL,
  -- Null while it is under way, and where the process ended meanwhile.
  outcome text CHECK (outcome IN ('same', 'different', 'rejected', 'unavailable', 'unknown', 'timed_out', 'failed')),
  detail text,
  -- [{"field": …, "live": …, "shadow": …}]
  differences jsonb NOT NULL DEFAULT '[]',
  live_ms integer NOT NULL,
  shadow_ms integer,
  -- Null: the sandbox may still hold an open charge.
  cancelled_at timestamptz,
  PRIMARY KEY (merchant_id, transaction_id, provider),
  FOREIGN KEY (merchant_id, transaction_id) REFERENCES payment_transactions
);
CREATE INDEX shadow_results_by_time ON shadow_results (merchant_id, provider, started_at);
CREATE INDEX shadow_results_open ON shadow_results (provider, started_at) WHERE cancelled_at IS NULL;
