-- Of several server processes one at a time asks a provider to make a charge, and what was given up is asked about.

-- The name of the claim: one more each time that somebody takes the attempt up. Only a claim that nobody has taken
-- over since can end the attempt in vain.
ALTER TABLE payment_attempts ADD COLUMN claim integer NOT NULL DEFAULT 1;
-- When its holder last said that it is at work; null: nobody is.
ALTER TABLE payment_attempts ADD COLUMN claimed_at timestamptz;

-- Of an attempt in whose place another provider was asked: it is read until nothing can come of it.
ALTER TABLE payment_attempts ADD COLUMN check_count integer NOT NULL DEFAULT 0;
ALTER TABLE payment_attempts ADD COLUMN next_check_at timestamptz;
CREATE INDEX payment_attempts_due ON payment_attempts (provider, next_check_at) WHERE next_check_at IS NOT NULL;
UPDATE payment_attempts a SET next_check_at = now()
FROM payment_transactions t
WHERE t.merchant_id = a.merchant_id AND t.transaction_id = a.transaction_id AND t.provider <> a.provider
  AND t.created_at > now() - interval '2 days';
