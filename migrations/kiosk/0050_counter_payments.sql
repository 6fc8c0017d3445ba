-- What the server says of money that was taken at the counter for a ticket.
ALTER TABLE tickets ADD COLUMN received_cents INTEGER NOT NULL DEFAULT 0;
ALTER TABLE tickets ADD COLUMN received_at INTEGER;
