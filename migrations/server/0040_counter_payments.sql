-- Money that operators take for tickets that are paid at the counter.

CREATE TABLE counter_payments (
  merchant_id uuid NOT NULL,
  -- The operator's press: pressed once, received once.
  command_id uuid NOT NULL,
  unit_id uuid NOT NULL,
  ticket_id uuid NOT NULL,
  amount_cents bigint NOT NULL CHECK (amount_cents > 0),
  currency char(3) NOT NULL,
  counter text NOT NULL,
  -- The totem whose queue screen was used; null: an operator's own access to the server.
  kiosk_id text,
  received_at timestamptz NOT NULL,
  -- It was marked by mistake; the row stays.
  undone_at timestamptz,
  undone_counter text,
  undone_kiosk_id text,
  PRIMARY KEY (merchant_id, command_id),
  FOREIGN KEY (merchant_id, ticket_id) REFERENCES tickets,
  FOREIGN KEY (merchant_id, unit_id) REFERENCES units,
  CHECK ((undone_at IS NULL) = (undone_counter IS NULL))
);
-- No ticket is paid for twice.
CREATE UNIQUE INDEX counter_payments_one_counts ON counter_payments (merchant_id, ticket_id) WHERE undone_at IS NULL;
CREATE INDEX counter_payments_by_time ON counter_payments (merchant_id, received_at);

-- `received_at` is when the server first heard of the ticket.
ALTER TABLE tickets ADD COLUMN received_cents bigint NOT NULL DEFAULT 0;
ALTER TABLE tickets ADD COLUMN money_received_at timestamptz;
ALTER TABLE tickets ADD CHECK ((received_cents = 0) = (money_received_at IS NULL));
ALTER TABLE tickets ADD CHECK (received_cents = 0 OR (payment = 'at_counter' AND received_cents = amount_due_cents));
