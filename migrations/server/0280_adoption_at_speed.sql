-- A card is looked for by each of its names; without these every look went through all cards of a provider.
CREATE INDEX customer_payment_methods_by_fingerprint
  ON customer_payment_methods (merchant_id, provider, fingerprint) WHERE fingerprint IS NOT NULL;
CREATE INDEX customer_payment_methods_by_their_id
  ON customer_payment_methods (merchant_id, provider, provider_method_id) WHERE provider_method_id IS NOT NULL;
