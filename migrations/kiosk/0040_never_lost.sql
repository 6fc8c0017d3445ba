-- Tickets without a payment by the totem, leases, local calls, and what becomes of events that cannot be sent.

-- A status and an amount more: SQLite changes a CHECK only by making the table anew.
CREATE TABLE payment_sessions_new (
  session_id TEXT PRIMARY KEY,
  txid TEXT NOT NULL UNIQUE,
  status TEXT NOT NULL
    CHECK (status IN ('open', 'awaiting_payment', 'paid', 'ticketed', 'failed', 'cancelled', 'expired')),
  payment TEXT NOT NULL DEFAULT 'pix' CHECK (payment IN ('pix', 'free', 'at_counter')),
  service_json TEXT NOT NULL,
  catalog_version INTEGER NOT NULL,
  amount_cents INTEGER NOT NULL CHECK (amount_cents > 0 OR payment = 'free'),
  currency TEXT NOT NULL CHECK (currency = 'BRL'),
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
  dismissed_at INTEGER,
  CHECK (status <> 'paid' OR paid_at IS NOT NULL),
  CHECK (status <> 'awaiting_payment' OR (br_code IS NOT NULL AND expires_at IS NOT NULL))
) STRICT;
INSERT INTO payment_sessions_new (session_id, txid, status, service_json, catalog_version, amount_cents, currency,
  customer_sealed, transaction_id, br_code, opened_at, expires_at, ended_at, paid_at, late, problem, failure_reason,
  dismissed_at)
SELECT session_id, txid, status, service_json, catalog_version, amount_cents, currency, customer_sealed,
  transaction_id, br_code, opened_at, expires_at, ended_at, paid_at, late, problem, failure_reason, dismissed_at
FROM payment_sessions;
DROP TABLE payment_sessions;
ALTER TABLE payment_sessions_new RENAME TO payment_sessions;
CREATE INDEX payment_sessions_on_screen ON payment_sessions (opened_at) WHERE dismissed_at IS NULL;
CREATE INDEX payment_sessions_by_opening ON payment_sessions (opened_at);

ALTER TABLE tickets ADD COLUMN payment TEXT NOT NULL DEFAULT 'pix' CHECK (payment IN ('pix', 'free', 'at_counter'));
ALTER TABLE tickets ADD COLUMN amount_due_cents INTEGER NOT NULL DEFAULT 0;
ALTER TABLE tickets ADD COLUMN rescued INTEGER NOT NULL DEFAULT 0 CHECK (rescued IN (0, 1));

