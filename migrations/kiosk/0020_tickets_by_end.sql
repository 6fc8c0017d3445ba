-- The queue holds what is still open of any day, beside the tickets of the day itself.
CREATE INDEX tickets_by_end ON tickets (status, ended_at);
