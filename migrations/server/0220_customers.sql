-- A merchant's customers. What is personal is sealed with a key of the person's own: destroying the key erases the
-- person and leaves payments, ledger and tickets as they are.

CREATE TABLE customers (
  merchant_id uuid NOT NULL REFERENCES merchants,
  customer_id uuid NOT NULL,
  -- AES-256-GCM under the person's key; null: not known, or erased.
  name_sealed bytea,
  email_sealed bytea,
  document_sealed bytea,
  phone_sealed bytea,
  created_at timestamptz NOT NULL,
  -- When they last told something or opened a charge; retention counts from here.
  last_seen_at timestamptz NOT NULL,
  -- The same person, found out later, whose row counts now. Always that row itself, never one merged in its turn.
  merged_into uuid,
  erased_at timestamptz,
  PRIMARY KEY (merchant_id, customer_id),
  FOREIGN KEY (merchant_id, merged_into) REFERENCES customers,
  CHECK (merged_into <> customer_id),
  CHECK (erased_at IS NULL
    OR (name_sealed IS NULL AND email_sealed IS NULL AND document_sealed IS NULL AND phone_sealed IS NULL))
);
CREATE INDEX customers_merged ON customers (merchant_id, merged_into) WHERE merged_into IS NOT NULL;
CREATE INDEX customers_newest ON customers (merchant_id, last_seen_at DESC, customer_id) WHERE merged_into IS NULL;
CREATE INDEX customers_by_age ON customers (last_seen_at) WHERE erased_at IS NULL;

-- The person's data key, sealed with the server's master key. Deleted for good by an erasure.
CREATE TABLE person_keys (
  merchant_id uuid NOT NULL,
  customer_id uuid NOT NULL,
  key_sealed bytea NOT NULL,
  created_at timestamptz NOT NULL,
  PRIMARY KEY (merchant_id, customer_id),
  FOREIGN KEY (merchant_id, customer_id) REFERENCES customers
);

-- What a customer is found by: each e-mail and document belongs to one customer of a merchant.
CREATE TABLE customer_identifiers (
  merchant_id uuid NOT NULL,
  kind text NOT NULL CHECK (kind IN ('email', 'document')),
  -- HMAC-SHA-256 of the normalised value, under a key made from the master key.
  hash bytea NOT NULL,
  customer_id uuid NOT NULL,
  -- Under the person's key: a customer may have had several e-mails.
  value_sealed bytea NOT NULL,
  learned_at timestamptz NOT NULL,
  PRIMARY KEY (merchant_id, kind, hash),
  FOREIGN KEY (merchant_id, customer_id) REFERENCES customers
);
CREATE INDEX customer_identifiers_of ON customer_identifiers (merchant_id, customer_id, kind);
-- A document is a person: two documents are two customers.
CREATE UNIQUE INDEX customer_identifiers_one_document ON customer_identifiers (merchant_id, customer_id)
  WHERE kind = 'document';

-- Who erased whom, when and why; the reason is one of a list or a person's words, never the customer's data.
CREATE TABLE customer_erasures (
  merchant_id uuid NOT NULL,
  customer_id uuid NOT NULL,
  requested_at timestamptz NOT NULL,
  requested_by text NOT NULL,
  reason text NOT NULL,
  -- Null: what carries the person is still being masked, and the key is there to know it by; a restart goes on.
  finished_at timestamptz,
  PRIMARY KEY (merchant_id, customer_id),
  FOREIGN KEY (merchant_id, customer_id) REFERENCES customers
);
CREATE INDEX customer_erasures_unfinished ON customer_erasures (requested_at) WHERE finished_at IS NULL;

ALTER TABLE payment_transactions ADD COLUMN customer_id uuid;
ALTER TABLE payment_transactions ADD FOREIGN KEY (merchant_id, customer_id) REFERENCES customers;
CREATE INDEX payment_transactions_of_customer ON payment_transactions (merchant_id, customer_id)
  WHERE customer_id IS NOT NULL;
-- What the program still has to move to a person.
CREATE INDEX payment_transactions_to_person ON payment_transactions (merchant_id, transaction_id)
  WHERE customer_sealed IS NOT NULL;
