-- A refund that the provider refused is replaced when it is taken up again; one that was given up while the provider
-- had it under way is asked about, or its money might go back twice.
ALTER TABLE refunds ADD COLUMN refused boolean NOT NULL DEFAULT false;
UPDATE refunds SET refused = true WHERE status = 'failed' AND provider_status IS NOT NULL;
