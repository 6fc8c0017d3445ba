-- The same money under another id is looked for by the charge, whosever it is, and by the order.
CREATE INDEX adopted_transactions_by_charge ON adopted_transactions (provider_charge_id)
  WHERE provider_charge_id IS NOT NULL;
CREATE INDEX adopted_transactions_paid_of_order ON adopted_transactions (provider_order_id)
  WHERE provider_order_id IS NOT NULL AND paid_at IS NOT NULL;
