-- What joins the flows of all providers: a merchant's customers at each provider, the cards they paid with, what they
-- subscribed to, and each try to buy something, beside what a payment learnt of its provider.

-- Twelve to nineteen digits that stand by themselves, with or without separators: such a text is kept nowhere here.
CREATE FUNCTION looks_like_card_number(value text) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
  SELECT coalesce(value ~ '(^|[^A-Za-z0-9])([0-9][ ._-]?){11,18}[0-9]([^A-Za-z0-9]|$)', false)
$$;

CREATE TABLE customer_providers (
  merchant_id uuid NOT NULL,
  customer_provider_id uuid NOT NULL,
  customer_id uuid NOT NULL,
  provider text NOT NULL,
  -- The merchant's account there: the receiving key of a Pix; empty where the provider has one account for all.
  account text NOT NULL,
  -- The provider's own id of the customer; null where it has none, or did not tell.
  provider_customer_id text CHECK (length(provider_customer_id) BETWEEN 1 AND 255),
  first_seen_at timestamptz NOT NULL,
  PRIMARY KEY (merchant_id, customer_provider_id),
  UNIQUE (merchant_id, customer_id, provider, account),
  FOREIGN KEY (merchant_id, customer_id) REFERENCES customers,
  CHECK (NOT looks_like_card_number(provider_customer_id))
);
CREATE INDEX customer_providers_by_their_id ON customer_providers (merchant_id, provider, provider_customer_id)
  WHERE provider_customer_id IS NOT NULL;

-- Cards, as far as a provider tells of them. A card's number is not among it.
CREATE TABLE customer_payment_methods (
  merchant_id uuid NOT NULL,
  payment_method_id uuid NOT NULL,
  -- Null: nobody knows who pays by it.
  customer_id uuid,
  customer_provider_id uuid,
  provider text NOT NULL,
  account text NOT NULL,
  -- What says that it is the same card: SHA-256 of its fingerprint, else of the provider's id, else of what it looks like.
  identity bytea NOT NULL CHECK (octet_length(identity) = 32),
  provider_method_id text CHECK (length(provider_method_id) BETWEEN 1 AND 255),
  fingerprint text CHECK (length(fingerprint) BETWEEN 1 AND 255),
  brand text CHECK (length(brand) BETWEEN 1 AND 40),
  last4 text CHECK (last4 ~ '^[0-9]{4}$'),
  exp_month smallint CHECK (exp_month BETWEEN 1 AND 12),
  exp_year smallint CHECK (exp_year BETWEEN 2000 AND 2199),
  -- `saved`: the provider keeps it for the next time.
  status text NOT NULL CHECK (status IN ('used', 'saved')),
  is_default boolean NOT NULL DEFAULT false,
  first_seen_at timestamptz NOT NULL,
  PRIMARY KEY (merchant_id, payment_method_id),
  UNIQUE NULLS NOT DISTINCT (merchant_id, provider, account, identity, customer_id),
  FOREIGN KEY (merchant_id, customer_id) REFERENCES customers,
  FOREIGN KEY (merchant_id, customer_provider_id) REFERENCES customer_providers,
  CHECK (NOT is_default OR customer_id IS NOT NULL),
  CHECK (NOT looks_like_card_number(provider_method_id)),
  CHECK (NOT looks_like_card_number(fingerprint)),
  CHECK (NOT looks_like_card_number(brand))
);
CREATE UNIQUE INDEX customer_payment_methods_one_default
  ON customer_payment_methods (merchant_id, customer_id, provider, account) WHERE is_default;

