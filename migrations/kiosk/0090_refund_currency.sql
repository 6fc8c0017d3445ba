-- Of money of a card that came in another currency than the session's; null: the session's.
ALTER TABLE session_refunds ADD COLUMN received_currency TEXT;
