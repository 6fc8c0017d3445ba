-- What providers sent, without what is personal in it.

-- `raw`: as it came, from releases that kept it so; `masked`: without personal words; `pruned`: its time is over, and
-- the row stays to know the same webhook again.
ALTER TABLE webhook_inbox ADD COLUMN body_kept text NOT NULL DEFAULT 'raw' CHECK (body_kept IN ('raw', 'masked', 'pruned'));
CREATE INDEX webhook_inbox_to_mask ON webhook_inbox (inbox_id) WHERE body_kept = 'raw';
CREATE INDEX webhook_inbox_bodies ON webhook_inbox (received_at, inbox_id) WHERE body_kept <> 'pruned';