-- What a customer pays for again and again. One that a provider runs is an agreement of `recurrences`, which says its
-- status and its price; of one that is run here this row says them itself.
CREATE TABLE customer_subscriptions (
  merchant_id uuid NOT NULL,
  subscription_id uuid NOT NULL,
  customer_id uuid,
  customer_provider_id uuid,
  payment_method_id uuid,
  is_native boolean NOT NULL,
  provider text NOT NULL,
  -- The agreement.
  provider_subscription_id text,
  recurrence_kind text GENERATED ALWAYS AS (CASE WHEN is_native THEN NULL ELSE 'agreement' END) STORED,
  service_id uuid,
  plan text CHECK (length(plan) BETWEEN 1 AND 100),
  native_status text
    CHECK (native_status IN ('incomplete', 'trialing', 'active', 'past_due', 'paused', 'canceled', 'expired')),
  native_price_cents bigint CHECK (native_price_cents >= 0),
  native_currency char(3),
  started_at timestamptz,
  trial_ends_at timestamptz,
  -- YYYY-MM-DD, both included.
  period_starts_on date,
  period_ends_on date,
  first_seen_at timestamptz NOT NULL,
  PRIMARY KEY (merchant_id, subscription_id),
  UNIQUE (merchant_id, provider, provider_subscription_id),
  FOREIGN KEY (merchant_id, customer_id) REFERENCES customers,
  FOREIGN KEY (merchant_id, customer_provider_id) REFERENCES customer_providers,
  FOREIGN KEY (merchant_id, payment_method_id) REFERENCES customer_payment_methods,
  FOREIGN KEY (merchant_id, service_id) REFERENCES services,
  FOREIGN KEY (merchant_id, provider, recurrence_kind, provider_subscription_id) REFERENCES recurrences,
  CHECK (is_native = (native_status IS NOT NULL)),
  CHECK (is_native OR provider_subscription_id IS NOT NULL),
  CHECK (period_ends_on >= period_starts_on)
);
CREATE INDEX customer_subscriptions_of_customer ON customer_subscriptions (merchant_id, customer_id)
  WHERE customer_id IS NOT NULL;

-- The period that a request or a charge is for.
ALTER TABLE recurrences ADD COLUMN period_starts_on date;
ALTER TABLE recurrences ADD COLUMN period_ends_on date;

-- One try of one customer to buy something, from the choice of the service to its end.
CREATE TABLE checkout_sessions (
  merchant_id uuid NOT NULL,
  session_id uuid NOT NULL,
  transaction_id uuid NOT NULL,
  -- Where the customer pays: at the totem, or on a page on their own phone.
  channel text NOT NULL CHECK (channel IN ('totem', 'phone_page')),
  status text NOT NULL CHECK (status IN ('open', 'completed', 'expired', 'canceled', 'failed')),
  opened_at timestamptz NOT NULL,
  ended_at timestamptz,
  PRIMARY KEY (merchant_id, session_id),
  UNIQUE (merchant_id, transaction_id),
  FOREIGN KEY (merchant_id, transaction_id) REFERENCES payment_transactions,
  CHECK ((status = 'open') = (ended_at IS NULL))
);

-- Beside what is there: provider and status, the provider's own word, txid, the provider's charge, amount, currency.
ALTER TABLE payment_transactions ADD COLUMN routed_provider text;
ALTER TABLE payment_transactions ADD COLUMN payment_method text
  CHECK (payment_method IN ('pix', 'card', 'boleto', 'other'));
ALTER TABLE payment_transactions ADD COLUMN installments smallint CHECK (installments BETWEEN 1 AND 99);
-- The provider's: of its order, where it has orders, and of the payment within it.
ALTER TABLE payment_transactions ADD COLUMN provider_order_id text;
ALTER TABLE payment_transactions ADD COLUMN provider_payment_id text;
-- By the provider's clock; `paid_at` is by ours.
ALTER TABLE payment_transactions ADD COLUMN captured_at timestamptz;
-- Of the money that settled it: what went back, and when the last of it did.
ALTER TABLE payment_transactions ADD COLUMN refunded_cents bigint NOT NULL DEFAULT 0 CHECK (refunded_cents >= 0);
ALTER TABLE payment_transactions ADD COLUMN refunded_at timestamptz;
ALTER TABLE payment_transactions ADD COLUMN disputed_at timestamptz;
ALTER TABLE payment_transactions ADD COLUMN customer_provider_id uuid;
ALTER TABLE payment_transactions ADD COLUMN payment_method_id uuid;
ALTER TABLE payment_transactions ADD COLUMN subscription_id uuid;
ALTER TABLE payment_transactions ADD COLUMN period_starts_on date;
ALTER TABLE payment_transactions ADD COLUMN period_ends_on date;
ALTER TABLE payment_transactions ADD CHECK ((refunded_cents = 0) = (refunded_at IS NULL));
ALTER TABLE payment_transactions ADD FOREIGN KEY (merchant_id, customer_provider_id) REFERENCES customer_providers;
ALTER TABLE payment_transactions ADD FOREIGN KEY (merchant_id, payment_method_id) REFERENCES customer_payment_methods;
ALTER TABLE payment_transactions ADD FOREIGN KEY (merchant_id, subscription_id) REFERENCES customer_subscriptions;

