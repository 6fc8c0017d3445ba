/** The provider's own database. A simulator's, so without migrations: delete the folder of an older version. Times in epoch ms. */
export const SCHEMA = `
CREATE TABLE IF NOT EXISTS charges (
  txid TEXT PRIMARY KEY,
  location_id TEXT NOT NULL UNIQUE,
  created_at INTEGER NOT NULL,
  status TEXT NOT NULL CHECK (status IN ('ATIVA','CONCLUIDA','REMOVIDA_PELO_USUARIO_RECEBEDOR')),
  revision INTEGER NOT NULL,
  br_code TEXT NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS charges_by_time ON charges (created_at);

-- What each revision asked for, as JSON.
CREATE TABLE IF NOT EXISTS charge_revisions (
  txid TEXT NOT NULL REFERENCES charges (txid),
  revision INTEGER NOT NULL,
  terms TEXT NOT NULL,
  PRIMARY KEY (txid, revision)
) STRICT;

-- Pix under way (settled_at null until due_at has come) and received.
CREATE TABLE IF NOT EXISTS pix (
  end_to_end_id TEXT PRIMARY KEY,
  txid TEXT,
  key TEXT NOT NULL,
  amount_cents INTEGER NOT NULL CHECK (amount_cents > 0),
  due_at INTEGER NOT NULL,
  settled_at INTEGER
) STRICT;
CREATE INDEX IF NOT EXISTS pix_by_txid ON pix (txid);
CREATE INDEX IF NOT EXISTS pix_by_time ON pix (settled_at);

CREATE TABLE IF NOT EXISTS refunds (
  end_to_end_id TEXT NOT NULL REFERENCES pix (end_to_end_id),
  id TEXT NOT NULL,
  rtr_id TEXT NOT NULL UNIQUE,
  amount_cents INTEGER NOT NULL CHECK (amount_cents > 0),
  nature TEXT NOT NULL,
  description TEXT,
  requested_at INTEGER NOT NULL,
  settled_at INTEGER,
  refused_at INTEGER,
  PRIMARY KEY (end_to_end_id, id)
) STRICT;

CREATE TABLE IF NOT EXISTS webhooks (
  key TEXT PRIMARY KEY,
  url TEXT NOT NULL,
  created_at INTEGER NOT NULL
) STRICT;

-- One row a notification owed; refund_id is null for the receipt itself.
CREATE TABLE IF NOT EXISTS callbacks (
  id INTEGER PRIMARY KEY,
  key TEXT NOT NULL,
  end_to_end_id TEXT NOT NULL,
  refund_id TEXT,
  due_at INTEGER NOT NULL,
  attempts INTEGER NOT NULL DEFAULT 0,
  state TEXT NOT NULL DEFAULT 'due' CHECK (state IN ('due','delivered','given_up')),
  last_error TEXT
) STRICT;
CREATE INDEX IF NOT EXISTS callbacks_due ON callbacks (due_at) WHERE state = 'due';

CREATE TABLE IF NOT EXISTS faults (one INTEGER PRIMARY KEY CHECK (one = 1), json TEXT NOT NULL) STRICT;
`;
