-- The queue holds what is still open of any day, beside the tickets of the day itself.
CREATE INDEX tickets_by_status ON tickets (merchant_id, unit_id, status, ended_at);
