-- The ledger of an old system, taken over while both live. Money of the past has no totem, no ticket and no feed, so it has
-- tables of its own (docs/adoption.md says why); `all_payments` joins them for reports.

-- One reading of one file or table. The file is known again by its content.
CREATE TABLE adoption_runs (
  run_id uuid PRIMARY KEY,
  -- The old system: its ids are unique within it.
  source text NOT NULL CHECK (length(source) BETWEEN 1 AND 100),
  kind text NOT NULL CHECK (kind IN ('transaction', 'session', 'customer')),
  origin text NOT NULL,
  -- Of a file; null for a table and for rows that are mirrored.
  sha256 bytea CHECK (octet_length(sha256) = 32),
  -- How its amounts and dates are written.
  options jsonb NOT NULL,
  -- Rows of it that are committed, and where to go on in a table.
  rows_done bigint NOT NULL DEFAULT 0,
  cursor text,
  -- Rows that an earlier run adopted word for word.
  unchanged bigint NOT NULL DEFAULT 0,
  started_at timestamptz NOT NULL,
  finished_at timestamptz
);
CREATE UNIQUE INDEX adoption_runs_once ON adoption_runs (source, kind, sha256) WHERE sha256 IS NOT NULL;
CREATE UNIQUE INDEX adoption_runs_one_open ON adoption_runs (source, kind, origin)
  WHERE sha256 IS NULL AND finished_at IS NULL;

-- What became of each row of the old system. Nothing is left out: a row that could not be understood is here as well.
CREATE TABLE adopted_rows (
  row_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  run_id uuid NOT NULL REFERENCES adoption_runs,
  source text NOT NULL,
  kind text NOT NULL,
  -- The old id; of a row without one, or with one that is somebody's e-mail or document, a keyed hash.
  old_key text NOT NULL CHECK (length(old_key) BETWEEN 1 AND 300),
  line bigint NOT NULL,
  -- HMAC-SHA-256 of all that the row says.
  content_hash bytea NOT NULL CHECK (octet_length(content_hash) = 32),
  state text NOT NULL CHECK (state IN ('mapped', 'partly', 'unmapped', 'duplicate')),
  reasons text[] NOT NULL,
  merchant_id uuid REFERENCES merchants,
  -- The old unit.
  clinic text,
  old_provider text,
  old_status text,
  customer_id uuid,
  -- HMAC of the person's e-mail and document, until the person is known: brings rows of one person together.
  person_hash bytea,
  -- The whole row. `server`: under the server's key until its person is known; `person`: under the person's own, and
  -- unreadable once they are erased; `masked`: without personal words; null for a duplicate.
  raw_sealed bytea,
  raw_kept text CHECK (raw_kept IN ('server', 'person', 'masked')),
  recorded_at timestamptz NOT NULL,
  FOREIGN KEY (merchant_id, customer_id) REFERENCES customers,
  CHECK ((raw_sealed IS NULL) = (raw_kept IS NULL)),
  CHECK ((person_hash IS NOT NULL) = (raw_kept IS NOT DISTINCT FROM 'server')),
  CHECK (state <> 'unmapped' OR cardinality(reasons) > 0)
);
CREATE INDEX adopted_rows_by_key ON adopted_rows (source, kind, old_key, row_id);
CREATE INDEX adopted_rows_of_run ON adopted_rows (run_id, line);
CREATE INDEX adopted_rows_unmapped ON adopted_rows (row_id) WHERE state = 'unmapped';
CREATE INDEX adopted_rows_without_person ON adopted_rows (merchant_id, person_hash) WHERE raw_kept = 'server';
CREATE INDEX adopted_rows_of_customer ON adopted_rows (merchant_id, customer_id) WHERE customer_id IS NOT NULL;

