-- What follows a payment: four stages, each with its own state, and every message that went to a customer.

CREATE TABLE fulfilments (
  merchant_id uuid NOT NULL,
  transaction_id uuid NOT NULL,
  -- All stages in one word, as domain/fulfilment.ts makes it of them.
  status text NOT NULL,
  -- {"<stage>": {"state": …, "failures": …, "dueAt": …, "startedAt": …, "endedAt": …, "detail": …}}, times in epoch ms.
  stages jsonb NOT NULL,
  created_at timestamptz NOT NULL,
  changed_at timestamptz NOT NULL,
  -- When something is to be done without an event; its job was made in the transaction that wrote this.
  next_work_at timestamptz,
  -- What of the ticket is waited for; null: nothing.
  awaits text CHECK (awaits IN ('ticket', 'paper')),
  PRIMARY KEY (merchant_id, transaction_id),
  FOREIGN KEY (merchant_id, transaction_id) REFERENCES payment_transactions
);
CREATE INDEX fulfilments_due ON fulfilments (next_work_at) WHERE next_work_at IS NOT NULL;
CREATE INDEX fulfilments_awaiting ON fulfilments (merchant_id, transaction_id) WHERE awaits IS NOT NULL;
CREATE INDEX fulfilments_open ON fulfilments (merchant_id, status, changed_at) WHERE status <> 'completed';
CREATE INDEX fulfilments_newest ON fulfilments (merchant_id, changed_at DESC);

-- One row a try, written before anything is sent.
CREATE TABLE notification_sends (
  merchant_id uuid NOT NULL,
  transaction_id uuid NOT NULL,
  kind text NOT NULL CHECK (kind IN ('payment_received', 'receipt')),
  channel text NOT NULL CHECK (channel IN ('email', 'whatsapp', 'sms')),
  attempt integer NOT NULL,
  address_masked text NOT NULL,
  -- The same for each try of one message: whoever receives it twice can tell.
  message_id text NOT NULL,
  started_at timestamptz NOT NULL,
  ended_at timestamptz,
  -- Null: under way, or the process ended in the midst of it.
  outcome text CHECK (outcome IN ('sent', 'failed')),
  detail text,
  PRIMARY KEY (merchant_id, transaction_id, kind, channel, attempt),
  FOREIGN KEY (merchant_id, transaction_id) REFERENCES fulfilments
);
