-- The page that a customer's phone opens from the ticket's paper, and the address that was left on it.

ALTER TABLE fulfilments
  -- SHA-256 of the token in the page's address. Null: paid before there were such pages.
  ADD COLUMN page_sha256 bytea,
  -- The address, sealed with the key of the person that contact_customer_id names: it is gone with that key.
  ADD COLUMN contact_sealed bytea,
  ADD COLUMN contact_customer_id uuid,
  ADD COLUMN contact_at timestamptz,
  -- Different ones that were left, the last included.
  ADD COLUMN contact_count integer NOT NULL DEFAULT 0;
CREATE UNIQUE INDEX fulfilments_page ON fulfilments (page_sha256) WHERE page_sha256 IS NOT NULL;
CREATE INDEX fulfilments_contact ON fulfilments (merchant_id, contact_customer_id) WHERE contact_customer_id IS NOT NULL;

-- It went to an address in whose place the customer has left another one since.
ALTER TABLE notification_sends ADD COLUMN superseded boolean NOT NULL DEFAULT false;
