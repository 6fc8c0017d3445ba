-- Which national provider a charge goes to. A merchant without a rule that fits uses the configured order.
CREATE TABLE routing_rules (
  merchant_id uuid NOT NULL REFERENCES merchants,
  rule_id uuid NOT NULL,
  provider text NOT NULL,
  -- Lower is tried first.
  priority integer NOT NULL CHECK (priority >= 0),
  -- Among rules of one priority, how often this one comes first.
  weight integer NOT NULL DEFAULT 1 CHECK (weight BETWEEN 1 AND 1000),
  -- Null: all of them.
  unit_id uuid,
  method text NOT NULL DEFAULT 'pix' CHECK (method IN ('pix')),
  currency char(3) NOT NULL DEFAULT 'BRL',
  min_cents bigint NOT NULL DEFAULT 0,
  max_cents bigint,
  -- Minutes since midnight in the unit's time zone; from after until goes over midnight.
  from_minute smallint NOT NULL DEFAULT 0 CHECK (from_minute BETWEEN 0 AND 1439),
  until_minute smallint NOT NULL DEFAULT 1440 CHECK (until_minute BETWEEN 1 AND 1440),
  created_at timestamptz NOT NULL,
  created_by text NOT NULL,
  PRIMARY KEY (merchant_id, rule_id),
  FOREIGN KEY (merchant_id, unit_id) REFERENCES units,
  CHECK (max_cents IS NULL OR max_cents >= min_cents)
);
