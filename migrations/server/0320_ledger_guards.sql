-- What the ledger's entries stand on is kept as they are. An account stays what it was opened as: of another kind, the
-- same postings would say something else.
CREATE TRIGGER ledger_accounts_append_only BEFORE UPDATE OR DELETE ON ledger_accounts
  FOR EACH ROW EXECUTE FUNCTION ledger_is_append_only();
CREATE TRIGGER ledger_accounts_kept BEFORE TRUNCATE ON ledger_accounts EXECUTE FUNCTION ledger_is_append_only();

-- A chain's end goes on, entry by entry: set back or taken away, the next entry would find its place taken, and no money
-- could be posted any more. (An update to the same row is how a transaction locks it.)
CREATE FUNCTION ledger_head_goes_on() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'UPDATE' THEN
    IF NEW.merchant_id = OLD.merchant_id AND (NEW.seq = OLD.seq + 1 OR (NEW.seq = OLD.seq AND NEW.hash = OLD.hash)) THEN
      RETURN NEW;
    END IF;
  END IF;
  RAISE EXCEPTION 'the end of a ledger''s chain only goes on, entry by entry';
END $$;
CREATE TRIGGER ledger_heads_go_on BEFORE UPDATE OR DELETE ON ledger_heads
  FOR EACH ROW EXECUTE FUNCTION ledger_head_goes_on();
CREATE TRIGGER ledger_heads_kept BEFORE TRUNCATE ON ledger_heads EXECUTE FUNCTION ledger_is_append_only();
