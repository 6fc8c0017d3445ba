-- The kiosk's own store. Times are UTC epoch milliseconds, money is integer cents.

CREATE TABLE sync_state (
  only_row INTEGER PRIMARY KEY CHECK (only_row = 1),
  feed_cursor INTEGER NOT NULL DEFAULT 0,
  catalog_version INTEGER,
  catalog_json TEXT,
  clock_skew_ms INTEGER,
  last_contact_at INTEGER
) STRICT;
INSERT INTO sync_state (only_row) VALUES (1);

CREATE TABLE payment_sessions (
  session_id TEXT PRIMARY KEY,
  txid TEXT NOT NULL UNIQUE,
  status TEXT NOT NULL CHECK (status IN ('open', 'awaiting_payment', 'paid', 'failed', 'cancelled', 'expired')),
  service_json TEXT NOT NULL,
  catalog_version INTEGER NOT NULL,
  amount_cents INTEGER NOT NULL CHECK (amount_cents > 0),
  currency TEXT NOT NULL CHECK (currency = 'BRL'),
  -- Name and CPF, sealed (AES-256-GCM); erased when the session is over.
  customer_sealed BLOB,
  transaction_id TEXT,
  br_code TEXT,
  opened_at INTEGER NOT NULL,
  expires_at INTEGER,
  ended_at INTEGER,
  paid_at INTEGER,
  late INTEGER NOT NULL DEFAULT 0 CHECK (late IN (0, 1)),
  problem TEXT,
  failure_reason TEXT,
  -- When the customer left the session's last screen; null while it is still on the screen.
  dismissed_at INTEGER,
  CHECK (status <> 'paid' OR paid_at IS NOT NULL),
  CHECK (status <> 'awaiting_payment' OR (br_code IS NOT NULL AND expires_at IS NOT NULL))
) STRICT;
CREATE INDEX payment_sessions_on_screen ON payment_sessions (opened_at) WHERE dismissed_at IS NULL;

CREATE TABLE session_transitions (
  position INTEGER PRIMARY KEY AUTOINCREMENT,
  session_id TEXT NOT NULL REFERENCES payment_sessions (session_id),
  from_status TEXT,
  to_status TEXT NOT NULL,
  cause TEXT NOT NULL,
  at INTEGER NOT NULL
) STRICT;

CREATE TABLE session_refunds (
  refund_id TEXT PRIMARY KEY,
  session_id TEXT NOT NULL REFERENCES payment_sessions (session_id),
  reason TEXT NOT NULL,
  status TEXT NOT NULL,
  expected_cents INTEGER NOT NULL,
  received_cents INTEGER NOT NULL,
  refund_cents INTEGER NOT NULL,
  updated_at INTEGER NOT NULL
) STRICT;

-- Every ticket of the unit that this kiosk knows of: its own, and by the feed those of its neighbours.
CREATE TABLE tickets (
  ticket_id TEXT PRIMARY KEY,
  session_id TEXT NOT NULL UNIQUE,
  kiosk_id TEXT NOT NULL,
  own INTEGER NOT NULL CHECK (own IN (0, 1)),
  number INTEGER NOT NULL CHECK (number > 0),
  prefix TEXT NOT NULL,
  label TEXT NOT NULL,
  business_day TEXT NOT NULL,
  service_id TEXT NOT NULL,
  service_name TEXT NOT NULL,
  status TEXT NOT NULL,
  delivery TEXT,
  issued_at INTEGER NOT NULL,
  queued_at INTEGER,
  counter TEXT,
  called_at INTEGER,
  call_count INTEGER NOT NULL DEFAULT 0,
  started_at INTEGER,
  ended_at INTEGER,
  revision INTEGER NOT NULL DEFAULT 0,
  UNIQUE (prefix, business_day, number)
) STRICT;
CREATE INDEX tickets_by_status ON tickets (business_day, status, issued_at);

CREATE TABLE print_jobs (
  job_id TEXT PRIMARY KEY,
  -- Null for a test print.
  ticket_id TEXT REFERENCES tickets (ticket_id),
  kind TEXT NOT NULL CHECK (kind IN ('ticket', 'reprint', 'test')),
  copy_number INTEGER NOT NULL CHECK (copy_number >= 1),
  label TEXT NOT NULL,
  -- The ReceiptDocument, whole, so that a reprint after a change of layout is still this ticket.
  document_json TEXT NOT NULL,
  status TEXT NOT NULL CHECK (status IN ('queued', 'sending', 'printed', 'failed', 'uncertain')),
  attempts INTEGER NOT NULL DEFAULT 0,
  next_attempt_at INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  finished_at INTEGER,
  last_error TEXT,
  -- Where the mock printer wrote the picture.
  mock_path TEXT,
  CHECK (kind = 'test' OR ticket_id IS NOT NULL)
) STRICT;
-- One first paper per ticket, whatever happens.
CREATE UNIQUE INDEX print_jobs_first_paper ON print_jobs (ticket_id) WHERE kind = 'ticket';
CREATE UNIQUE INDEX print_jobs_copy ON print_jobs (ticket_id, copy_number) WHERE ticket_id IS NOT NULL;
CREATE INDEX print_jobs_due ON print_jobs (next_attempt_at) WHERE status = 'queued';

CREATE TABLE print_attempts (
  job_id TEXT NOT NULL REFERENCES print_jobs (job_id),
  attempt INTEGER NOT NULL,
  started_at INTEGER NOT NULL,
  finished_at INTEGER,
  outcome TEXT,
  detail TEXT,
  PRIMARY KEY (job_id, attempt)
) STRICT;

CREATE TABLE outbox (
  position INTEGER PRIMARY KEY AUTOINCREMENT,
  event_id TEXT NOT NULL UNIQUE,
  kind TEXT NOT NULL,
  at INTEGER NOT NULL,
  v INTEGER NOT NULL,
  payload_json TEXT NOT NULL,
  -- applied | duplicate | rejected; null while the server has not answered for it.
  outcome TEXT,
  reason TEXT,
  answered_at INTEGER
) STRICT;
CREATE INDEX outbox_pending ON outbox (position) WHERE outcome IS NULL;
CREATE INDEX outbox_rejected ON outbox (position) WHERE outcome = 'rejected';
