-- Who saw a person's data in the clear, or took a copy of it. Nothing of the person but the id, so it stays when they
-- are erased; and nothing of it is ever changed.
CREATE TABLE person_access (
  merchant_id uuid NOT NULL,
  position bigint GENERATED ALWAYS AS IDENTITY,
  customer_id uuid NOT NULL,
  action text NOT NULL CHECK (action IN ('viewed', 'found', 'exported')),
  role text NOT NULL,
  -- The first characters of the SHA-256 of the token, as the access file has it: it tells whose of several it was.
  token_mark text NOT NULL CHECK (length(token_mark) BETWEEN 1 AND 64),
  at timestamptz NOT NULL,
  PRIMARY KEY (merchant_id, position),
  FOREIGN KEY (merchant_id, customer_id) REFERENCES customers
);
CREATE INDEX person_access_of_customer ON person_access (merchant_id, customer_id, position DESC);

CREATE FUNCTION person_access_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'person_access is append-only';
END
$$;
CREATE TRIGGER person_access_append_only BEFORE UPDATE OR DELETE ON person_access
  FOR EACH ROW EXECUTE FUNCTION person_access_is_append_only();
CREATE TRIGGER person_access_kept BEFORE TRUNCATE ON person_access
  FOR EACH STATEMENT EXECUTE FUNCTION person_access_is_append_only();