-- The newest answer of each provider that was asked, without names, documents and secrets, and sealed all the same.
CREATE TABLE payment_payloads (
  merchant_id uuid NOT NULL,
  transaction_id uuid NOT NULL,
  provider text NOT NULL,
  payload_sealed bytea NOT NULL,
  -- Of what is sealed: the same answer is written once.
  sha256 bytea NOT NULL CHECK (octet_length(sha256) = 32),
  read_at timestamptz NOT NULL,
  PRIMARY KEY (merchant_id, transaction_id, provider),
  FOREIGN KEY (merchant_id, transaction_id) REFERENCES payment_transactions
);

-- What is known of the payments that there are.
UPDATE payment_transactions t SET
  routed_provider = coalesce(
    (SELECT a.provider FROM payment_attempts a
     WHERE a.merchant_id = t.merchant_id AND a.transaction_id = t.transaction_id AND a.attempt = 1), provider),
  payment_method = CASE flow WHEN 'international' THEN 'card' ELSE 'pix' END,
  installments = 1,
  captured_at = (SELECT r.paid_at FROM receipts r
    WHERE r.merchant_id = t.merchant_id AND r.transaction_id = t.transaction_id AND r.disposition = 'settles'),
  disputed_at = (SELECT min(d.opened_at) FROM disputes d JOIN receipts r USING (merchant_id, receipt_id)
    WHERE d.merchant_id = t.merchant_id AND d.transaction_id = t.transaction_id AND r.disposition = 'settles');
UPDATE payment_transactions t SET refunded_cents = back.cents, refunded_at = back.at
FROM (SELECT f.merchant_id, f.transaction_id, sum(f.amount_cents) AS cents, max(coalesce(f.settled_at, f.created_at)) AS at
      FROM refunds f JOIN receipts r USING (merchant_id, receipt_id)
      WHERE f.status = 'settled' AND r.disposition = 'settles' GROUP BY 1, 2) back
WHERE back.merchant_id = t.merchant_id AND back.transaction_id = t.transaction_id;
INSERT INTO checkout_sessions (merchant_id, session_id, transaction_id, channel, status, opened_at, ended_at)
SELECT merchant_id, session_id, transaction_id, CASE flow WHEN 'international' THEN 'phone_page' ELSE 'totem' END,
  CASE WHEN paid_at IS NOT NULL THEN 'completed' WHEN status = 'EXPIRED' THEN 'expired'
       WHEN status = 'CANCELED' THEN 'canceled' WHEN status = 'FAILED' THEN 'failed' ELSE 'open' END,
  created_at,
  CASE WHEN paid_at IS NOT NULL THEN paid_at
       WHEN status IN ('EXPIRED', 'CANCELED', 'FAILED') THEN coalesce(
         (SELECT max(s.at) FROM payment_transitions s
          WHERE s.merchant_id = t.merchant_id AND s.transaction_id = t.transaction_id), created_at) END
FROM payment_transactions t;
INSERT INTO customer_subscriptions
  (merchant_id, subscription_id, is_native, provider, provider_subscription_id, first_seen_at)
SELECT merchant_id, gen_random_uuid(), false, provider, recurrence_id, first_seen_at
FROM recurrences WHERE kind = 'agreement';
