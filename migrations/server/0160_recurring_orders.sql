-- Agreements and charges that a manager ordered here, written down before the provider is spoken to.
CREATE TABLE recurring_orders (
  merchant_id uuid NOT NULL REFERENCES merchants,
  provider text NOT NULL,
  kind text NOT NULL CHECK (kind IN ('agreement', 'charge')),
  -- Ours: the contract of an agreement, the txid of a charge.
  reference text NOT NULL,
  ordered_at timestamptz NOT NULL,
  -- While somebody asks the provider, or nobody knows what became of it; null: it was answered.
  asked_at timestamptz,
  PRIMARY KEY (merchant_id, provider, kind, reference),
  -- It is the provider's key, whoever orders.
  UNIQUE (provider, kind, reference)
);
