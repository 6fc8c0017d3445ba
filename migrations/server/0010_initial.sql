-- The sync server's store. merchant_id comes first in the key of every table that grows, so that the data can be
-- distributed by merchant.

CREATE TABLE merchants (
  merchant_id uuid PRIMARY KEY,
  name text NOT NULL,
  pix_key text NOT NULL,
  created_at timestamptz NOT NULL
);

CREATE TABLE units (
  merchant_id uuid NOT NULL REFERENCES merchants,
  unit_id uuid NOT NULL,
  name text NOT NULL,
  city text NOT NULL,
  time_zone text NOT NULL,
  counters text[] NOT NULL CHECK (cardinality(counters) > 0),
  catalog_version integer NOT NULL DEFAULT 1,
  -- The newest sequence of the unit's feed; the row's lock makes the sequence gapless.
  feed_head bigint NOT NULL DEFAULT 0,
  PRIMARY KEY (merchant_id, unit_id)
);

CREATE TABLE services (
  merchant_id uuid NOT NULL,
  unit_id uuid NOT NULL,
  service_id uuid NOT NULL,
  position integer NOT NULL,
  name text NOT NULL,
  description text NOT NULL,
  prefix text NOT NULL,
  amount_cents bigint NOT NULL CHECK (amount_cents > 0),
  currency char(3) NOT NULL,
  estimated_minutes integer,
  active boolean NOT NULL DEFAULT true,
  PRIMARY KEY (merchant_id, service_id),
  FOREIGN KEY (merchant_id, unit_id) REFERENCES units
);

CREATE TABLE kiosks (
  merchant_id uuid NOT NULL,
  kiosk_id text NOT NULL,
  unit_id uuid NOT NULL,
  first_seen_at timestamptz NOT NULL,
  last_seen_at timestamptz NOT NULL,
  PRIMARY KEY (merchant_id, kiosk_id),
  FOREIGN KEY (merchant_id, unit_id) REFERENCES units
);

-- What the kiosks told of their sessions; the denominator of the conversion.
CREATE TABLE payment_sessions (
  merchant_id uuid NOT NULL,
  session_id uuid NOT NULL,
  unit_id uuid NOT NULL,
  kiosk_id text NOT NULL,
  service_id uuid NOT NULL,
  amount_cents bigint NOT NULL,
  opened_at timestamptz NOT NULL,
  outcome text CHECK (outcome IN ('cancelled', 'expired', 'failed')),
  outcome_reason text,
  ended_at timestamptz,
  PRIMARY KEY (merchant_id, session_id)
);

CREATE TABLE payment_transactions (
  merchant_id uuid NOT NULL,
  transaction_id uuid NOT NULL,
  session_id uuid NOT NULL,
  unit_id uuid NOT NULL,
  kiosk_id text NOT NULL,
  service_id uuid NOT NULL,
  service_name text NOT NULL,
  service_prefix text NOT NULL,
  -- Written before the provider is spoken to.
  provider text NOT NULL,
  txid text NOT NULL,
  amount_cents bigint NOT NULL CHECK (amount_cents > 0),
  currency char(3) NOT NULL,
  status text NOT NULL,
  -- The provider's own word.
  provider_status text,
  br_code text,
  customer_sealed bytea,
  created_at timestamptz NOT NULL,
  charge_created_at timestamptz,
  charge_expires_at timestamptz,
  cancel_requested_at timestamptz,
  paid_at timestamptz,
  settled_end_to_end_id text,
  late boolean NOT NULL DEFAULT false,
  -- Reserved in the same transaction as the payment.
  ticket_number integer,
  ticket_business_day date,
  next_check_at timestamptz,
  check_count integer NOT NULL DEFAULT 0,
  PRIMARY KEY (merchant_id, transaction_id),
  UNIQUE (merchant_id, session_id),
  UNIQUE (merchant_id, provider, txid),
  UNIQUE (merchant_id, unit_id, ticket_business_day, service_prefix, ticket_number),
  CHECK ((paid_at IS NULL) = (ticket_number IS NULL))
);
CREATE INDEX payment_transactions_due ON payment_transactions (next_check_at) WHERE next_check_at IS NOT NULL;

CREATE TABLE payment_transitions (
  merchant_id uuid NOT NULL,
  transaction_id uuid NOT NULL,
  position bigint GENERATED ALWAYS AS IDENTITY,
  from_status text,
  to_status text NOT NULL,
  cause text NOT NULL,
  at timestamptz NOT NULL,
  PRIMARY KEY (merchant_id, transaction_id, position),
  FOREIGN KEY (merchant_id, transaction_id) REFERENCES payment_transactions
);

