-- The refund workers compare payments and tickets again and again, and each webhook looks at the refunds of its charge.
CREATE INDEX tickets_of_transaction ON tickets (merchant_id, transaction_id) WHERE transaction_id IS NOT NULL;
CREATE INDEX tickets_money_back ON tickets (merchant_id, transaction_id) WHERE money_back IS NOT NULL;
CREATE INDEX refunds_of_transaction ON refunds (merchant_id, transaction_id);
