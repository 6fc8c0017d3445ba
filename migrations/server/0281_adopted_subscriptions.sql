-- Subscriptions, saved cards and customers at providers of an old system; disputes of the past that were won; and an end
-- for what waits for a clinic that never comes.

ALTER TABLE adoption_runs DROP CONSTRAINT adoption_runs_kind_check;
ALTER TABLE adoption_runs ADD CONSTRAINT adoption_runs_kind_check CHECK
  (kind IN ('transaction', 'session', 'customer', 'subscription', 'payment_method', 'customer_provider'));

-- `pruned`: masked as well, because nobody came for it in time.
ALTER TABLE adopted_rows DROP CONSTRAINT adopted_rows_raw_kept_check;
ALTER TABLE adopted_rows ADD CONSTRAINT adopted_rows_raw_kept_check
  CHECK (raw_kept IN ('server', 'person', 'masked', 'pruned'));
CREATE INDEX adopted_rows_to_prune ON adopted_rows (recorded_at) WHERE raw_kept = 'server';

-- Of what was charged back: what came back again, because the dispute was won. `charged_back_cents` is without it.
ALTER TABLE adopted_transactions ADD COLUMN chargeback_won_cents bigint NOT NULL DEFAULT 0
  CHECK (chargeback_won_cents BETWEEN 0 AND amount_cents);
ALTER TABLE adopted_transactions ADD COLUMN old_subscription_key text;
ALTER TABLE adopted_transactions ADD COLUMN subscription_id uuid;
ALTER TABLE adopted_transactions ADD COLUMN period_starts_on date;
ALTER TABLE adopted_transactions ADD COLUMN period_ends_on date CHECK (period_ends_on >= period_starts_on);
ALTER TABLE adopted_transactions ADD FOREIGN KEY (merchant_id, subscription_id) REFERENCES customer_subscriptions;

-- The old system that told of it. Until its agreement is known here nobody reads it at the provider: this row says status
-- and price itself, also of one that the provider runs.
ALTER TABLE customer_subscriptions ADD COLUMN adopted_from text;
ALTER TABLE customer_subscriptions DROP COLUMN recurrence_kind;
ALTER TABLE customer_subscriptions ADD COLUMN recurrence_kind text GENERATED ALWAYS AS
  (CASE WHEN is_native OR adopted_from IS NOT NULL THEN NULL ELSE 'agreement' END) STORED;
ALTER TABLE customer_subscriptions ADD FOREIGN KEY (merchant_id, provider, recurrence_kind, provider_subscription_id)
  REFERENCES recurrences (merchant_id, provider, kind, recurrence_id);
ALTER TABLE customer_subscriptions DROP CONSTRAINT customer_subscriptions_check;
ALTER TABLE customer_subscriptions ADD CONSTRAINT customer_subscriptions_says_its_status
  CHECK ((is_native OR adopted_from IS NOT NULL) = (native_status IS NOT NULL));

-- Which subscription an old id names.
CREATE TABLE adopted_subscriptions (
  merchant_id uuid NOT NULL,
  source text NOT NULL,
  old_key text NOT NULL,
  row_id bigint NOT NULL,
  subscription_id uuid NOT NULL,
  old_status text,
  old_customer_key text,
  PRIMARY KEY (merchant_id, source, old_key),
  FOREIGN KEY (merchant_id, subscription_id) REFERENCES customer_subscriptions
);

-- Saved cards, and customers as providers know them, until it is known whose they are.
CREATE TABLE adopted_links (
  merchant_id uuid NOT NULL REFERENCES merchants,
  link_id uuid NOT NULL,
  row_id bigint NOT NULL,
  source text NOT NULL,
  kind text NOT NULL CHECK (kind IN ('payment_method', 'customer_provider')),
  old_key text NOT NULL,
  provider text NOT NULL,
  old_customer_key text,
  provider_customer_id text CHECK (NOT looks_like_card_number(provider_customer_id)),
  card jsonb CHECK (NOT looks_like_card_number(card::text)),
  customer_id uuid,
  customer_provider_id uuid,
  payment_method_id uuid,
  PRIMARY KEY (merchant_id, link_id),
  FOREIGN KEY (merchant_id, customer_id) REFERENCES customers,
  FOREIGN KEY (merchant_id, customer_provider_id) REFERENCES customer_providers,
  FOREIGN KEY (merchant_id, payment_method_id) REFERENCES customer_payment_methods
);
CREATE INDEX adopted_links_of_customer ON adopted_links (merchant_id, customer_id) WHERE customer_id IS NOT NULL;

CREATE OR REPLACE VIEW all_payments AS
SELECT merchant_id, transaction_id AS payment_id, 'totem' AS source, provider, status, amount_cents, currency, payment_method,
  installments, provider_order_id, created_at, paid_at, refunded_cents, customer_id, customer_provider_id, payment_method_id,
  subscription_id, period_starts_on, period_ends_on
FROM payment_transactions
UNION ALL
SELECT merchant_id, adopted_id, source, provider, status, amount_cents, currency, payment_method,
  installments, provider_order_id, created_at, paid_at, refunded_cents, customer_id, customer_provider_id, payment_method_id,
  subscription_id, period_starts_on, period_ends_on
FROM adopted_transactions;