-- Every Pix that the provider confirmed by its own answer, keyed by its endToEndId.
CREATE TABLE pix_receipts (
  merchant_id uuid NOT NULL,
  end_to_end_id text NOT NULL,
  transaction_id uuid NOT NULL,
  amount_cents bigint NOT NULL,
  paid_at timestamptz NOT NULL,
  disposition text NOT NULL CHECK (disposition IN ('settles', 'surplus', 'wrong_amount')),
  raw jsonb NOT NULL,
  recorded_at timestamptz NOT NULL,
  PRIMARY KEY (merchant_id, end_to_end_id),
  FOREIGN KEY (merchant_id, transaction_id) REFERENCES payment_transactions
);
-- One Pix settles a transaction; any other is surplus.
CREATE UNIQUE INDEX pix_receipts_one_settles ON pix_receipts (merchant_id, transaction_id) WHERE disposition = 'settles';

CREATE TABLE refunds (
  merchant_id uuid NOT NULL,
  -- Our id at the provider, [a-zA-Z0-9]{1,35}; made from the endToEndId, so that a Pix is refunded once.
  refund_id text NOT NULL,
  end_to_end_id text NOT NULL,
  transaction_id uuid NOT NULL,
  amount_cents bigint NOT NULL CHECK (amount_cents > 0),
  reason text NOT NULL CHECK (reason IN ('wrong_amount', 'surplus', 'unknown_charge')),
  status text NOT NULL CHECK (status IN ('requested', 'processing', 'settled', 'failed')),
  provider_status text,
  attempts integer NOT NULL DEFAULT 0,
  next_attempt_at timestamptz,
  last_error text,
  created_at timestamptz NOT NULL,
  settled_at timestamptz,
  PRIMARY KEY (merchant_id, refund_id),
  FOREIGN KEY (merchant_id, end_to_end_id) REFERENCES pix_receipts
);
CREATE INDEX refunds_due ON refunds (next_attempt_at) WHERE next_attempt_at IS NOT NULL;

-- Written durably before the provider is answered 200; understood afterwards.
CREATE TABLE webhook_inbox (
  inbox_id uuid PRIMARY KEY,
  provider text NOT NULL,
  received_at timestamptz NOT NULL,
  body bytea NOT NULL,
  headers jsonb NOT NULL,
  status text NOT NULL CHECK (status IN ('received', 'processed', 'dead')),
  attempts integer NOT NULL DEFAULT 0,
  next_attempt_at timestamptz,
  outcome text,
  last_error text,
  processed_at timestamptz
);
CREATE INDEX webhook_inbox_due ON webhook_inbox (next_attempt_at) WHERE status = 'received';

CREATE TABLE ledger_accounts (
  merchant_id uuid NOT NULL REFERENCES merchants,
  code text NOT NULL,
  kind text NOT NULL CHECK (kind IN ('asset', 'liability', 'income', 'expense')),
  PRIMARY KEY (merchant_id, code)
);

CREATE TABLE ledger_entries (
  merchant_id uuid NOT NULL REFERENCES merchants,
  entry_id uuid NOT NULL,
  kind text NOT NULL,
  transaction_id uuid,
  -- The fact that is posted: the same fact is posted once.
  idempotency_key text NOT NULL,
  occurred_at timestamptz NOT NULL,
  recorded_at timestamptz NOT NULL,
  PRIMARY KEY (merchant_id, entry_id),
  UNIQUE (merchant_id, idempotency_key)
);

CREATE TABLE ledger_postings (
  merchant_id uuid NOT NULL,
  entry_id uuid NOT NULL,
  line smallint NOT NULL,
  account_code text NOT NULL,
  -- Debit positive, credit negative.
  amount_cents bigint NOT NULL CHECK (amount_cents <> 0),
  currency char(3) NOT NULL,
  PRIMARY KEY (merchant_id, entry_id, line),
  FOREIGN KEY (merchant_id, entry_id) REFERENCES ledger_entries,
  FOREIGN KEY (merchant_id, account_code) REFERENCES ledger_accounts
);

