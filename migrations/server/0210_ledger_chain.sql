-- The chain of a merchant's ledger: each entry is sealed, at its commit, with the hash of all that it says and of the
-- seal before it. Whoever changes, adds or takes away a line afterwards breaks it. docs/ledger.md says what is hashed;
-- sync-server/ledger/chain-hash.ts computes the same without the database.
CREATE TABLE ledger_seals (
  merchant_id uuid NOT NULL,
  -- 1, 2, 3, … without a gap.
  seq bigint NOT NULL CHECK (seq > 0),
  entry_id uuid NOT NULL,
  hash bytea NOT NULL CHECK (octet_length(hash) = 32),
  PRIMARY KEY (merchant_id, seq),
  UNIQUE (merchant_id, entry_id),
  FOREIGN KEY (merchant_id, entry_id) REFERENCES ledger_entries
);

-- Where a merchant's chain ends; the row's lock puts its entries in one order.
CREATE TABLE ledger_heads (
  merchant_id uuid PRIMARY KEY REFERENCES merchants,
  seq bigint NOT NULL,
  hash bytea NOT NULL
);

-- One value, so written that no two lists of values give the same bytes: its length in bytes, a colon, itself.
CREATE FUNCTION ledger_field(value text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
  SELECT coalesce(octet_length(convert_to(value, 'UTF8')) || ':' || value, '-') || ','
$$;

CREATE FUNCTION ledger_hash(previous bytea, sealed_seq bigint, entry ledger_entries) RETURNS bytea LANGUAGE sql STABLE AS $$
  SELECT sha256(previous || convert_to(
    ledger_field(entry.merchant_id::text) || ledger_field(sealed_seq::text) || ledger_field(entry.entry_id::text)
    || ledger_field(entry.kind) || ledger_field(entry.transaction_id::text) || ledger_field(entry.idempotency_key)
    || ledger_field(((extract(epoch FROM entry.occurred_at) * 1000000)::bigint)::text)
    || ledger_field(((extract(epoch FROM entry.recorded_at) * 1000000)::bigint)::text)
    || coalesce((
      SELECT string_agg(ledger_field(line::text) || ledger_field(account_code) || ledger_field(amount_cents::text)
                        || ledger_field(currency::text), '' ORDER BY line)
      FROM ledger_postings WHERE merchant_id = entry.merchant_id AND entry_id = entry.entry_id), ''), 'UTF8'))
$$;

CREATE FUNCTION ledger_seal(entry ledger_entries) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  head ledger_heads;
BEGIN
  IF NOT EXISTS (SELECT 1 FROM ledger_postings WHERE merchant_id = entry.merchant_id AND entry_id = entry.entry_id) THEN
    RAISE EXCEPTION 'ledger entry % has no postings', entry.entry_id;
  END IF;
  INSERT INTO ledger_heads AS h (merchant_id, seq, hash) VALUES (entry.merchant_id, 0, decode(repeat('00', 32), 'hex'))
  ON CONFLICT (merchant_id) DO UPDATE SET seq = h.seq RETURNING * INTO head;
  head.seq := head.seq + 1;
  head.hash := ledger_hash(head.hash, head.seq, entry);
  INSERT INTO ledger_seals (merchant_id, seq, entry_id, hash) VALUES (entry.merchant_id, head.seq, entry.entry_id, head.hash);
  UPDATE ledger_heads SET seq = head.seq, hash = head.hash WHERE merchant_id = entry.merchant_id;
END $$;

-- What was posted before there was a chain, in the order in which it was recorded.
DO $$
DECLARE
  entry ledger_entries;
BEGIN
  FOR entry IN SELECT * FROM ledger_entries ORDER BY merchant_id, recorded_at, entry_id LOOP
    PERFORM ledger_seal(entry);
  END LOOP;
END $$;

-- At the commit, when its postings are there: the chain's lock is the last that a transaction takes, and the shortest held.
CREATE FUNCTION ledger_seal_entry() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM ledger_seal(NEW);
  RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER ledger_entries_sealed AFTER INSERT ON ledger_entries
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION ledger_seal_entry();

-- A sealed entry takes no more lines, even such as sum to zero.
CREATE FUNCTION ledger_posting_is_in_time() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT 1 FROM ledger_seals WHERE merchant_id = NEW.merchant_id AND entry_id = NEW.entry_id) THEN
    RAISE EXCEPTION 'ledger entry % is sealed: correct it with a new entry', NEW.entry_id;
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER ledger_postings_in_time BEFORE INSERT ON ledger_postings
  FOR EACH ROW EXECUTE FUNCTION ledger_posting_is_in_time();

CREATE TRIGGER ledger_seals_append_only BEFORE UPDATE OR DELETE ON ledger_seals
  FOR EACH ROW EXECUTE FUNCTION ledger_is_append_only();
CREATE TRIGGER ledger_entries_kept BEFORE TRUNCATE ON ledger_entries EXECUTE FUNCTION ledger_is_append_only();
CREATE TRIGGER ledger_postings_kept BEFORE TRUNCATE ON ledger_postings EXECUTE FUNCTION ledger_is_append_only();
CREATE TRIGGER ledger_seals_kept BEFORE TRUNCATE ON ledger_seals EXECUTE FUNCTION ledger_is_append_only();

-- Balances at a time, and an account's statement.
CREATE INDEX ledger_entries_by_time ON ledger_entries (merchant_id, occurred_at, entry_id);
CREATE INDEX ledger_postings_by_account ON ledger_postings (merchant_id, account_code, entry_id);
