-- Agreements by which a customer is charged again and again, what each period asks for, and the money that it brings.

CREATE TABLE recurrences (
  merchant_id uuid NOT NULL REFERENCES merchants,
  provider text NOT NULL,
  -- `request`: what one period asks for, where the provider tells it apart from the charge (an invoice of Pagar.me's).
  kind text NOT NULL CHECK (kind IN ('agreement', 'request', 'charge')),
  -- The provider's id.
  recurrence_id text NOT NULL,
  -- The provider's id of the agreement that it is of; null for agreements, and where it is not told.
  agreement_id text,
  -- Ours: the contract of an agreement.
  reference text,
  -- Null: named by a webhook, and never read, or in a word that nobody here knows.
  status text CHECK (status IN ('created', 'active', 'failed', 'rejected', 'expired', 'canceled', 'paid')),
  provider_status text,
  amount_cents bigint CHECK (amount_cents >= 0),
  currency char(3),
  -- YYYY-MM-DD.
  due_on text,
  first_seen_at timestamptz NOT NULL,
  -- When a webhook last named it; null where none has.
  last_event_at timestamptz,
  -- When the read was begun that the rest is from: an answer to an earlier one comes too late.
  read_at timestamptz,
  PRIMARY KEY (merchant_id, provider, kind, recurrence_id),
  -- Of two merchants of one account it belongs to one.
  UNIQUE (provider, kind, recurrence_id)
);
CREATE INDEX recurrences_newest ON recurrences (merchant_id, first_seen_at DESC);

CREATE TABLE recurrence_steps (
  merchant_id uuid NOT NULL,
  provider text NOT NULL,
  kind text NOT NULL,
  recurrence_id text NOT NULL,
  position bigint GENERATED ALWAYS AS IDENTITY,
  from_status text,
  to_status text,
  provider_status text NOT NULL,
  cause text NOT NULL CHECK (cause IN ('webhook', 'sweep', 'ordered')),
  at timestamptz NOT NULL,
  PRIMARY KEY (merchant_id, provider, kind, recurrence_id, position),
  FOREIGN KEY (merchant_id, provider, kind, recurrence_id) REFERENCES recurrences
);

-- Money of recurring charges. It buys no ticket, and stands in no receipts of sales.
CREATE TABLE recurring_receipts (
  merchant_id uuid NOT NULL,
  receipt_id text NOT NULL,
  provider text NOT NULL,
  kind text NOT NULL,
  recurrence_id text NOT NULL,
  end_to_end_id text,
  txid text,
  amount_cents bigint NOT NULL CHECK (amount_cents > 0),
  currency char(3) NOT NULL,
  paid_at timestamptz NOT NULL,
  recorded_at timestamptz NOT NULL,
  -- `elsewhere`: it had its place before its charge told of it (a sale's, or a person took it out of suspense).
  place text NOT NULL CHECK (place IN ('income', 'elsewhere')),
  PRIMARY KEY (merchant_id, receipt_id),
  UNIQUE (provider, receipt_id),
  FOREIGN KEY (merchant_id, provider, kind, recurrence_id) REFERENCES recurrences
);
