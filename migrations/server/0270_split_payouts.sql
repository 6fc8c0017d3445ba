-- What was paid out to those who own a part of sales: by the merchant from its bank account, or by a provider from what it holds.
CREATE TABLE split_payouts (
  merchant_id uuid NOT NULL,
  payout_id uuid NOT NULL,
  recipient text NOT NULL,
  amount_cents bigint NOT NULL CHECK (amount_cents > 0),
  currency char(3) NOT NULL,
  -- The ledger's account that the money left: `settlement` or `receivable:<provider>`.
  paid_from text NOT NULL CHECK (paid_from = 'settlement' OR paid_from LIKE 'receivable:%'),
  paid_at timestamptz NOT NULL,
  recorded_at timestamptz NOT NULL,
  recorded_by text NOT NULL,
  note text,
  -- It was written down by mistake, or came back.
  reversed_at timestamptz,
  reversed_by text,
  PRIMARY KEY (merchant_id, payout_id),
  FOREIGN KEY (merchant_id, recipient) REFERENCES split_recipients,
  CHECK ((reversed_at IS NULL) = (reversed_by IS NULL))
);
CREATE INDEX split_payouts_of_recipient ON split_payouts (merchant_id, recipient, paid_at);
