/** What the specification puts after the address, as `webhooks.ts` reads it. Others are kept, and read for what they name. */
export const EVENT_KINDS = [
  'consent',
  'payment',
  'recurring_consent',
  'recurring_payment',
  'enrollment',
] as const;