-- Every confirmation of the unit that has no ticket yet: our own that have to be claimed, and those of the others,
-- which an operator may rescue.
CREATE TABLE confirmations (
  session_id TEXT PRIMARY KEY,
  kiosk_id TEXT NOT NULL,
  own INTEGER NOT NULL CHECK (own IN (0, 1)),
  -- The payload of payment.confirmed.
  payload_json TEXT NOT NULL,
  label TEXT NOT NULL,
  paid_at INTEGER NOT NULL,
  -- The server's clock.
  act_before INTEGER,
  -- 1: our own, and what was known of it was lost: its first paper may have come out before.
  paper_doubtful INTEGER NOT NULL DEFAULT 0 CHECK (paper_doubtful IN (0, 1)),
  claim_attempts INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX confirmations_by_end ON confirmations (coalesce(act_before, paid_at));
CREATE INDEX confirmations_to_claim ON confirmations (claim_attempts, paid_at) WHERE own = 1;

-- One more ending of a print job, and until when (the server's clock) a first paper may start by itself; from then on
-- only once the server has heard of the ticket. Null: at any time.
CREATE TABLE print_jobs_new (
  job_id TEXT PRIMARY KEY,
  ticket_id TEXT REFERENCES tickets (ticket_id),
  kind TEXT NOT NULL CHECK (kind IN ('ticket', 'reprint', 'test')),
  copy_number INTEGER NOT NULL CHECK (copy_number >= 1),
  label TEXT NOT NULL,
  document_json TEXT NOT NULL,
  status TEXT NOT NULL CHECK (status IN ('queued', 'sending', 'printed', 'failed', 'uncertain', 'superseded')),
  attempts INTEGER NOT NULL DEFAULT 0,
  next_attempt_at INTEGER NOT NULL,
  start_before INTEGER,
  created_at INTEGER NOT NULL,
  finished_at INTEGER,
  last_error TEXT,
  mock_path TEXT,
  CHECK (kind = 'test' OR ticket_id IS NOT NULL)
) STRICT;
INSERT INTO print_jobs_new (rowid, job_id, ticket_id, kind, copy_number, label, document_json, status, attempts,
  next_attempt_at, start_before, created_at, finished_at, last_error, mock_path)
SELECT rowid, job_id, ticket_id, kind, copy_number, label, document_json, status, attempts, next_attempt_at,
  CASE WHEN kind = 'ticket' AND status = 'queued' THEN 0 END, created_at, finished_at, last_error, mock_path
FROM print_jobs;
DROP TABLE print_jobs;
ALTER TABLE print_jobs_new RENAME TO print_jobs;
CREATE UNIQUE INDEX print_jobs_first_paper ON print_jobs (ticket_id) WHERE kind = 'ticket';
CREATE UNIQUE INDEX print_jobs_copy ON print_jobs (ticket_id, copy_number) WHERE ticket_id IS NOT NULL;
CREATE INDEX print_jobs_due ON print_jobs (next_attempt_at) WHERE status = 'queued';
CREATE INDEX print_jobs_sending ON print_jobs (job_id) WHERE status = 'sending';
CREATE INDEX print_jobs_by_creation ON print_jobs (created_at);
CREATE INDEX print_jobs_doubtful ON print_jobs (created_at) WHERE status IN ('failed', 'uncertain');

-- Ranges of ticket numbers that only this kiosk gives out. Without a range: asked for, not answered yet.
CREATE TABLE number_leases (
  lease_id TEXT PRIMARY KEY,
  prefix TEXT NOT NULL,
  business_day TEXT NOT NULL,
  first_number INTEGER,
  last_number INTEGER,
  next_number INTEGER,
  requested_at INTEGER NOT NULL,
  CHECK (next_number IS NULL OR (next_number >= first_number AND next_number <= last_number + 1))
) STRICT;
CREATE INDEX number_leases_by_day ON number_leases (business_day, prefix);

-- A local call that lost against another counter: shown to the operator who made it.
CREATE TABLE queue_conflicts (
  event_id TEXT PRIMARY KEY,
  ticket_id TEXT NOT NULL,
  label TEXT NOT NULL,
  your_counter TEXT NOT NULL,
  winner TEXT,
  at INTEGER NOT NULL
) STRICT;
CREATE INDEX queue_conflicts_by_time ON queue_conflicts (at);

-- What the server said of a ticket while it had not answered for the calls that this kiosk made of it by itself.
CREATE TABLE held_tickets (
  ticket_id TEXT PRIMARY KEY,
  revision INTEGER NOT NULL,
  ticket_json TEXT NOT NULL
) STRICT;

-- How often the server failed over the event alone; one that always fells it is set aside.
ALTER TABLE outbox ADD COLUMN failures INTEGER NOT NULL DEFAULT 0;
CREATE INDEX outbox_set_aside ON outbox (position) WHERE outcome = 'set_aside';
-- The calls that this kiosk made by itself: by command, so that none is made twice, and by ticket while unanswered.
CREATE INDEX outbox_local_calls ON outbox (json_extract(payload_json, '$.command.commandId'))
  WHERE kind = 'queue.executed_locally';
CREATE INDEX outbox_unanswered_calls ON outbox (json_extract(payload_json, '$.ticketId'))
  WHERE kind = 'queue.executed_locally' AND outcome IS NULL;

-- A damaged database that this one took the place of.
ALTER TABLE sync_state ADD COLUMN recovered_at INTEGER;
ALTER TABLE sync_state ADD COLUMN recovered_file TEXT;
ALTER TABLE sync_state ADD COLUMN recovered_events INTEGER;
-- 1 until the feed has been read to its head after that: what it confirms again may be on paper already.
ALTER TABLE sync_state ADD COLUMN rebuilding INTEGER NOT NULL DEFAULT 0 CHECK (rebuilding IN (0, 1));
