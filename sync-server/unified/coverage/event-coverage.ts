import type { EventKindOf, ProviderName } from '../../providers/registry.ts';

/** What an event names, which is then read back. `nothing`: it is kept, and that is all. */
export type Named = 'charge' | 'agreement' | 'request' | 'recurring charge' | 'nothing';

const CHARGE = ['charge'] as const;
const AGREEMENT = ['agreement'] as const;
const REQUEST = ['agreement', 'request'] as const;
const INVOICE = ['agreement', 'recurring charge'] as const;
const NOTHING = ['nothing'] as const;

/**
 * Every event kind of every provider, and what it names. What happened is never taken from the event: whatever it names
 * is read, and the answer has its case in charge-coverage.ts or recurrence-coverage.ts.
 */
export const EVENT_COVERAGE = {
  'bacen-pix': { pix: CHARGE, rec: AGREEMENT, cobr: ['recurring charge'] },
  pagarme: {
    'order.created': CHARGE,
    'order.updated': CHARGE,
    'order.closed': CHARGE,
    'order.paid': CHARGE,
    'order.payment_failed': CHARGE,
    'order.canceled': CHARGE,
    'charge.created': CHARGE,
    'charge.updated': CHARGE,
    'charge.pending': CHARGE,
    'charge.processing': CHARGE,
    'charge.paid': CHARGE,
    'charge.overpaid': CHARGE,
    'charge.underpaid': CHARGE,
    'charge.payment_failed': CHARGE,
    'charge.partial_canceled': CHARGE,
    'charge.refunded': CHARGE,
    'charge.chargedback': CHARGE,
    'subscription.created': AGREEMENT,
    'subscription.updated': AGREEMENT,
    'subscription.canceled': AGREEMENT,
    'invoice.created': REQUEST,
    'invoice.updated': REQUEST,
    'invoice.paid': REQUEST,
    'invoice.payment_failed': REQUEST,
    'invoice.canceled': REQUEST,
  },
  appmax: {
    OrderPixCreated: CHARGE,
    OrderPixExpired: CHARGE,
    OrderPaidByPix: CHARGE,
    OrderPaid: CHARGE,
    OrderApproved: CHARGE,
    OrderIntegrated: CHARGE,
    OrderPendingIntegration: CHARGE,
    OrderRefund: CHARGE,
    OrderChargeBackInTreatment: CHARGE,
    SubscriptionCancelationEvent: AGREEMENT,
    CustomerCreated: NOTHING,
  },
  'open-finance': {
    consent: CHARGE,
    payment: CHARGE,
    recurring_consent: AGREEMENT,
    recurring_payment: ['recurring charge'],
    enrollment: NOTHING,
  },
  stripe: {
    'payment_intent.created': CHARGE,
    'payment_intent.processing': CHARGE,
    'payment_intent.requires_action': CHARGE,
    'payment_intent.amount_capturable_updated': CHARGE,
    'payment_intent.succeeded': CHARGE,
    'payment_intent.payment_failed': CHARGE,
    'payment_intent.canceled': CHARGE,
    'charge.pending': CHARGE,
    'charge.succeeded': CHARGE,
    'charge.captured': CHARGE,
    'charge.failed': CHARGE,
    'charge.updated': CHARGE,
    'charge.refunded': CHARGE,
    'refund.created': CHARGE,
    'refund.updated': CHARGE,
    'refund.failed': CHARGE,
    'charge.dispute.created': CHARGE,
    'charge.dispute.updated': CHARGE,
    'charge.dispute.closed': CHARGE,
    'charge.dispute.funds_withdrawn': CHARGE,
    'charge.dispute.funds_reinstated': CHARGE,
    'customer.subscription.created': AGREEMENT,
    'customer.subscription.updated': AGREEMENT,
    'customer.subscription.deleted': AGREEMENT,
    'customer.subscription.paused': AGREEMENT,
    'customer.subscription.resumed': AGREEMENT,
    'customer.subscription.trial_will_end': AGREEMENT,
    'invoice.created': INVOICE,
    'invoice.finalized': INVOICE,
    'invoice.paid': INVOICE,
    'invoice.payment_failed': INVOICE,
    'invoice.voided': INVOICE,
    'invoice.marked_uncollectible': INVOICE,
    'checkout.session.completed': CHARGE,
    'checkout.session.expired': CHARGE,
  },
} as const satisfies { readonly [P in ProviderName]: Readonly<Record<EventKindOf<P>, readonly Named[]>> };