CREATE FUNCTION ledger_entry_balances() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (
    SELECT 1 FROM ledger_postings
    WHERE merchant_id = NEW.merchant_id AND entry_id = NEW.entry_id
    GROUP BY currency HAVING sum(amount_cents) <> 0
  ) THEN
    RAISE EXCEPTION 'ledger entry % does not sum to zero', NEW.entry_id;
  END IF;
  RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER ledger_postings_balance AFTER INSERT ON ledger_postings
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION ledger_entry_balances();

CREATE FUNCTION ledger_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'the ledger is append-only: correct it with a new entry';
END $$;
CREATE TRIGGER ledger_entries_append_only BEFORE UPDATE OR DELETE ON ledger_entries
  FOR EACH ROW EXECUTE FUNCTION ledger_is_append_only();
CREATE TRIGGER ledger_postings_append_only BEFORE UPDATE OR DELETE ON ledger_postings
  FOR EACH ROW EXECUTE FUNCTION ledger_is_append_only();

CREATE TABLE ticket_counters (
  merchant_id uuid NOT NULL,
  unit_id uuid NOT NULL,
  business_day date NOT NULL,
  prefix text NOT NULL,
  last_number integer NOT NULL,
  PRIMARY KEY (merchant_id, unit_id, business_day, prefix)
);

CREATE TABLE tickets (
  merchant_id uuid NOT NULL,
  ticket_id uuid NOT NULL,
  unit_id uuid NOT NULL,
  kiosk_id text NOT NULL,
  session_id uuid NOT NULL,
  transaction_id uuid NOT NULL,
  number integer NOT NULL,
  prefix text NOT NULL,
  label text NOT NULL,
  business_day date NOT NULL,
  service_id uuid NOT NULL,
  service_name text NOT NULL,
  status text NOT NULL,
  delivery text,
  issued_at timestamptz NOT NULL,
  received_at timestamptz NOT NULL,
  queued_at timestamptz,
  counter text,
  called_at timestamptz,
  call_count integer NOT NULL DEFAULT 0,
  started_at timestamptz,
  ended_at timestamptz,
  revision bigint NOT NULL DEFAULT 1,
  PRIMARY KEY (merchant_id, ticket_id),
  UNIQUE (merchant_id, session_id),
  UNIQUE (merchant_id, unit_id, business_day, prefix, number),
  FOREIGN KEY (merchant_id, transaction_id) REFERENCES payment_transactions
);
CREATE INDEX tickets_waiting ON tickets (merchant_id, unit_id, issued_at) WHERE status = 'in_queue';
-- A counter holds one ticket at a time.
CREATE UNIQUE INDEX tickets_one_per_counter ON tickets (merchant_id, unit_id, counter)
  WHERE status IN ('called', 'in_progress');

CREATE TABLE ticket_print_reports (
  merchant_id uuid NOT NULL,
  job_id uuid NOT NULL,
  ticket_id uuid NOT NULL,
  copy_number integer NOT NULL,
  attempts integer NOT NULL,
  outcome text NOT NULL,
  detail text,
  finished_at timestamptz NOT NULL,
  PRIMARY KEY (merchant_id, job_id)
);

CREATE TABLE ticket_transitions (
  merchant_id uuid NOT NULL,
  ticket_id uuid NOT NULL,
  position bigint GENERATED ALWAYS AS IDENTITY,
  from_status text,
  to_status text NOT NULL,
  cause text NOT NULL,
  counter text,
  at timestamptz NOT NULL,
  PRIMARY KEY (merchant_id, ticket_id, position)
);

CREATE TABLE queue_commands (
  merchant_id uuid NOT NULL,
  command_id uuid NOT NULL,
  result jsonb NOT NULL,
  at timestamptz NOT NULL,
  PRIMARY KEY (merchant_id, command_id)
);

CREATE TABLE sync_events (
  merchant_id uuid NOT NULL,
  kiosk_id text NOT NULL,
  event_id uuid NOT NULL,
  kind text NOT NULL,
  at timestamptz NOT NULL,
  outcome text NOT NULL CHECK (outcome IN ('applied', 'rejected')),
  reason text,
  received_at timestamptz NOT NULL,
  PRIMARY KEY (merchant_id, kiosk_id, event_id)
);

CREATE TABLE feed (
  merchant_id uuid NOT NULL,
  unit_id uuid NOT NULL,
  seq bigint NOT NULL,
  at timestamptz NOT NULL,
  kind text NOT NULL,
  payload jsonb NOT NULL,
  PRIMARY KEY (merchant_id, unit_id, seq),
  FOREIGN KEY (merchant_id, unit_id) REFERENCES units
);
