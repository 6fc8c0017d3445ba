-- A PIX that the customer authorises on a page of the bank's: a session of `method` pix may have the page's address in
-- `checkout_url` in the place of a BR Code.

-- SQLite changes a CHECK only by making the table anew.
CREATE TABLE payment_sessions_new (
  session_id TEXT PRIMARY KEY,
  txid TEXT NOT NULL UNIQUE,
  status TEXT NOT NULL
    CHECK (status IN ('open', 'awaiting_payment', 'paid', 'ticketed', 'failed', 'cancelled', 'expired')),
  payment TEXT NOT NULL DEFAULT 'pix' CHECK (payment IN ('pix', 'free', 'at_counter')),
  -- With what it is paid before there is a ticket, where `payment` is `pix`.
  method TEXT NOT NULL DEFAULT 'pix' CHECK (method IN ('pix', 'card')),
  service_json TEXT NOT NULL,
  catalog_version INTEGER NOT NULL,
  -- Of the currency's smallest unit.
  amount_cents INTEGER NOT NULL CHECK (amount_cents > 0 OR payment = 'free'),
  currency TEXT NOT NULL CHECK (length(currency) = 3 AND (currency = 'BRL' OR method = 'card')),
  offer_id TEXT,
  customer_sealed BLOB,
  transaction_id TEXT,
  br_code TEXT,
  checkout_url TEXT,
  opened_at INTEGER NOT NULL,
  expires_at INTEGER,
  ended_at INTEGER,
  paid_at INTEGER,
  late INTEGER NOT NULL DEFAULT 0 CHECK (late IN (0, 1)),
  problem TEXT,
  failure_reason TEXT,
  dismissed_at INTEGER,
  CHECK (status <> 'paid' OR paid_at IS NOT NULL),
  CHECK (status <> 'awaiting_payment' OR
    (expires_at IS NOT NULL
      AND CASE method WHEN 'card' THEN checkout_url ELSE coalesce(br_code, checkout_url) END IS NOT NULL))
) STRICT;
INSERT INTO payment_sessions_new (session_id, txid, status, payment, method, service_json, catalog_version,
  amount_cents, currency, offer_id, customer_sealed, transaction_id, br_code, checkout_url, opened_at, expires_at,
  ended_at, paid_at, late, problem, failure_reason, dismissed_at)
SELECT session_id, txid, status, payment, method, service_json, catalog_version, amount_cents, currency, offer_id,
  customer_sealed, transaction_id, br_code, checkout_url, opened_at, expires_at, ended_at, paid_at, late, problem,
  failure_reason, dismissed_at
FROM payment_sessions;
DROP TABLE payment_sessions;
ALTER TABLE payment_sessions_new RENAME TO payment_sessions;
CREATE INDEX payment_sessions_on_screen ON payment_sessions (opened_at) WHERE dismissed_at IS NULL;
CREATE INDEX payment_sessions_by_opening ON payment_sessions (opened_at);
