/** What a webhook of Appmax's is to be set up for, in its own pages; the old model writes them `order_paid_by_pix`. Others are kept, and read for what they name. */
export const EVENT_KINDS = [
  'OrderPixCreated',
  'OrderPixExpired',
  'OrderPaidByPix',
  'OrderPaid',
  'OrderApproved',
  'OrderIntegrated',
  'OrderPendingIntegration',
  'OrderRefund',
  'OrderChargeBackInTreatment',
  'SubscriptionCancelationEvent',
  'CustomerCreated',
] as const;
