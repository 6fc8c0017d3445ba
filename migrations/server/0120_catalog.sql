-- Changes of the catalogue: who changed what, and prices that are planned ahead.

-- One row for each version of a unit's catalogue that a change made.
CREATE TABLE catalog_changes (
  merchant_id uuid NOT NULL,
  unit_id uuid NOT NULL,
  version integer NOT NULL,
  at timestamptz NOT NULL,
  changed_by text NOT NULL,
  kind text NOT NULL CHECK (kind IN ('unit_added', 'unit_changed', 'service_added', 'service_changed', 'price_changed')),
  -- Null: the unit itself.
  service_id uuid,
  -- The fields that differ, as they were; null for what is new.
  before jsonb,
  after jsonb NOT NULL,
  PRIMARY KEY (merchant_id, unit_id, version),
  FOREIGN KEY (merchant_id, unit_id) REFERENCES units
);
CREATE INDEX catalog_changes_of_service ON catalog_changes (merchant_id, service_id, at) WHERE service_id IS NOT NULL;

-- A price that counts from a later moment on. When that has come, it becomes a version of its offer.
CREATE TABLE planned_prices (
  merchant_id uuid NOT NULL,
  plan_id uuid NOT NULL,
  service_id uuid NOT NULL,
  -- Of the card offer; else the national price.
  international boolean NOT NULL,
  amount_cents bigint NOT NULL CHECK (amount_cents >= 0),
  currency char(3) NOT NULL,
  takes_effect_at timestamptz NOT NULL,
  planned_at timestamptz NOT NULL,
  planned_by text NOT NULL,
  status text NOT NULL CHECK (status IN ('planned', 'applied', 'withdrawn', 'refused')),
  -- Why it was refused when its moment had come; who withdrew it.
  detail text,
  ended_at timestamptz,
  PRIMARY KEY (merchant_id, plan_id),
  FOREIGN KEY (merchant_id, service_id) REFERENCES services,
  CHECK ((status = 'planned') = (ended_at IS NULL))
);
CREATE UNIQUE INDEX planned_prices_one_a_moment
  ON planned_prices (merchant_id, service_id, international, takes_effect_at) WHERE status = 'planned';
CREATE INDEX planned_prices_due ON planned_prices (takes_effect_at) WHERE status = 'planned';
