-- Indexes for what is asked again and again, so that a totem that has sold for months answers as on its first day.

-- Late money beside the screen: asked at every snapshot of the totem.
CREATE INDEX tickets_by_issue ON tickets (issued_at);
-- Today's figures.
CREATE INDEX payment_sessions_by_opening ON payment_sessions (opened_at);
CREATE INDEX session_refunds_by_session ON session_refunds (session_id, updated_at);
-- What was cut off while printing: asked at every turn of the print queue.
CREATE INDEX print_jobs_sending ON print_jobs (job_id) WHERE status = 'sending';
CREATE INDEX print_jobs_by_creation ON print_jobs (created_at);
CREATE INDEX print_jobs_doubtful ON print_jobs (created_at) WHERE status IN ('failed', 'uncertain');
-- What the server has taken, oldest first: it is forgotten after a time.
CREATE INDEX outbox_settled ON outbox (answered_at) WHERE outcome IN ('applied', 'duplicate');
