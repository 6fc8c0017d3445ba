-- Charges that a customer authorises on a page of their bank's, instead of paying a BR Code.
ALTER TABLE payment_transactions ADD COLUMN authorisation_url text;
