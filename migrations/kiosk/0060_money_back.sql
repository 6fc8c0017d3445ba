-- What went back of the money that a ticket was paid with, as the server tells it.
ALTER TABLE tickets ADD COLUMN money_back TEXT;