CREATE TABLE adopted_transactions (
  merchant_id uuid NOT NULL REFERENCES merchants,
  -- Made from merchant, source and old id: the same row is the same transaction, whoever brings it.
  adopted_id uuid NOT NULL,
  row_id bigint NOT NULL,
  source text NOT NULL,
  old_key text NOT NULL,
  clinic text,
  provider text NOT NULL,
  routed_provider text,
  status text NOT NULL,
  -- The old words, as they were.
  old_provider text,
  old_provider_v2 text,
  old_status text,
  old_status_v2 text,
  amount_cents bigint NOT NULL CHECK (amount_cents >= 0),
  currency char(3) NOT NULL,
  payment_method text CHECK (payment_method IN ('pix', 'card', 'boleto', 'other')),
  installments smallint CHECK (installments BETWEEN 1 AND 99),
  provider_order_id text,
  provider_charge_id text,
  created_at timestamptz NOT NULL,
  paid_at timestamptz,
  -- Of what came: what went back, by refund or by chargeback, and when the last of it did.
  refunded_cents bigint NOT NULL DEFAULT 0 CHECK (refunded_cents BETWEEN 0 AND amount_cents),
  refunded_at timestamptz,
  charged_back_cents bigint NOT NULL DEFAULT 0 CHECK (charged_back_cents >= 0),
  old_customer_key text,
  old_session_key text,
  provider_customer_id text CHECK (NOT looks_like_card_number(provider_customer_id)),
  -- Brand, last digits and expiry, as far as the old row tells.
  card jsonb CHECK (NOT looks_like_card_number(card::text)),
  customer_id uuid,
  customer_provider_id uuid,
  payment_method_id uuid,
  adopted_at timestamptz NOT NULL,
  PRIMARY KEY (merchant_id, adopted_id),
  FOREIGN KEY (merchant_id, customer_id) REFERENCES customers,
  FOREIGN KEY (merchant_id, customer_provider_id) REFERENCES customer_providers,
  FOREIGN KEY (merchant_id, payment_method_id) REFERENCES customer_payment_methods,
  CHECK (refunded_cents + charged_back_cents <= amount_cents),
  CHECK (paid_at IS NOT NULL OR refunded_cents + charged_back_cents = 0)
);
CREATE INDEX adopted_transactions_by_key ON adopted_transactions (merchant_id, source, old_key);
CREATE INDEX adopted_transactions_by_row ON adopted_transactions (row_id);
CREATE INDEX adopted_transactions_by_order ON adopted_transactions (merchant_id, source, provider_order_id)
  WHERE provider_order_id IS NOT NULL;
-- The old system wrote some charges twice, under two ids: money is adopted once.
CREATE UNIQUE INDEX adopted_transactions_one_charge ON adopted_transactions (merchant_id, provider, provider_charge_id)
  WHERE provider_charge_id IS NOT NULL;
CREATE INDEX adopted_transactions_of_customer ON adopted_transactions (merchant_id, customer_id)
  WHERE customer_id IS NOT NULL;

CREATE TABLE adopted_sessions (
  merchant_id uuid NOT NULL REFERENCES merchants,
  session_id uuid NOT NULL,
  row_id bigint NOT NULL,
  source text NOT NULL,
  old_key text NOT NULL,
  status text NOT NULL CHECK (status IN ('open', 'completed', 'expired', 'canceled', 'failed')),
  old_status text,
  opened_at timestamptz NOT NULL,
  ended_at timestamptz,
  old_transaction_key text,
  provider_order_id text,
  adopted_id uuid,
  customer_id uuid,
  PRIMARY KEY (merchant_id, session_id),
  FOREIGN KEY (merchant_id, adopted_id) REFERENCES adopted_transactions,
  FOREIGN KEY (merchant_id, customer_id) REFERENCES customers
);
CREATE INDEX adopted_sessions_by_row ON adopted_sessions (row_id);
CREATE INDEX adopted_sessions_of_transaction ON adopted_sessions (merchant_id, adopted_id) WHERE adopted_id IS NOT NULL;

-- Whether the old system's rows are taken one by one while it lives. `shadow`: read and judged, and nothing is written.
CREATE TABLE adoption_switches (
  merchant_id uuid PRIMARY KEY REFERENCES merchants,
  mode text NOT NULL CHECK (mode IN ('off', 'shadow', 'on')),
  changed_at timestamptz NOT NULL
);
CREATE TABLE adoption_mirror_counts (
  merchant_id uuid NOT NULL REFERENCES merchants,
  outcome text NOT NULL,
  count bigint NOT NULL,
  last_at timestamptz NOT NULL,
  PRIMARY KEY (merchant_id, outcome)
);

-- Payments of this system and of the adopted one, for reports.
CREATE VIEW all_payments AS
SELECT merchant_id, transaction_id AS payment_id, 'totem' AS source, provider, status, amount_cents, currency, payment_method,
  installments, provider_order_id, created_at, paid_at, refunded_cents, customer_id, customer_provider_id, payment_method_id
FROM payment_transactions
UNION ALL
SELECT merchant_id, adopted_id, source, provider, status, amount_cents, currency, payment_method,
  installments, provider_order_id, created_at, paid_at, refunded_cents, customer_id, customer_provider_id, payment_method_id
FROM adopted_transactions;
CREATE VIEW all_checkout_sessions AS
SELECT merchant_id, session_id, 'totem' AS source, status, opened_at, ended_at, transaction_id AS payment_id FROM checkout_sessions
UNION ALL
SELECT merchant_id, session_id, source, status, opened_at, ended_at, adopted_id FROM adopted_sessions;
