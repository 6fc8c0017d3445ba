-- Enrolled totems, leases on confirmations and numbers, tickets without a payment by the totem.

ALTER TABLE kiosks ADD COLUMN public_key jsonb;
-- The RFC 7638 thumbprint of the key.
ALTER TABLE kiosks ADD COLUMN key_id text UNIQUE;
ALTER TABLE kiosks ADD COLUMN enrolled_at timestamptz;
ALTER TABLE kiosks ADD COLUMN revoked_at timestamptz;

CREATE TABLE enrolment_codes (
  merchant_id uuid NOT NULL,
  -- Hex SHA-256 of the code.
  code_sha256 text NOT NULL,
  unit_id uuid NOT NULL,
  kiosk_id text NOT NULL,
  created_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL,
  used_at timestamptz,
  PRIMARY KEY (merchant_id, code_sha256),
  UNIQUE (code_sha256),
  FOREIGN KEY (merchant_id, unit_id) REFERENCES units
);

-- Until when the kiosk of the session may act on the confirmation by itself; raised when it claims in time.
ALTER TABLE payment_transactions ADD COLUMN act_before timestamptz;
-- What was paid before there were leases: its kiosk has to claim it.
UPDATE payment_transactions SET act_before = paid_at WHERE paid_at IS NOT NULL;
ALTER TABLE payment_transactions ADD CHECK ((paid_at IS NULL) = (act_before IS NULL));

ALTER TABLE services DROP CONSTRAINT services_amount_cents_check;
ALTER TABLE services ADD CHECK (amount_cents >= 0);
ALTER TABLE services ADD COLUMN pay_at_counter boolean NOT NULL DEFAULT false;
ALTER TABLE services ADD CHECK (prefix ~ '^[A-Z]{1,3}$');

ALTER TABLE payment_sessions ADD COLUMN payment text NOT NULL DEFAULT 'pix'
  CHECK (payment IN ('pix', 'free', 'at_counter'));

ALTER TABLE tickets ALTER COLUMN transaction_id DROP NOT NULL;
ALTER TABLE tickets ADD COLUMN payment text NOT NULL DEFAULT 'pix' CHECK (payment IN ('pix', 'free', 'at_counter'));
ALTER TABLE tickets ADD COLUMN amount_due_cents bigint NOT NULL DEFAULT 0 CHECK (amount_due_cents >= 0);
ALTER TABLE tickets ADD COLUMN rescued boolean NOT NULL DEFAULT false;
-- No ticket that a totem calls paid without the payment that it is of.
ALTER TABLE tickets ADD CHECK ((payment = 'pix') = (transaction_id IS NOT NULL));

-- Numbers from FIRST_LOCAL_NUMBER up are leased to kiosks; payments take those below, and then go on above as well.
ALTER TABLE ticket_counters ADD COLUMN next_local_number integer NOT NULL DEFAULT 501;
-- A day that had come further already is leased from behind its last number.
UPDATE ticket_counters SET next_local_number = last_number + 1 WHERE last_number >= 501;

CREATE TABLE number_leases (
  merchant_id uuid NOT NULL,
  lease_id uuid NOT NULL,
  unit_id uuid NOT NULL,
  kiosk_id text NOT NULL,
  business_day date NOT NULL,
  prefix text NOT NULL,
  first_number integer NOT NULL,
  last_number integer NOT NULL,
  granted_at timestamptz NOT NULL,
  PRIMARY KEY (merchant_id, lease_id),
  UNIQUE (merchant_id, unit_id, business_day, prefix, first_number)
);

-- What the unit ever offered: by it a ticket is judged that a cut-off kiosk issued.
CREATE INDEX feed_catalogs ON feed (merchant_id, unit_id) WHERE kind = 'catalog.changed';
