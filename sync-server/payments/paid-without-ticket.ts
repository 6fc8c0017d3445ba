/** Payments beside their tickets, for FROM. */
export const PAYMENTS_WITH_TICKETS =
  'payment_transactions t LEFT JOIN tickets k USING (merchant_id, transaction_id)';

/** Of PAYMENTS_WITH_TICKETS: the money came, nobody was served for it, and it did not all go back. */
export const IS_PAID_WITHOUT_TICKET =
  "(t.paid_at IS NOT NULL AND k.ticket_id IS NULL AND t.status <> 'REFUNDED')";
