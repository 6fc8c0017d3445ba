-- What a service costs and how it may be paid for: offers with versions of their price, and card checkouts.

-- False: sold by card alone, or at the counter. The national price stays services.amount_cents.
ALTER TABLE services ADD COLUMN pix boolean NOT NULL DEFAULT true;

CREATE TABLE offers (
  merchant_id uuid NOT NULL,
  offer_id uuid NOT NULL,
  service_id uuid NOT NULL,
  -- True: paid by card through Stripe, in the currency of its price. False: the national price, by PIX.
  international boolean NOT NULL,
  active boolean NOT NULL DEFAULT true,
  PRIMARY KEY (merchant_id, offer_id),
  FOREIGN KEY (merchant_id, service_id) REFERENCES services
);
CREATE UNIQUE INDEX offers_one_active ON offers (merchant_id, service_id, international) WHERE active;

-- Every price that an offer has had. The highest version is the one that counts; none is ever changed.
CREATE TABLE offer_prices (
  merchant_id uuid NOT NULL,
  offer_id uuid NOT NULL,
  version integer NOT NULL CHECK (version > 0),
  -- Of the currency's smallest unit: cents of USD, whole yen of JPY.
  amount_cents bigint NOT NULL CHECK (amount_cents > 0),
  currency char(3) NOT NULL,
  valid_from timestamptz NOT NULL,
  created_by text NOT NULL,
  PRIMARY KEY (merchant_id, offer_id, version),
  FOREIGN KEY (merchant_id, offer_id) REFERENCES offers
);

INSERT INTO offers (merchant_id, offer_id, service_id, international)
SELECT merchant_id, gen_random_uuid(), service_id, false FROM services WHERE amount_cents > 0;
INSERT INTO offer_prices (merchant_id, offer_id, version, amount_cents, currency, valid_from, created_by)
SELECT o.merchant_id, o.offer_id, 1, s.amount_cents, s.currency, now(), 'migration'
FROM offers o JOIN services s USING (merchant_id, service_id);

ALTER TABLE payment_transactions ADD FOREIGN KEY (merchant_id, offer_id) REFERENCES offers;

-- The customer's page of a card payment.
CREATE TABLE checkouts (
  merchant_id uuid NOT NULL,
  transaction_id uuid NOT NULL,
  -- SHA-256 of the token in the page's address, which itself is only in `token_sealed`.
  token_sha256 bytea NOT NULL UNIQUE,
  token_sealed bytea NOT NULL,
  -- Null until Stripe has answered.
  client_secret_sealed bytea,
  -- When the PaymentIntent, which never expires by itself, is to be withdrawn; null once it takes no more money.
  close_at timestamptz,
  PRIMARY KEY (merchant_id, transaction_id),
  FOREIGN KEY (merchant_id, transaction_id) REFERENCES payment_transactions
);
CREATE INDEX checkouts_to_close ON checkouts (close_at) WHERE close_at IS NOT NULL;
